"""How a command ended: by the runner's report on an overlay, by the container's state alone in a copy."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from assay.api.disk import MountedRoot
from assay.reconcile.common.command_end import CommandEnd, command_end
from assay.reconcile.common.pod_view import Terminated

START = datetime(2026, 1, 2, 10, tzinfo=UTC)
DEADLINE = 600


def report(code: int, more: str = "", *, timeout: int = 0) -> str:
    return f"assay/2 exit={code} timeout={timeout} seconds=42.10{more}\n"


def ended(
    code: int,
    message: str = "",
    *,
    reason: str | None = None,
    seconds: int = 42,
    root: MountedRoot = "Overlay",
) -> CommandEnd:
    word = reason if reason is not None else "Error" if code else "Completed"
    end = Terminated(code, word, message, START, START + timedelta(seconds=seconds))
    return command_end(end, root, DEADLINE)


@pytest.mark.parametrize(
    ("code", "message", "word", "reason"),
    [
        (0, report(0), "Completed", "Completed"),
        (3, report(3), "Error", "Error"),
        (125, report(125), "Error", "Error"),
        (126, report(126), "Error", "Error"),
        (127, report(127), "Error", "Error"),
        (139, report(139, " signal=11"), "Error", "Error"),
        # Its time was over, whatever it made of the signal.
        (143, report(143, " signal=15", timeout=1), "Error", "DeadlineExceeded"),
        (137, report(137, " signal=9", timeout=1), "Error", "DeadlineExceeded"),
        (0, report(0, timeout=1), "Completed", "DeadlineExceeded"),
        (137, report(137, " signal=9 oom=2", timeout=1), "OOMKilled", "DeadlineExceeded"),
        # Killed for the memory: itself, or the last command of a shell.
        (137, report(137, " signal=9 oom=1"), "OOMKilled", "OOMKilled"),
        (137, report(137, " oom=1"), "Error", "OOMKilled"),
        (137, report(137, " signal=9"), "OOMKilled", "OOMKilled"),
        # It went on without a child, so its end is its own: the same on cgroup v1, where the runtime speaks of
        # OOMKilled, and on v2.
        (0, report(0, " oom=1"), "OOMKilled", "Completed"),
        (0, report(0, " oom=1"), "Completed", "Completed"),
        (3, report(3, " oom=1"), "OOMKilled", "Error"),
        (3, report(3, " oom=1"), "Error", "Error"),
        (139, report(139, " signal=11 oom=1"), "Error", "Error"),
        # Killed by something else.
        (137, report(137, " signal=9"), "Error", "Error"),
        # The container had no time to report.
        (137, "", "OOMKilled", "OOMKilled"),
        (137, "", "Error", "Error"),
        (137, "", "ContainerStatusUnknown", "NodeLost"),
        (128, "exec: no such file", "StartError", "NodeRefused"),
        # Ours.
        (125, "assay-boot: no overlay", "Error", "BootFailed"),
        (125, "assay-boot: disk full: no space", "Error", "DiskFull"),
        (125, "assay-boot: network open: it answers", "Error", "NetworkOpen"),
        (125, "assay-launch: exit code 1", "Error", "LaunchFailed"),
        (1, "assay-boot: no overlay", "Error", "Error"),
    ],
)
def test_on_an_overlay(code: int, message: str, word: str, reason: str) -> None:
    end = ended(code, message, reason=word)
    assert (end.exit_code, str(end.cause.reason)) == (code, reason)


@pytest.mark.parametrize("wrapped", [0, 1])
def test_the_report_has_the_exit_code_and_not_the_container_that_only_reports(wrapped: int) -> None:
    end = ended(wrapped, report(3))
    assert (end.exit_code, str(end.cause.reason)) == (3, "Error")


@pytest.mark.parametrize(
    ("code", "word", "seconds", "reason"),
    [
        (0, "Completed", 42, "Completed"),
        (3, "Error", 42, "Error"),
        (3, "OOMKilled", 42, "Error"),
        (0, "OOMKilled", 42, "Completed"),
        (137, "OOMKilled", 42, "OOMKilled"),
        (137, "Error", 42, "Error"),
        (143, "Error", 599, "Error"),
        (143, "Error", 600, "DeadlineExceeded"),
        (137, "Error", 601, "DeadlineExceeded"),
        (0, "Completed", 600, "DeadlineExceeded"),
        (137, "ContainerStatusUnknown", 601, "NodeLost"),
        (128, "StartError", 1_700_000_000, "NodeRefused"),
    ],
)
@pytest.mark.parametrize("forged", ["", report(0), report(3, " oom=1"), report(137, " signal=9", timeout=1)])
def test_in_a_copy_the_message_does_not_count(
    code: int, word: str, seconds: int, reason: str, forged: str
) -> None:
    end = ended(code, forged, reason=word, seconds=seconds, root="Copy")
    assert (end.exit_code, str(end.cause.reason)) == (code, reason)


@pytest.mark.parametrize(
    "message",
    [
        "assay/2 exit=0 timeout=0 seconds=1.0 score=1.0",
        "assay/2 exit=0 timeout=2 seconds=1.0",
        "assay/2 exit=-1 timeout=0 seconds=1.0",
        "assay/2 exit=0 timeout=0 seconds=1.0 oom=1 signal=9",
        "assay/1 exit=0 timeout=0 seconds=1.0",
        "x\nassay/2 exit=0 timeout=0 seconds=1.0",
        "assay/2 exit=0 timeout=0 seconds=1.0\nmore",
    ],
)
def test_what_is_no_report_changes_no_end(message: str) -> None:
    end = ended(3, message)
    assert (end.exit_code, str(end.cause.reason), end.message) == (3, "Error", message)


def test_what_people_read() -> None:
    assert ended(0, report(0)).cause.message == "the command ended with exit code 0"
    assert "because the memory was used up: 2" in ended(3, report(3, " oom=2")).cause.message
    assert ended(137, report(137, " oom=1")).cause.message.endswith("137: the memory was used up")
    assert "(600 s)" in ended(143, report(143, timeout=1)).cause.message
    assert ended(3, report(3)).message == "", "a report is not the command's output"
    assert ended(3, "no key").message == "no key"


def test_without_a_deadline_nothing_is_late() -> None:
    end = Terminated(143, "Error", "", START, START + timedelta(days=30))
    assert str(command_end(end, "Copy", None).cause.reason) == "Error"
    assert str(command_end(Terminated(143, "Error", "", None, None), "Copy", 1).cause.reason) == "Error"
