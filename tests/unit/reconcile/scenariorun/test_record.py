"""What a status records beside a score: the machine, the resources, and how long each phase took."""

from __future__ import annotations

from dataclasses import replace

import pytest

from assay.api.runrecord import RunDurations, RunEnvironment
from assay.reconcile.scenariorun.observed import Observed
from assay.reconcile.watch.transforms import TRANSFORMS
from tests.unit.reconcile import own_jobs
from tests.unit.reconcile.own_jobs import CLAIM, WORKED, own_job, same_pod
from tests.unit.reconcile.runs import OK, RESCORE, decide, finished, job, restored, scorer_pod
from tests.unit.specs.objects import IMAGE, Obj, existing, pinned

INFO = {
    "architecture": "arm64",
    "osImage": "Debian GNU/Linux 13 (trixie)",
    "kernelVersion": "6.12.1",
    "containerRuntimeVersion": "containerd://2.3.0",
    "kubeletVersion": "v1.36.0",
    "machineID": "x",
}
NODE: Obj = {**existing("Node", "node-1"), "apiVersion": "v1", "status": {"nodeInfo": INFO}}
RESOURCES = {"requests": {"cpu": "500m", "memory": "1Gi"}, "limits": {"memory": "2Gi"}}
OF_NODE = {
    "node": "node-1",
    "architecture": "arm64",
    "os_image": "Debian GNU/Linux 13 (trixie)",
    "kernel": "6.12.1",
    "container_runtime": "containerd://2.3.0",
    "kubelet": "v1.36.0",
}


def at(minute: int, second: int = 0) -> str:
    return f"2026-01-02T10:{minute:02}:{second:02}Z"


def function(line: str, finished_at: str) -> Obj:
    end = own_jobs.ended(f"{OK}{line}\n")
    end["terminated"]["finishedAt"] = finished_at
    return end


def seen(phase: str = "Succeeded") -> Observed:
    """A run whose agent began at 10:01 and ended at 10:02, with its functions; its Job is of 10:00:30."""
    pod = own_jobs.pod(
        own_jobs.ended(WORKED),
        phase=phase,
        tests=function("0.5", at(2, 30)),
        lint=function("", at(2, 10)),
    )
    pod["apiVersion"], pod["kind"] = "v1", "Pod"
    pod["spec"]["initContainers"] = [{"name": "devbox", "resources": RESOURCES, "env": []}]
    pod["spec"]["containers"] = [{"name": "tests", "resources": {"limits": {"cpu": "8"}}}]
    pod["status"]["qosClass"] = "Burstable"
    pod["status"]["initContainerStatuses"][0]["imageID"] = "example.test/x@sha256:9"
    pod = TRANSFORMS["Pod"](pod)
    return Observed(claim=CLAIM, jobs=[own_job(pod)], pod=pod, node=TRANSFORMS["Node"](NODE))


def test_all_that_can_change_a_score_stands_beside_it() -> None:
    status = decide(seen(), pinned_run=same_pod()).status
    assert status.score == 0.65
    assert status.environment == RunEnvironment(
        **OF_NODE,
        image="example.test/x@sha256:9",
        qos_class="Burstable",
        requests=RESOURCES["requests"],
        limits=RESOURCES["limits"],
    )
    assert status.durations == RunDurations(provisioning_seconds=30, agent_seconds=60, scoring_seconds=30)


def test_a_node_that_is_gone_is_known_by_its_name_alone() -> None:
    environment = decide(replace(seen(), node=None), pinned_run=same_pod()).status.environment
    assert environment is not None
    assert (environment.node, environment.kernel) == ("node-1", None)
    assert environment.limits == RESOURCES["limits"]


def test_what_a_devbox_worked_on() -> None:
    observed = Observed(finished("Completed", 0), node=NODE)
    environment = decide(observed).status.environment
    assert environment == RunEnvironment(**OF_NODE, image=IMAGE.reference)


def test_a_rescore_records_its_scorer() -> None:
    kept = pinned().model_copy(update={"agent": None, "disk_snapshot": "kept"})
    status = decide(Observed(restored()), None, kept, **RESCORE).status
    assert status.environment is None
    pod = {**scorer_pod(tests=OK + "1.0\n", lint=OK + "\n"), "spec": {"nodeName": "node-1"}}
    observed = Observed(restored(), jobs=[replace(own_job(pod), obj=job(), run="r")], pod=pod, node=NODE)
    scored = decide(observed, status, kept, **RESCORE).status
    assert scored.score == 1.0
    assert scored.environment == RunEnvironment(**OF_NODE, image=IMAGE.reference)


@pytest.mark.parametrize("started", [at(0), "2026-01-02T09:00:00Z"])
def test_a_time_that_clocks_disagree_about_is_not_told(started: str) -> None:
    observed = seen()
    agent = observed.jobs[0].pods[0]["status"]["initContainerStatuses"][0]["state"]["terminated"]
    agent["startedAt"] = started
    durations = decide(observed, pinned_run=same_pod()).status.durations
    assert durations is not None
    assert durations.provisioning_seconds is None
