"""A devbox with a pod in some state, and how it got there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from assay.api import conditions
from assay.api.devbox import DevboxSpec, DevboxStatus
from assay.reconcile.common import pod_view
from assay.reconcile.common.decision import Decision
from assay.reconcile.devbox import operating_mode, pod_lifecycle
from assay.reconcile.devbox.observed import Observed
from tests.unit.reconcile.statuses import pod
from tests.unit.specs.devboxes import a_devbox
from tests.unit.specs.objects import Obj

NOW = datetime(2026, 1, 2, 10, 5, tzinfo=UTC)


def observed(
    shown: Obj | None,
    status: DevboxStatus | None = None,
    spec: DevboxSpec | None = None,
    now: datetime = NOW,
    **metadata: Any,
) -> Observed:
    """A devbox with this pod."""
    view = pod_view.view(shown, "devbox") if shown else None
    return Observed(a_devbox(spec or DevboxSpec(image="i"), status, **metadata), view, now)


def decide(seen: Observed) -> Decision:
    """What the pod means, or that it is gone. What was observed is not changed by that."""
    before = seen.devbox.status.model_copy(deep=True)
    decision = pod_lifecycle.decide(seen)
    assert decision
    assert seen.devbox.status == before
    return decision


def decide_mode(mode: str, status: DevboxStatus, shown: Obj | None) -> Decision | None:
    """What the operating mode asks for. What was observed is not changed by that."""
    seen = observed(shown, status, DevboxSpec.model_validate({"image": "i", "operatingMode": mode}))
    before = status.model_copy(deep=True)
    decision = operating_mode.decide_mode(seen)
    assert seen.devbox.status == before
    return decision


def status_of(decision: Decision | None) -> DevboxStatus:
    """The status that was decided."""
    assert decision
    assert isinstance(decision.status, DevboxStatus)
    return decision.status.model_copy(deep=True)


def reported(status: Any, type_: str) -> tuple[str, str] | None:
    """Status and reason of a condition."""
    found = conditions.find(status.conditions, type_)
    return (found.status, found.reason) if found else None


def running(now: datetime = NOW) -> DevboxStatus:
    """The status of a devbox whose command runs."""
    return status_of(decide(observed(pod("running"), now=now)))


def finished() -> DevboxStatus:
    """The status of a devbox whose command failed."""
    return status_of(decide(observed(pod("error"), running())))


def suspended(status: DevboxStatus) -> DevboxStatus:
    """The status of a devbox that was suspended while it had this status."""
    stopped = status_of(decide_mode("Suspended", status, pod("running")))
    return status_of(decide_mode("Suspended", stopped, None))


def with_output(seen: Observed, output: str) -> Observed:
    """The same, once the log was read."""
    return replace(seen, output=output)
