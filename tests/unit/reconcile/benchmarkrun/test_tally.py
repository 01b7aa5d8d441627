"""Which attempts count for a scenario."""

from __future__ import annotations

from assay.api.blame import CAUSES
from assay.reconcile.benchmarkrun.tally import Tally, tally
from tests.unit.reconcile.benchmarkrun.attempts_of import attempts_of


def test_attempts_are_added_up_by_scenario() -> None:
    runs = [*attempts_of("a", 1.0, 0.5), *attempts_of("b", 0.25, content="other")]
    found = tally(runs)
    assert found == {"a": Tally(2, 1, 1.5, {"abc"}), "b": Tally(1, 0, 0.25, {"other"})}
    assert (found["a"].mean, found["b"].mean) == (0.75, 0.25)


def test_what_an_agent_failed_counts_as_0() -> None:
    for reason in CAUSES["Agent"]:
        assert tally(attempts_of("a", 1.0, reason)) == {"a": Tally(2, 1, 1.0, {"abc"})}


def test_what_no_agent_did_is_left_out() -> None:
    for reason in (*CAUSES["Author"], *CAUSES["Infrastructure"], "NodeShutdown"):
        assert tally(attempts_of("a", 1.0, reason)) == {"a": Tally(1, 1, 1.0, {"abc"})}
        assert tally(attempts_of("a", reason)) == {}


def test_attempts_that_go_on_are_left_out() -> None:
    assert tally(attempts_of("a", None, 0.5)) == {"a": Tally(1, 0, 0.5, {"abc"})}


def test_each_content_is_remembered_and_none_is_made_up() -> None:
    runs = [*attempts_of("a", 1.0, content="old"), *attempts_of("a", 1.0, content="new")]
    assert tally(runs)["a"].contents == {"old", "new"}
    assert tally(attempts_of("a", 1.0, content=None))["a"].contents == set()
