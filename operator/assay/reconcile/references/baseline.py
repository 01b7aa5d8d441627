"""Whether a BenchmarkRun is still to be compared with its baseline. No I/O."""

from __future__ import annotations

from assay.api.condition_types import ConditionType
from assay.api.reasons import BenchmarkRunReason
from assay.api.unparsed import Seen, find_condition

_OPEN = (BenchmarkRunReason.BASELINE_NOT_FOUND, BenchmarkRunReason.BASELINE_NOT_FINISHED)


def awaits_baseline(run: Seen) -> bool:
    """Whether it names a baseline and nothing came of that yet. A comparison is made once and stays."""
    if not run["spec"].get("baseline"):
        return False
    regressed = find_condition(run, ConditionType.REGRESSED)
    return regressed is None or regressed["reason"] in _OPEN
