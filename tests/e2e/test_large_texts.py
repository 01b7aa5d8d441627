"""Contracts and problem statements that together are too large for the annotations of a pod."""

from __future__ import annotations

import yaml

from tests.tools.kube import apply, kubectl

from .objects import bash, finished, scenario, scenario_run, shell

LINES = "本" * 59 + "\n"  # of many bytes
TEXT = LINES * 500


def test_large_texts_arrive_whole(namespace: str) -> None:
    files = [{"path": f"tests/{number}.txt", "content": TEXT} for number in range(3)]
    counts = ["sh", "-c", f"test $(cat tests/*.txt | wc -c) = {3 * len(TEXT.encode())}"]
    tests = {"name": "tests", "type": "TestFiles", "testFiles": {"files": files, "command": counts}}
    right = bash(
        "right",
        f"[ $(cat /answer) = {len(TEXT.encode())} ] && echo 1 || echo 0 # {TEXT[:9000]}".replace("\n", ""),
    )
    large = scenario("large", tests, right, problemStatement=TEXT)
    # kubectl's own apply would keep a copy in an annotation.
    kubectl("create", "-n", namespace, "-f", "-", stdin=yaml.safe_dump(large))
    apply(namespace, scenario_run("large", "large", shell('wc -c < "$ASSAY_PROBLEM_FILE" > /answer')))
    run = finished(namespace, "large")
    assert run["status"]["score"] == 1.0, run["status"]["scores"]
    assert {one["placement"] for one in run["status"]["scores"]} == {"OwnPod"}
