"""A shell on the disk that a run left, and nothing left behind."""

from __future__ import annotations

from pathlib import Path

import pytest

from assay.cli.exits import Exit
from assay.kube.resources import PODS
from assay.our_resources import OURS
from tests.integration.cli.conftest import Assay
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.running import RUNS, TEAM, create, create_run
from tests.unit.cli.objects import conditions

DEVBOXES = OURS["Devbox"]
ENDED = conditions(Failed=("True", "Timeout"))


@pytest.fixture
def called(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The words that a stand-in for kubectl was called with; it ends with exit code 7."""
    program, words = tmp_path / "bin" / "kubectl", tmp_path / "words"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$@" >{words}\nexit 7\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    return words


def read(path: Path) -> str:
    return path.read_text()


def end(api: FakeApi, name: str, **status: object) -> None:
    create_run(api, name, "sum")
    api.patch_status(RUNS, TEAM, name, {"conditions": ENDED, **status})


def ready(api: FakeApi) -> None:
    def up(devbox: Json) -> None:
        name = devbox["metadata"]["name"]
        status = {"podName": name, "conditions": conditions(Ready=("True", "Running"))}
        api.patch_status(DEVBOXES, TEAM, name, status)

    api.on_create(DEVBOXES, up)


async def test_a_kept_disk_is_opened_in_a_devbox_that_goes_with_the_shell(
    api: FakeApi, assay: Assay, called: Path
) -> None:
    end(api, "one", diskSnapshot="one-disk")
    ready(api)
    done = await assay("open", "one", "--", "bash", "-c", "ls")
    assert done.exit_code == 7
    words = read(called)
    assert "exec --stdin --container devbox one-open-" in words
    assert words.endswith("-- /.assay/shell bash -c ls\n")
    [made] = [one.body for one in api.requests if one.verb == "create"]
    assert made["spec"] == {"diskSnapshotRef": {"name": "one-disk"}}
    assert api.all(DEVBOXES) == []


async def test_a_devbox_can_be_left(api: FakeApi, assay: Assay, called: Path) -> None:
    end(api, "one", diskSnapshot="one-disk")
    ready(api)
    done = await assay("open", "one", "--keep")
    assert "kubectl delete devbox.assay.dev/one-open-" in done.output
    assert len(api.all(DEVBOXES)) == 1


async def test_a_devbox_that_the_run_opened_is_used_and_stays(
    api: FakeApi, assay: Assay, called: Path
) -> None:
    end(api, "one", diskSnapshot="one-disk")
    create(
        api,
        "Devbox",
        "one",
        {"image": "x"},
        {"podName": "one-pod", "conditions": conditions(Ready=("True", "Idle"))},
    )
    await assay("open", "one")
    assert "--container devbox one-pod -- /.assay/shell" in read(called)
    assert len(api.all(DEVBOXES)) == 1


async def test_a_run_that_goes_on_is_opened_in_its_own_pod(api: FakeApi, assay: Assay, called: Path) -> None:
    create_run(api, "one", "sum")
    metadata = {"name": "one-x", "namespace": TEAM, "labels": {"assay.dev/scenario-run": "one"}}
    api.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": {"containers": []}})
    statuses = [{"name": "devbox", "state": {"running": {}}}]
    api.patch_status(PODS, TEAM, "one-x", {"initContainerStatuses": statuses})
    await assay("open", "one")
    assert "--container devbox one-x -- /.assay/shell" in read(called)


async def test_a_run_that_kept_no_disk_says_how_to_keep_one(api: FakeApi, assay: Assay, called: Path) -> None:
    end(api, "one")
    done = await assay("open", "one")
    assert done.exit_code == Exit.FAILED
    assert "--snapshots" in done.output


async def test_a_devbox_that_cannot_start_goes_again(api: FakeApi, assay: Assay, called: Path) -> None:
    end(api, "one", diskSnapshot="one-disk")
    done = await assay("open", "one", "--timeout", "1")
    assert done.exit_code == Exit.TIMEOUT
    assert api.all(DEVBOXES) == []


async def test_a_devbox_that_cannot_be_deleted_is_named(api: FakeApi, assay: Assay, called: Path) -> None:
    end(api, "one", diskSnapshot="one-disk")
    ready(api)
    api.fail("delete", "devboxes", 503)
    done = await assay("open", "one")
    assert done.exit_code == Exit.REFUSED
    assert "kubectl delete devbox.assay.dev/one-open-" in done.output
