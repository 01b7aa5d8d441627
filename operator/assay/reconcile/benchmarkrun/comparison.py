"""Two BenchmarkRuns side by side, scenario by scenario. No I/O."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from statistics import fmean
from typing import NamedTuple

from assay.api.baseline import (
    SCENARIOS_LISTED_MAX,
    Baseline,
    ChangedScenario,
    Comparison,
    Incomparable,
    IncomparableScenario,
)
from assay.reconcile.common.score import reaches, rounded

from .child_run import ChildRun
from .error_bars import estimate
from .tally import tally


class Side(NamedTuple):
    """One of the two."""

    scenarios: Collection[str]
    runs: Sequence[ChildRun]


def comparison(spec: Baseline, baseline: Side, run: Side) -> Comparison:
    """`status.baseline` of the run, once both have ended."""
    before, after = tally(baseline.runs), tally(run.runs)
    compared: list[ChangedScenario] = []
    incomparable: list[IncomparableScenario] = []
    for name in sorted({*baseline.scenarios, *run.scenarios}):
        was, now = before.get(name), after.get(name)
        if was and now and len(was.contents) == 1 and was.contents == now.contents:
            means = {"before": rounded(was.mean), "after": rounded(now.mean)}
            compared.append(ChangedScenario(scenario=name, **means))
        else:
            reason = _why_incomparable(name in baseline.scenarios, name in run.scenarios, bool(was and now))
            incomparable.append(IncomparableScenario(scenario=name, reason=reason))
    worse = [one for one in compared if not reaches(one.after, one.before - spec.tolerance)]
    better = [one for one in compared if not reaches(one.before, one.after - spec.tolerance)]
    changed = sorted([*worse, *better], key=lambda one: (one.after - one.before, one.scenario))
    return Comparison(
        benchmark_run=spec.benchmark_run_ref.name,
        compared=len(compared),
        worse=len(worse),
        better=len(better),
        incomparable=len(incomparable),
        before=rounded(fmean(one.before for one in compared)) if compared else None,
        after=rounded(fmean(one.after for one in compared)) if compared else None,
        difference=estimate([one.after - one.before for one in compared], -1.0),
        changed_scenarios=changed[:SCENARIOS_LISTED_MAX] or None,
        incomparable_scenarios=incomparable[:SCENARIOS_LISTED_MAX] or None,
    )


def _why_incomparable(is_in_baseline: bool, is_in_run: bool, is_counted: bool) -> Incomparable:
    if not is_in_baseline:
        return "NotInBaseline"
    if not is_in_run:
        return "NotInRun"
    return "ContentDiffers" if is_counted else "NothingCounted"
