"""Which scoring functions can work in the agent's pod."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api.scenariorun import PinnedRun
from assay.specs import names, texts
from tests.unit.specs.objects import SETTINGS, Obj, pinned, pinned_functions, run
from tests.unit.specs.run_jobs import beside, placed, pod, reaching


@pytest.mark.parametrize(
    ("egress", "found"),
    [
        ("None", ["hidden", "shared", "tests", "plain", "pattern", "custom"]),
        ("Internet", ["hidden", "shared", "python", "tests", "plain", "pattern", "custom"]),
        ("Any", ["hidden", "shared", "tests", "plain", "pattern", "judge", "custom"]),
    ],
)
@pytest.mark.parametrize("where", ["run", "agent", "environment", "settings"])
def test_functions_that_reach_what_the_agent_may_or_nothing_are_beside_it(
    egress: str, found: list[str], where: str
) -> None:
    network: Any = {"network": {"egress": egress}}
    nothing: Obj = {}
    made = placed(
        pinned_functions(
            agent=reaching(egress) if where == "agent" else None,
            environment={"image": "x", **(network if where == "environment" else nothing)},
        )
    )
    settings = SETTINGS.replace(agent_egress=egress) if where == "settings" else SETTINGS
    assert beside(made, run(**(network if where == "run" else nothing)), settings) == found


def test_a_function_that_asks_for_a_pod_of_its_own_has_one() -> None:
    made = placed(pinned_functions("hidden", "plain", "shared"), "plain")
    assert beside(made) == ["hidden", "shared"]
    assert beside(placed(made, "hidden", "plain", "shared")) == []


def padded(bytes_: int) -> PinnedRun:
    """A run whose texts, with the names of their annotations, are so many bytes."""
    tests = [
        {
            "name": f"f{number}",
            "type": "TestFiles",
            "testFiles": {"files": [{"path": "t", "content": "x" * 50_000}], "command": ["t"]},
        }
        for number in range(4)
    ]
    made = placed(pinned(scoringContract={"scoringFunctions": tests}, problemStatement="x"))
    left = bytes_ - text_bytes(pod(made))
    return placed(pinned(scoringContract={"scoringFunctions": tests}, problemStatement="x" * (left + 1)))


def text_bytes(template: Obj) -> int:
    annotations: dict[str, str] = template["metadata"]["annotations"]
    found = {key: text for key, text in annotations.items() if key.startswith(f"{names.FILES}/")}
    return sum(len(key.encode()) + len(text.encode()) for key, text in found.items())


def test_the_texts_of_all_must_fit_into_one_pod() -> None:
    fits, exceeds = padded(texts.ANNOTATIONS_MAX), padded(texts.ANNOTATIONS_MAX + 1)
    assert len(beside(fits)) == 4
    assert text_bytes(pod(fits)) == texts.ANNOTATIONS_MAX
    assert beside(exceeds) == []


def test_the_texts_of_functions_elsewhere_count_too() -> None:
    """A ConfigMap may be needed for them, which a devbox owns."""
    assert beside(placed(padded(texts.ANNOTATIONS_MAX), "f0")) == ["f1", "f2", "f3"]
    assert beside(placed(padded(texts.ANNOTATIONS_MAX + 1), "f0")) == []


def test_texts_are_counted_in_bytes() -> None:
    files = [{"path": name, "content": "é" * 50_000} for name in ("a", "b")]
    function = {"name": "f", "type": "TestFiles", "testFiles": {"files": files, "command": ["t"]}}
    made = placed(pinned(problemStatement="é" * 50_000, scoringContract={"scoringFunctions": [function]}))
    assert beside(made) == []
