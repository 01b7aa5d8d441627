"""What only counts others is written once a second at most: hundreds of them may change at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.engine.clock import now

from .context import Context
from .outcome import Outcome

INTERVAL_SECONDS = 1.0


def paced(ctx: Context, obj: Mapping[str, Any], outcome: Outcome, is_news: bool) -> Outcome:
    """The outcome, held back if it is no news and the object was written a moment ago."""
    uid, time = obj["metadata"]["uid"], now()
    since = time - ctx.progress.get(uid, -INTERVAL_SECONDS)
    if not is_news and since < INTERVAL_SECONDS:
        outcome.write, outcome.requeue = False, INTERVAL_SECONDS - since
    else:
        ctx.progress[uid] = time
    return outcome
