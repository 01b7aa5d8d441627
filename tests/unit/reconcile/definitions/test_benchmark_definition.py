"""What a Benchmark reports about its scenarios."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from assay.api import conditions
from assay.api.benchmark import Benchmark, BenchmarkStatus
from assay.reconcile.definitions.benchmark import decide
from tests.unit.reconcile.contexts import condition, scenario
from tests.unit.specs.objects import Obj, existing

NOW = datetime(2026, 1, 2, 10, tzinfo=UTC)


def known(name: str, ready: str = "True", validated: int | None = 3) -> Obj:
    """A scenario of generation 3; `validated` is the generation for which it was validated."""
    made = scenario(name, validated=validated)
    found = [condition("Ready", ready, "ReferencesResolved"), *made["status"].get("conditions", [])]
    return {**made, "status": {"conditions": found}}


def status_with(*scenarios: Obj | None, **spec: Any) -> BenchmarkStatus:
    """The status of a benchmark of these scenarios; None: it names one that does not exist."""
    named = {f"s{number}": one for number, one in enumerate(scenarios)}
    refs = [{"name": name} for name in named]
    benchmark = Benchmark.parse(existing("Benchmark", "all", spec={"scenarios": refs, **spec}))
    status = decide(benchmark, named, NOW).status
    assert isinstance(status, BenchmarkStatus)
    assert benchmark.status == BenchmarkStatus(), "what was observed is not changed"
    return status


@pytest.mark.parametrize(
    ("scenarios", "required", "expected", "named"),
    [
        ([], False, ("False", "Empty"), "spec.scenarios"),
        ([known("s0"), known("s1")], True, ("True", "ScenariosReady"), ""),
        ([known("s0", validated=None)], False, ("True", "ScenariosReady"), ""),
        ([None, known("s1", ready="False")], True, ("False", "ScenarioNotFound"), "s0"),
        ([known("s0"), known("s1", ready="False")], True, ("False", "ScenarioNotReady"), "s1"),
        ([known("s0"), known("s1", validated=None)], True, ("False", "ScenarioNotValidated"), "s1"),
        ([known("s0", validated=2)], True, ("False", "ScenarioNotValidated"), "s0"),
    ],
)
def test_whether_a_benchmark_is_ready(
    scenarios: list[Obj | None], required: bool, expected: tuple[str, str], named: str
) -> None:
    status = status_with(*scenarios, requireValidated=required)
    ready = conditions.find(status.conditions, "Ready")
    assert ready is not None
    assert (ready.status, ready.reason) == expected
    assert named in ready.message
    assert status.phase == ("Ready" if expected[0] == "True" else "NotReady")


def test_a_benchmark_counts_its_scenarios() -> None:
    status = status_with(
        known("s0"), known("s1", ready="False"), known("s2", validated=None), None, known("s4")
    )
    assert (status.scenarios, status.missing, status.ready, status.validated) == (5, 1, 3, 3)
