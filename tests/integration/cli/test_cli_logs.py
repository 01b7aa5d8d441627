"""What agents and functions wrote, from their pods or from the status."""

from __future__ import annotations

import asyncio
from typing import Any

from assay.cli.exits import Exit
from assay.kube.resources import PODS
from tests.integration.cli.conftest import Assay
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.running import RUNS, TEAM
from tests.integration.samples import until
from tests.unit.cli.objects import conditions, run

KEPT = {
    "agent": {"reason": "Error", "exitCode": 2, "message": "no key\x1b[2J\n"},
    "scores": [
        {"name": "tests", "weight": 1, "state": "Complete", "score": 0.5, "message": "9 of 10 passed"},
        {"name": "lint", "weight": 1, "state": "Error", "reason": "Timeout"},
    ],
    "conditions": conditions(Failed=("True", "Timeout")),
}


def add_run(api: FakeApi, **status: Any) -> Json:
    made = run("a")
    made["metadata"] |= {"name": "monday-a-1", "ownerReferences": []}
    del made["status"]
    api.create(made)
    return api.patch_status(RUNS, TEAM, "monday-a-1", status)


def add_pod(api: FakeApi, log: str, container: str = "devbox", state: str = "running") -> None:
    labels = {"assay.dev/scenario-run": "monday-a-1"}
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "pod-1", "namespace": TEAM, "labels": labels},
    }
    api.create({**pod, "spec": {"containers": []}})
    statuses = [{"name": container, "state": {state: {}}}]
    api.patch_status(PODS, TEAM, "pod-1", {"initContainerStatuses": statuses})
    api.logs[TEAM, "pod-1"] = log


async def test_the_log_of_the_agents_container_is_shown(api: FakeApi, assay: Assay) -> None:
    add_run(api)
    add_pod(api, "one\ntwo\n")
    assert (await assay("logs", "monday-a-1")).output == "one\ntwo\n"
    assert api.requests[-1].query["container"] == "devbox"


async def test_control_characters_do_not_reach_the_terminal(api: FakeApi, assay: Assay) -> None:
    add_run(api)
    add_pod(api, "\x1b]0;mine\x07text\n")
    assert (await assay("logs", "monday-a-1")).output == "\ufffd]0;mine\ufffdtext\n"


async def test_after_the_pods_are_gone_the_status_has_the_ends(api: FakeApi, assay: Assay) -> None:
    add_run(api, **KEPT)
    done = await assay("logs", "monday-a-1")
    assert done.exit_code == Exit.OK
    assert done.output.splitlines() == [
        "==> agent: Error, exit code 2 <==",
        "no key\ufffd[2J",
        "",
        "==> tests: score 0.500 <==",
        "9 of 10 passed",
        "",
        "==> lint: no score: Timeout <==",
        "(nothing is kept of its output)",
    ]


async def test_one_functions_output_alone(api: FakeApi, assay: Assay) -> None:
    add_run(api, **KEPT)
    done = await assay("logs", "monday-a-1", "--function", "tests")
    assert done.output == "==> tests: score 0.500 <==\n9 of 10 passed\n"


async def test_a_function_that_is_none_is_named(api: FakeApi, assay: Assay) -> None:
    add_run(api, **KEPT)
    done = await assay("logs", "monday-a-1", "--function", "judge")
    assert done.exit_code == Exit.FAILED
    assert "no judge" in done.output


async def test_follow_waits_for_the_container_and_reads_on_over_a_lost_connection(
    api: FakeApi, assay: Assay
) -> None:
    add_run(api)
    following = asyncio.create_task(assay("logs", "monday-a-1", "--follow"))
    await until(lambda: any(one.resource == "pods" for one in api.requests))
    api.fail("get", "pods/log", 503)
    add_pod(api, "one\ntwo\n")
    done = await following
    assert done.exit_code == Exit.OK
    assert done.stdout == "one\ntwo\n"
    assert "trying again" in done.stderr


async def test_a_container_that_only_waits_has_no_log_yet(api: FakeApi, assay: Assay) -> None:
    add_run(api)
    add_pod(api, "", state="waiting")
    done = await assay("logs", "monday-a-1")
    assert done.exit_code == Exit.FAILED
    assert "yet" in done.output
