"""Names: labels of at most 63 characters, the same each time, no two alike."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from assay.specs import names, scenario_run

LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")

# Names that a careless shortening confuses: they differ at one place only, wherever that is.
_BASE = "a" * 63
ONE_OFF = [_BASE, *(_BASE[:at] + "b" + _BASE[at + 1 :] for at in range(63))]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("run", "score"), "run-score"),
        (("run", "fix-it", "1"), "run-fix-it-1"),
        (("a" * 31, "b" * 31), "a" * 31 + "-" + "b" * 31),
    ],
)
def test_what_fits_stays_readable(parts: tuple[str, ...], expected: str) -> None:
    assert names.child_name(*parts) == expected


@pytest.mark.parametrize("first", [1, 20, 50, 57, 62, 63])
@pytest.mark.parametrize("second", [1, 20, 50, 57, 62, 63])
@pytest.mark.parametrize("last", ["1", "100000", "score", "x" * 34, "x" * 35, "x" * 63])
def test_always_a_label(first: int, second: int, last: str) -> None:
    for parent in ("p" * first, "p-" * (first // 2) + "p"):
        name = names.child_name(parent, "q" * second, last)
        assert LABEL.fullmatch(name), name


def test_equal_parts_give_equal_names_in_any_process() -> None:
    # Written down: names must survive restarts and upgrades.
    assert names.child_name("a" * 60, "score") == "a" * 48 + "-d00366a1-score"
    assert names.content_hash({"b": 1, "a": [None, "ä"]}) == "43e32c60976bf9670b4086863bfdec6d"


@pytest.mark.parametrize(
    "make",
    [
        lambda name: names.child_name(name, "score"),
        lambda name: names.child_name(name, name, "1"),
        lambda name: names.child_name("run", name, "1"),
        lambda name: names.child_name("script", name),
        lambda name: names.child_name(name, "build", "01234567"),
    ],
    ids=["parent", "both", "middle", "last", "build"],
)
def test_long_names_that_differ_at_one_place_stay_apart(make: Callable[[str], str]) -> None:
    made = [make(name) for name in ONE_OFF]
    assert len(set(made)) == len(ONE_OFF)


def test_attempts_at_scenarios_of_one_run_stay_apart() -> None:
    scenarios = ["a", "a-1", "a-1-1", "a-2", "b", *ONE_OFF[:8]]
    for parent in ("run", "run-1", "r" * 63):
        made = [scenario_run.name(parent, one, attempt) for one in scenarios for attempt in (1, 2, 11, 21)]
        assert len(set(made)) == len(made)
