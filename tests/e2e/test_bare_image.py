"""An image with a single static program: no shell, no users, no /tmp, no libraries."""

from __future__ import annotations

from typing import Any

from tests.tools.kube import apply, kubectl, wait

from .disks import devbox, execute
from .objects import bash, command, finished, obj, scenario, scenario_run

DOCKERFILE = """\
FROM debian:trixie-slim AS build
RUN apt-get update && apt-get install -y --no-install-recommends busybox-static && mkdir /w
FROM scratch
COPY --from=build /bin/busybox /busybox
COPY --from=build --chown=1000:1000 /w /w
USER 1000
WORKDIR /w
"""
AGENT = {
    "type": "Command",
    "command": [
        "/busybox",
        "sh",
        "-c",
        "set -e; /busybox id -u > answer; echo 'print(1)' > a.py; echo done > /dev/stdout",
    ],
}


def bare_scenario() -> dict[str, Any]:
    functions = [
        bash("by-the-toolbox", 'set -e; echo note >/dev/stderr; [ "$(<answer)" = 1000 ] && echo 1'),
        command("by-its-own-program", "/busybox", "grep", "-qx", "1000", "answer"),
        bash("temporary", '/.assay/toolbox/busybox test -d "$(/.assay/toolbox/busybox mktemp -d)" && echo 1'),
        {"name": "pattern", "type": "AstGrep", "astGrep": {"pattern": "print($A)", "language": "python"}},
        bash("clean", '[ "$(<"$ASSAY_DEVBOX_WORKDIR/answer")" = 1000 ] && echo 1 || echo 0', root="Clean"),
    ]
    made = scenario("bare", *functions)
    made["spec"]["environment"] = {"blueprintRef": {"name": "bare"}, "disk": {"size": "64Mi"}}
    made["spec"]["environment"]["launchCommands"] = ["[ ! -e /bin/sh ]"]
    return made


def test_bare_image_is_run_scored_kept_and_entered(namespace: str) -> None:
    apply(namespace, obj("Blueprint", "bare", {"dockerfile": DOCKERFILE}), bare_scenario())
    wait(namespace, "Ready", "blueprint/bare")
    apply(namespace, scenario_run("run", "bare", AGENT, snapshotPolicy="Always"))
    run = finished(namespace, "run")
    assert run["status"].get("score") == 1.0, run["status"]
    assert run["status"]["agent"]["exitCode"] == 0, "it may open its standard output again"
    wait(namespace, "DiskKept", "scenariorun/run")
    again = {"scenarioRef": {"name": "bare"}, "rescore": {"scenarioRunRef": {"name": "run"}}}
    apply(namespace, obj("ScenarioRun", "again", again))
    assert finished(namespace, "again")["status"].get("score") == 1.0
    apply(namespace, devbox("open", diskSnapshotRef={"name": "run"}))
    wait(namespace, "Ready", "devbox/open")
    assert execute(namespace, "open", "/busybox", "cat", "answer").strip() == "1000"
    shell = ["--", "/.assay/shell"]  # with the toolbox's bash, since the image has no shell
    assert kubectl("exec", "-i", "-n", namespace, "open", *shell, stdin="echo $((6 * 7))\n").strip() == "42"
