"""What a run pins, and why it cannot, over objects in a cache."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api.scenariorun import PinnedRun
from assay.reconcile.references.errors import InvalidReference, ReferenceNotReady
from assay.reconcile.scenariorun.pinning import pin
from tests.unit.reconcile.contexts import context
from tests.unit.specs.objects import Obj, run

NOP = {"agent": {"type": "Nop"}}


async def pinned(*objects: Obj, **spec: Any) -> PinnedRun:
    """What a run of the scenario pins when these objects exist."""
    given = {"agent": None, **({"scenarioRef": None} if "dryRun" in spec else {}), **spec}
    return await pin(context(*objects), run(**given))


async def refused(reason: str, *objects: Obj, **spec: Any) -> ReferenceNotReady | InvalidReference:
    """Why such a run cannot pin what it uses, which has this reason."""
    with pytest.raises((ReferenceNotReady, InvalidReference)) as caught:
        await pinned(*objects, **spec)
    assert isinstance(caught.value, ReferenceNotReady | InvalidReference)
    assert caught.value.reason == reason
    return caught.value
