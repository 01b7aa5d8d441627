"""Who is to blame for a run without a score: decided for every reason, and no agent can choose to be left out."""

from __future__ import annotations

import pytest

from assay.api.blame import CAUSES, Blame, blame
from assay.api.condition_tables import CONDITIONS
from assay.api.condition_types import ConditionType
from assay.api.reasons import ScoreReason

FAILURES = {
    str(reason)
    for state in CONDITIONS["ScenarioRun"]
    if state.type == ConditionType.FAILED
    for reason in state.reasons
}
WHOSE: dict[str, Blame] = {
    "OOMKilled": "Agent",
    "Evicted": "Agent",
    "DiskFull": "Agent",
    "NoScore": "Agent",
    "ScoreOutOfRange": "Agent",
    "NoTestReport": "Agent",
    "Timeout": "Agent",
    "ScorerFailed": "Agent",
    "ScoringDeadlineExceeded": "Agent",
    "RunDeadlineExceeded": "Agent",
    "ParametersInvalid": "Author",
    "RootConflict": "Author",
    "NoReferenceOutput": "Author",
    "Canceled": "Author",
    "ReferenceNotApplied": "Author",
    "LaunchFailed": "Author",
    "UserNotNumeric": "Author",
    "NetworkOpen": "Infrastructure",
    "BootFailed": "Infrastructure",
    "PodLost": "Infrastructure",
    "Preempted": "Infrastructure",
    "Drained": "Infrastructure",
    "NodeLost": "Infrastructure",
    "NodeRefused": "Infrastructure",
    "ScorerNotStarted": "Infrastructure",
    "DevboxLost": "Infrastructure",
    "NoDiskKept": "Infrastructure",
    "ProvisioningDeadlineExceeded": "Infrastructure",
}


def test_it_is_decided_for_each_reason_that_a_run_can_fail_with_and_for_no_other() -> None:
    assert {str(reason) for reasons in CAUSES.values() for reason in reasons} == FAILURES == WHOSE.keys()


def test_each_reason_has_one_to_blame() -> None:
    words = [word for reasons in CAUSES.values() for word in dict.fromkeys(map(str, reasons))]
    assert len(words) == len(set(words))


@pytest.mark.parametrize(("reason", "whose"), WHOSE.items())
def test_who_is_to_blame(reason: str, whose: Blame) -> None:
    assert blame(reason) == whose


@pytest.mark.parametrize("reason", ScoreReason)
def test_what_a_scorer_meets_on_the_disk_is_the_agents(reason: ScoreReason) -> None:
    assert blame(reason) == "Agent"


@pytest.mark.parametrize("reason", ["StartError", "NodeShutdown", "ContainerStatusUnknown", "", "oomkilled"])
def test_a_word_of_the_kubelet_in_an_old_status_is_the_infrastructures(reason: str) -> None:
    assert blame(reason) == "Infrastructure"
