"""What `onError: Zero` counts as 0: what the function did, never what happened to it."""

from __future__ import annotations

import pytest

from assay.reconcile.common.pod_view import Terminated
from assay.reconcile.scenariorun import function_score
from tests.unit.reconcile.terminations import BASH, ended, message

FORGIVEN = {
    "NoScore": ended(message(line="no")),
    "ScoreOutOfRange": ended(message(line="2")),
    "Timeout": ended("assay/2 exit=137 timeout=1 seconds=3.00\n1.0\n\n"),
    "OOMKilled": ended("", 137, "OOMKilled"),
}


@pytest.mark.parametrize("reason", FORGIVEN)
def test_on_error_zero_counts_what_the_function_did(reason: str) -> None:
    lenient = BASH.model_copy(update={"on_error": "Zero"})
    result = function_score.function_score(lenient, FORGIVEN[reason])
    assert (result.state, result.score, result.reason) == ("Error", 0.0, reason)
    assert result.message is not None
    assert result.message.startswith("counted as 0 (onError: Zero): ")
    assert function_score.function_score(BASH, FORGIVEN[reason]).score is None


@pytest.mark.parametrize(
    "end",
    [ended("assay-score: cannot mount", 125, "Error"), ended("", 128, "StartError"), ended("junk")],
)
def test_on_error_zero_never_counts_what_we_did(end: Terminated) -> None:
    lenient = BASH.model_copy(update={"on_error": "Zero"})
    assert function_score.function_score(lenient, end).score is None
