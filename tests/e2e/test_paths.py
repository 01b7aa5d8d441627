"""Paths of the agent's tree, as functions resolve them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.kube import apply

from .objects import bash, finished, obj, python_image, run_one, scenario, shell

LINKED = """FROM debian:trixie-slim
RUN mkdir -p /srv/project && echo untouched > /srv/project/answer && ln -s /srv/project /app
WORKDIR /app
"""
RIGHT = '[ "$(cat "$ASSAY_DEVBOX_WORKDIR/answer")" = 42 ] && echo 1 || echo 0'
REPORT = """<testsuite><testcase classname="a" name="b"/></testsuite>"""


def scores(run: dict[str, Any]) -> dict[str, Any]:
    """What each function scored."""
    return {one["name"]: one.get("score") for one in run["status"]["scores"]}


def test_a_working_directory_that_is_a_link(namespace: str) -> None:
    judged = scenario("linked", bash("merged", RIGHT), bash("clean", RIGHT, root="Clean"))
    judged["spec"]["environment"] = {"blueprintRef": {"name": "linked"}, "disk": {"size": "64Mi"}}
    run = run_one(
        namespace, shell("echo 42 > answer"), judged, obj("Blueprint", "linked", {"dockerfile": LINKED})
    )
    assert scores(run) == {"merged": 1.0, "clean": 1.0}, run["status"]["scores"]


def test_an_answer_that_is_a_link_to_what_is_expected(namespace: str) -> None:
    expected = "a secret number: 8127\n"
    compare = "/.assay/toolbox/busybox cmp $ASSAY_DEVBOX_WORKDIR/out expected.txt && echo 1 || echo 0"
    tests = {
        "files": [{"path": "expected.txt", "content": expected}],
        "command": ["/.assay/toolbox/bash", "-c", f"[ $({compare}) = 1 ]"],
    }
    files = {"name": "files", "type": "TestFiles", "root": "Clean", "testFiles": tests}
    script = (
        f"import os\nexpected = {expected.strip()!r}\n"
        "print(float(expected in open(os.environ['ASSAY_DEVBOX_WORKDIR'] + '/script').read()))"
    )
    python = {"name": "python", "type": "PythonScript", "pythonScript": {"script": script}, "onError": "Zero"}
    judged = scenario("links", files, python, workingDir="/work")
    judged["spec"]["environment"]["image"] = python_image()
    run = run_one(namespace, shell("ln -s /work/expected.txt out; ln -s /.assay/files/script script"), judged)
    assert scores(run) == {"files": 0.0, "python": 0.0}, run["status"]["scores"]


def test_links_of_the_agents_tree_are_followed_where_the_contract_says_so(namespace: str) -> None:
    read = '[ "$(cat "$ASSAY_DEVBOX_WORKDIR/link")" = 42 ] && echo 1 || echo 0'
    judged = scenario(
        "linked-answer",
        bash("refused", read, root="Clean"),
        bash("followed", read, root="Clean", devboxLinks="Followed"),
        workingDir="/work",
    )
    run = run_one(namespace, shell("echo 42 > answer; ln -s answer link"), judged)
    assert scores(run) == {"refused": 0.0, "followed": 1.0}, run["status"]["scores"]


@pytest.mark.parametrize("mode", ["Overlay", "Copy"])
def test_results_have_one_path_in_every_mode(namespace: str, mode: str) -> None:
    tests = {
        "files": [{"path": "report.xml", "content": REPORT}],
        "command": ["cp", "report.xml", "/.assay/results/junit.xml"],
        "junit": {},
    }
    judged = scenario(
        "results", {"name": "tests", "type": "TestFiles", "testFiles": tests}, workingDir="/root"
    )
    judged["spec"]["environment"] |= {"rootFilesystem": mode, "disk": {"size": "512Mi"}}
    assert run_one(namespace, {"type": "Nop"}, judged)["status"].get("score") == 1.0


def test_special_files_of_the_agent_hang_nothing(namespace: str) -> None:
    own = "RUN mkdir tests && echo 'exit 0' > tests/t.sh && chown -R games:games tests\n"
    dockerfile = f"FROM debian:trixie-slim\nWORKDIR /work\n{own}"
    tests = {
        "files": [{"path": "run.sh", "content": '[ "$(stat -c %u tests/t.sh)" = 5 ] && sh tests/t.sh\n'}],
        "restore": ["tests"],
        "command": ["/.assay/toolbox/busybox", "sh", "run.sh"],
    }
    judged = scenario(
        "fifos", {"name": "tests", "type": "TestFiles", "timeoutSeconds": 25, "testFiles": tests}
    )
    judged["spec"]["environment"] = {"blueprintRef": {"name": "fifos"}, "disk": {"size": "64Mi"}}
    left = """rm -rf /etc/passwd /etc/group tests; mkfifo /etc/passwd /etc/group tests
i=0; while [ $i -lt 1500 ]; do mkdir deep; cd deep; i=$((i + 1)); done"""
    run = run_one(namespace, shell(left), judged, obj("Blueprint", "fifos", {"dockerfile": dockerfile}))
    assert scores(run) == {"tests": 1.0}, run["status"]["scores"]


def test_a_user_outside_the_pod_s_namespace_is_no_score(namespace: str) -> None:
    dockerfile = "FROM debian:trixie-slim\nRUN mkdir -m 777 /work\nWORKDIR /work\nUSER 200000:200000\n"
    judged = scenario("outside", bash("answer", '[ "$(cat answer)" = 42 ] && echo 1 || echo 0'))
    judged["spec"]["environment"] = {"blueprintRef": {"name": "outside"}, "disk": {"size": "64Mi"}}
    apply(namespace, obj("Blueprint", "outside", {"dockerfile": dockerfile}), judged)
    apply(
        namespace,
        obj(
            "ScenarioRun", "outside", {"scenarioRef": {"name": "outside"}, "agent": shell("echo 42 > answer")}
        ),
    )
    run = finished(namespace, "outside")
    failed = next(one for one in run["status"]["conditions"] if one["type"] == "Failed")
    assert "score" not in run["status"]
    assert "user 200000 does not exist in the pod's user namespace" in failed["message"], failed
