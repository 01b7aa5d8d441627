"""What kubelets and container runtimes say of an end is one of our ends, whatever their word."""

from __future__ import annotations

import pytest

from assay.api.blame import blame
from assay.api.reasons import EndReason
from assay.reconcile.common import node_words


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("", None),
        ("Error", None),
        ("Completed", None),
        ("OOMKilled", None),
        ("StartError", EndReason.NODE_REFUSED),
        ("ContainerCannotRun", EndReason.NODE_REFUSED),
        ("CreateContainerError", EndReason.NODE_REFUSED),
        ("a word of tomorrow", EndReason.NODE_REFUSED),
        ("Unknown", EndReason.NODE_LOST),
        ("ContainerStatusUnknown", EndReason.NODE_LOST),
    ],
)
def test_of_a_container(word: str, reason: EndReason | None) -> None:
    assert node_words.of_container(word) is reason


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("Evicted", EndReason.EVICTED),
        ("DeadlineExceeded", EndReason.DEADLINE_EXCEEDED),
        ("Preempting", EndReason.PREEMPTED),
        ("Terminated", EndReason.NODE_LOST),
        ("NodeShutdown", EndReason.NODE_LOST),
        ("Shutdown", EndReason.NODE_LOST),
        ("NodeLost", EndReason.NODE_LOST),
        ("UnexpectedAdmissionError", EndReason.NODE_REFUSED),
        ("OutOfcpu", EndReason.NODE_REFUSED),
        ("NodeAffinity", EndReason.NODE_REFUSED),
        ("a word of tomorrow", EndReason.NODE_REFUSED),
    ],
)
def test_of_a_pod(word: str, reason: EndReason) -> None:
    assert node_words.of_pod(word) is reason


@pytest.mark.parametrize("reason", EndReason)
def test_a_reason_of_ours_is_known(reason: EndReason) -> None:
    assert node_words.known(str(reason)) is reason


def test_a_word_that_an_earlier_version_passed_on_is_the_nodes() -> None:
    assert node_words.known("StartError") is EndReason.NODE_REFUSED
    assert blame(node_words.known("StartError")) == blame("StartError") == "Infrastructure"
