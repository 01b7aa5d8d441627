"""Changes of claims, and of pods on whose disks agents work: what is kept of them, and what is reconciled then."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api.unparsed import is_controlled_by, is_live
from assay.reconcile.watch.routing import keys_for
from assay.reconcile.watch.transforms import TRANSFORMS
from tests.unit.reconcile.caches import cache_of, owner
from tests.unit.reconcile.run_jobs import agent_pod, own_job
from tests.unit.specs.objects import Obj, existing, pinned


def claim(by: list[Obj], **more: Any) -> Obj:
    made = existing("PersistentVolumeClaim", "r", owner_references=by, **more)
    return {**made, "apiVersion": "v1"}


def keys(obj: Obj, *known: Obj) -> set[tuple[str, str]]:
    return {(key.kind, key.name) for key in keys_for(obj["kind"], obj, cache_of(*known))}


@pytest.mark.parametrize("kind", ["ScenarioRun", "Devbox"])
def test_a_claim_reconciles_what_made_it(kind: str) -> None:
    assert keys(claim(owner(kind, "r"))) == {(kind, "r")}


def test_a_claim_of_others_reconciles_nothing() -> None:
    assert keys(claim(owner("StatefulSet", "r"))) == set()
    assert keys(claim([{**owner("ScenarioRun", "r")[0], "controller": False}])) == set()


def test_of_a_claim_is_kept_whose_it_is_and_whether_it_stays() -> None:
    whole = claim(
        owner("ScenarioRun", "r"),
        labels={"assay.dev/scenario-run": "r"},
        spec={"resources": {"requests": {"storage": "1Gi"}}, "volumeName": "pvc-1"},
        status={"phase": "Bound", "capacity": {"storage": "1Gi"}},
    )
    whole["metadata"] |= {"annotations": {"pv.kubernetes.io/bind-completed": "yes"}, "finalizers": ["x"]}
    kept = TRANSFORMS["PersistentVolumeClaim"](whole)
    assert is_controlled_by(kept, "uid-of-r")
    assert is_live(kept)
    assert kept["status"] == {"phase": "Bound"}
    assert kept["metadata"]["labels"] == {"assay.dev/scenario-run": "r"}
    assert not {"annotations", "finalizers", "managedFields"} & kept["metadata"].keys()
    assert "spec" not in kept
    whole["metadata"]["deletionTimestamp"] = "2026-01-02T10:00:00Z"
    assert not is_live(TRANSFORMS["PersistentVolumeClaim"](whole))


def test_a_claim_is_found_by_its_run() -> None:
    cache = cache_of(claim(owner("ScenarioRun", "r")))
    assert [one["metadata"]["name"] for one in cache.children("PersistentVolumeClaim", "uid-of-r")] == ["r"]
    assert not cache.children("PersistentVolumeClaim", "another")


# --- snapshots of a disk on which an agent works ---


def snapshot(name: str, **spec: Any) -> Obj:
    return existing("DiskSnapshot", name, spec=spec)


OF_RUN = snapshot("frozen", scenarioRunRef={"name": "r"})
OTHERS = [snapshot("other", scenarioRunRef={"name": "s"}), snapshot("box", devboxRef={"name": "r"})]


def pod_of_run() -> Obj:
    shown = agent_pod("running")
    shown["metadata"]["labels"] = {"assay.dev/scenario-run": "r"}
    job = own_job()["metadata"]
    shown["metadata"]["ownerReferences"] = [{**owner("Job", "r")[0], "uid": job["uid"]}]
    return shown


def test_a_pod_of_a_run_reconciles_the_run_and_snapshots_of_its_disk() -> None:
    """A snapshot waits until the agent has begun, or until what it writes is flushed."""
    assert keys(pod_of_run(), OF_RUN, *OTHERS) == {("ScenarioRun", "r"), ("DiskSnapshot", "frozen")}


def test_a_pod_of_a_run_concerns_its_own_namespace() -> None:
    elsewhere = {**OF_RUN, "metadata": {**OF_RUN["metadata"], "namespace": "other"}}
    assert keys(pod_of_run(), elsewhere) == {("ScenarioRun", "r")}


def test_a_run_reconciles_snapshots_of_its_disk() -> None:
    run = existing("ScenarioRun", "r", spec={"scenarioRef": {"name": "x"}}, status={"phase": "Running"})
    assert keys(run, OF_RUN, *OTHERS) == {("ScenarioRun", "r"), ("DiskSnapshot", "frozen")}


def test_the_probe_of_a_run_reconciles_the_run() -> None:
    probe = existing(
        "Pod", "assay-probe-1", owner_references=owner("ScenarioRun", "r"), labels={"assay.dev/probe": "1"}
    )
    assert keys({**probe, "apiVersion": "v1"}) == {("ScenarioRun", "r")}


def test_the_init_container_of_a_trimmed_pod_still_says_how_the_agent_is() -> None:
    whole = pod_of_run()
    whole["spec"]["initContainers"] = [{"name": "devbox", "env": [{"name": "SECRET", "value": "x" * 1000}]}]
    trimmed = TRANSFORMS["Pod"](whole)
    assert trimmed["status"]["initContainerStatuses"] == whole["status"]["initContainerStatuses"]
    assert "x" * 1000 not in str(trimmed)


def test_a_run_under_way_keeps_which_functions_are_in_its_agents_pod() -> None:
    pins = pinned().model_copy(update={"same_pod": ["tests"]})
    status = {"phase": "Running", "pinned": pins.model_dump(by_alias=True, exclude_none=True, mode="json")}
    run = existing("ScenarioRun", "r", spec={"scenarioRef": {"name": "x"}}, status=status)
    assert TRANSFORMS["ScenarioRun"](run)["status"]["pinned"]["samePod"] == ["tests"]
