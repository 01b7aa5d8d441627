"""What a real API server takes and refuses of baselines of BenchmarkRuns, and shows of what came of them."""

from __future__ import annotations

import pytest

from assay.kube.errors import Invalid
from assay.our_resources import OURS
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakecollection import Json
from tests.integration.kubelet import now

RUNS = OURS["BenchmarkRun"]


def run(name: str, baseline: Json | None) -> Json:
    spec = {"benchmarkRef": {"name": "x"}, "agent": {"type": "Nop"}}
    return {
        "apiVersion": RUNS.api_version,
        "kind": "BenchmarkRun",
        "metadata": {"name": name, "namespace": "ns"},
        "spec": spec | ({"baseline": baseline} if baseline else {}),
    }


def against(name: str, **more: float) -> Json:
    return {"benchmarkRunRef": {"name": name}, **more}


@pytest.mark.parametrize(
    ("baseline", "why"),
    [
        (against("new"), "baseline is another run"),
        (against("old", tolerance=-0.1), "greater than or equal to 0"),
        (against("old", tolerance=1.5), "less than or equal to 1"),
        ({"tolerance": 0.1}, "benchmarkRunRef"),
    ],
    ids=["itself", "negative", "more than a score can drop", "no run"],
)
def test_a_baseline_that_makes_no_sense_is_refused(real_api: RealApi, baseline: Json, why: str) -> None:
    with pytest.raises(Invalid, match=why):
        real_api.create(run("new", baseline))


def test_a_baseline_has_no_tolerance_unless_it_is_given_and_shows_what_came_of_it(real_api: RealApi) -> None:
    made = real_api.create(run("new", against("old")))
    regressed = {"type": "Regressed", "status": "True", "reason": "ScoreDropped", "lastTransitionTime": now()}
    estimate = {"scenarios": 3, "mean": 0.5, "standardError": 0.125, "lower": 0.0, "upper": 1.0}
    entries = [{"k": k, "scenarios": 3, "passAtK": 0.5, "passHatK": 0.5} for k in (1, 2)]
    status = {"conditions": [regressed], "estimate": estimate, "passAtK": entries}
    try:
        assert made["spec"]["baseline"]["tolerance"] == 0
        assert real_api.patch_status(RUNS, "ns", "new", status)["status"]["estimate"] == estimate
        shown = real_api.columns(RUNS, "ns", "new")
        assert (shown["StdErr"], shown["Regressed"]) == (0.125, "True")
        with pytest.raises(Invalid, match="Duplicate value"):
            real_api.patch_status(RUNS, "ns", "new", {"passAtK": [entries[0], entries[0]]})
    finally:
        real_api.delete(RUNS, "ns", "new")
