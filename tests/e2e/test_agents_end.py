"""How an agent ends, and what its processes do meanwhile: signals, orphans, memory, what it prints."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.kube import apply

from .objects import bash, finished, python_image, run_one, scenario, scenario_run, shell

ORPHANS = """\
import os
for number in range(5000):
    if not (child := os.fork()):
        os._exit(0 if os.fork() else os._exit(0))
    os.waitpid(child, 0)
open("/answer", "w").write("42\\n")
"""
SIGNAL = """\
import os, signal, time
open("/answer", "w").write("42")
os.kill(os.getpid(), signal.SIGTERM)
time.sleep(9)
open("/answer", "w").write("lived on")
"""
USE_MEMORY = "head -c 300M /dev/zero | tail > /dev/null"
NOISE = r"head -c 3000 /dev/urandom; printf '\033]0;owned\007\033[31mred\033[0m nul:\0: half: \303 bell:\a cr:\rback\n'"


def right(**more: Any) -> dict[str, Any]:
    """Whether the answer is 42."""
    return bash("right", '[ "$(cat /answer)" = 42 ] && echo 1 || echo 0', **more)


def test_the_agent_is_a_child_of_an_init(namespace: str) -> None:
    """Its own signals end it, and what it orphaned and what has ended counts for nothing."""
    judged = scenario("judged", right())
    judged["spec"]["environment"]["image"] = python_image()
    apply(namespace, judged)
    for name, script in {"signal": SIGNAL, "orphans": ORPHANS}.items():
        agent = {"type": "Command", "command": ["python3", "-c", script]}
        apply(namespace, scenario_run(name, "judged", agent))
    signalled, orphaned = (finished(namespace, name)["status"] for name in ("signal", "orphans"))
    assert (signalled["agent"]["exitCode"], signalled["score"]) == (143, 1.0), signalled
    assert (orphaned["agent"]["exitCode"], orphaned["score"]) == (0, 1.0), orphaned


def test_a_child_out_of_memory_decides_nothing(namespace: str) -> None:
    limits = {"limits": {"memory": "64Mi"}}
    survives = bash(
        "survives", f'{USE_MEMORY}; [ "$(cat /answer)" = 42 ] && echo 1 || echo 0', resources=limits
    )
    judged = scenario("judged", survives)
    judged["spec"]["environment"]["resources"] = limits
    apply(namespace, judged)
    for code in (0, 3):
        agent = {
            "type": "Command",
            "command": ["bash", "-c", f"{USE_MEMORY}; echo 42 > /answer; exit {code}"],
        }
        apply(namespace, scenario_run(f"ends-{code}", "judged", agent))
    for code in (0, 3):
        status = finished(namespace, f"ends-{code}")["status"]
        assert (status["agent"]["exitCode"], status.get("score")) == (code, 1.0), status


def test_an_agent_prints_no_control_characters_into_a_status(namespace: str) -> None:
    run = run_one(
        namespace,
        {"type": "Command", "command": ["bash", "-c", f"echo 42 > /answer; {NOISE}; exit 3"]},
        scenario("noise", right()),
    )
    message = run["status"]["agent"]["message"]
    assert [c for c in message if (ord(c) < 32 and c not in "\n\t") or 127 <= ord(c) < 160] == []
    assert "red nul:: half:" in message
    assert (run["status"]["agent"]["exitCode"], run["status"]["score"]) == (3, 1.0)


@pytest.mark.parametrize("mode", ["Overlay", "Copy"])
def test_the_time_limit_is_kept_without_the_operator_s_help(namespace: str, mode: str) -> None:
    judged = scenario("judged", right(), timeouts={"agentSeconds": 5})
    judged["spec"]["environment"] |= {"rootFilesystem": mode, "disk": {"size": "512Mi"}}
    run = run_one(
        namespace,
        shell("echo 42 > /root/answer; ln -s /root/answer /answer; trap '' TERM; while :; do sleep 1; done"),
        judged,
    )
    status = run["status"]
    assert status["agent"]["reason"] == "DeadlineExceeded", status
    assert status["agent"]["exitCode"] in (137, 143), status
