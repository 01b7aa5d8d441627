"""Counts of others are written once a second at most: hundreds of them may change at once."""

from __future__ import annotations

from collections.abc import Mapping
from time import monotonic
from typing import Any

from assay.api import conditions
from assay.api.meta import Status

from .context import Context
from .outcome import Outcome

INTERVAL_SECONDS = 1.0


def paced(ctx: Context, obj: Mapping[str, Any], outcome: Outcome) -> Outcome:
    """The outcome, held back if it says nothing new of Ready and was written a moment ago."""
    uid, time = obj["metadata"]["uid"], monotonic()
    since = time - ctx.progress.get(uid, -INTERVAL_SECONDS)
    written = Status.model_validate(obj.get("status") or {})
    if since < INTERVAL_SECONDS and _ready(written) == _ready(outcome.status):
        outcome.write, outcome.requeue = False, INTERVAL_SECONDS - since
    else:
        ctx.progress[uid] = time
    return outcome


def _ready(status: Status) -> tuple[str, str, int | None] | None:
    found = conditions.find(status.conditions, "Ready")
    return (found.status, found.reason, found.observed_generation) if found else None
