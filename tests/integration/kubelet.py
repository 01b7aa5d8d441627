"""What the operator needs of a cluster beside the API server: kubelet, Job and snapshot controllers, in a thread.

Not in the test's loop, for the operator's framework takes tasks born while it runs for its own and ends them.
"""

from __future__ import annotations

import asyncio
import copy
import re
import threading
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple, Self

from assay.kube.resources import EVENTS, JOBS, PERSISTENT_VOLUME_CLAIMS, PODS, VOLUME_SNAPSHOTS
from assay.specs import names
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Collection, Fault, Json

AGENT = "devbox"
UNSCHEDULABLE: Json = {
    "conditions": [
        {
            "type": "PodScheduled",
            "status": "False",
            "reason": "Unschedulable",
            "message": "0/1 nodes are available: persistentvolumeclaim not found.",
        }
    ]
}
HASH = re.compile(r"(?<=-score)-[0-9a-f]{8}(?=-abcde$|$)")
PASSED = {"exitCode": 0, "reason": "Completed"}


def says(score: str) -> Json:
    """The end of a scoring function."""
    return {**PASSED, "message": f"assay/2 exit=0 timeout=0 seconds=0.1 disk=7\n{score}\n"}


def end_well(pod: Json, container: str) -> Json:
    """The agent has completed, and its functions say 1.0."""
    return PASSED if container == AGENT else says("1.0")


class Refusal(NamedTuple):
    """An Event that says why nothing starts."""

    reason: str
    note: str


def event(obj: Json, name: str, reason: str, note: str) -> Json:
    """A warning about an object, as the kubelet and controllers post it."""
    return {
        "apiVersion": EVENTS.api_version,
        "kind": "Event",
        "metadata": {"name": name, "namespace": obj["metadata"]["namespace"]},
        "regarding": {"kind": obj["kind"], "uid": obj["metadata"]["uid"]},
        "type": "Warning",
        "reason": reason,
        "note": note,
        "deprecatedLastTimestamp": now(),
    }


class Kubelet:
    """Runs each pod for a moment. `end` says by pod and container how a container ends.

    `start` and `work` are the seconds until a pod runs, and for which it runs. A pod whose claim is not there waits,
    one that is there to look around runs on. `snapshot` is the seconds until a VolumeSnapshot is ready. `refuse` says
    by which Event a pod is not started, or a Job gets no pod; it is asked again until it says None.
    """

    def __init__(
        self,
        api: FakeApi,
        *,
        start: float = 0.03,
        work: float = 0.05,
        snapshot: float = 0.05,
        refuse: Callable[[Json], Refusal | None] = lambda _: None,
        end: Callable[[Json, str], Json] | None = None,
    ) -> None:
        self.api, self.start, self.work, self.snapshot = api, start, work, snapshot
        self.end = end or end_well
        self.refuse = refuse
        self.created: Counter[str] = Counter()
        """How many objects were ever created, by `Kind name`, without the hash of a scorer Job's name."""
        self._errors: list[BaseException] = []
        self._loop = asyncio.new_event_loop()
        self._loop.set_exception_handler(lambda _, context: self._errors.append(context["exception"]))
        self._thread = threading.Thread(target=self._loop.run_forever, name="kubelet", daemon=True)

    def __enter__(self) -> Self:
        self.api.storage.created.append(self._seen)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
        if self._errors:
            raise self._errors[0]

    def _seen(self, where: Collection, obj: Json) -> None:
        kind = where.resource.kind
        self.created[f"{kind} {HASH.sub('', obj['metadata']['name'])}"] += 1
        steps = {"Pod": self._pod, "Job": self._job, "VolumeSnapshot": self._snapshot}
        if kind in steps and not self._loop.is_closed():
            self._loop.call_soon_threadsafe(steps[kind], copy.deepcopy(obj))

    def _is_refused(self, obj: Json, again: Callable[[Json], None]) -> bool:
        """Whether the pod or Job is refused; tells so, and tries again a moment later."""
        refusal = self.refuse(obj)
        if refusal is None:
            return False
        name = f"{obj['metadata']['name']}.{refusal.reason.lower()}"
        if not self.api.get(EVENTS, obj["metadata"]["namespace"], name):
            if obj["kind"] == "Pod" and refusal.reason != "FailedScheduling":
                self.api.patch(
                    PODS,
                    obj["metadata"]["namespace"],
                    obj["metadata"]["name"],
                    {"spec": {"nodeName": "node-1"}},
                )
            elif obj["kind"] == "Pod":
                self._report(PODS, obj, UNSCHEDULABLE)
            self.api.create(event(obj, name, *refusal))
        self._loop.call_later(0.05, again, obj)
        return True

    def _pod(self, pod: Json) -> None:
        if self._is_refused(pod, self._pod):
            return
        if not self._has_claims(pod):
            self._report(PODS, pod, UNSCHEDULABLE)
            self._loop.call_later(0.05, self._pod, pod)
            return
        agents = [one["name"] for one in pod["spec"].get("initContainers") or () if one["name"] == AGENT]
        containers = [container["name"] for container in pod["spec"]["containers"]]
        waiting = {name: {"waiting": {"reason": "PodInitializing"}} for name in containers}
        steps: list[tuple[str, Json, Json]] = []  # phase, states of init containers, states of containers
        if agents:
            steps.append(("Pending", _running(agents), waiting))
        ended = self._ends(pod, agents)
        if _have_failed(ended):
            steps.append(("Failed", ended, waiting))
        else:
            last = self._ends(pod, containers)
            steps.append(("Running", ended, _running(containers)))
            steps.append(("Failed" if _have_failed(last) else "Succeeded", ended, last))
        self._follow(pod, steps)

    def _follow(self, pod: Json, steps: list[tuple[str, Json, Json]]) -> None:
        """Report the steps of a pod, one after the other; one that people look around in stays at the first."""
        is_idle = (pod["metadata"].get("labels") or {}).get(names.POD_ROLE) == "idle"
        for number, (phase, inits, containers) in enumerate(steps[:1] if is_idle else steps):
            status = {"phase": phase, "conditions": [], **states(containers), **states(inits, "init")}
            self._loop.call_later(self.start + number * self.work, self._report, PODS, pod, status)
        if is_idle:
            return
        done = [
            {"type": "Failed" if steps[-1][0] == "Failed" else "Complete", "status": "True", "reason": "x"}
        ]
        for owner in pod["metadata"].get("ownerReferences") or ():
            if owner["kind"] == "Job":
                job = {"metadata": {**pod["metadata"], "name": owner["name"], "uid": owner["uid"]}}
                at = self.start + (len(steps) - 1) * self.work + 0.05
                self._loop.call_later(at, self._report, JOBS, job, {"conditions": done})

    def _ends(self, pod: Json, containers: list[str]) -> Json:
        times = {"startedAt": now(), "finishedAt": now()}
        return {name: {"terminated": {**times, **self.end(pod, name)}} for name in containers}

    def _has_claims(self, pod: Json) -> bool:
        claims = [v["persistentVolumeClaim"] for v in pod["spec"]["volumes"] if "persistentVolumeClaim" in v]
        namespace = pod["metadata"]["namespace"]
        return all(self.api.get(PERSISTENT_VOLUME_CLAIMS, namespace, one["claimName"]) for one in claims)

    def _job(self, job: Json) -> None:
        if self._is_refused(job, self._job):
            return
        meta, template = job["metadata"], job["spec"]["template"]
        owner = {"apiVersion": "batch/v1", "kind": "Job", "name": meta["name"], "uid": meta["uid"]}
        metadata = {
            **template["metadata"],
            "name": f"{meta['name']}-abcde",
            "namespace": meta["namespace"],
            "ownerReferences": [{**owner, "controller": True}],
            "labels": {**template["metadata"]["labels"], "batch.kubernetes.io/job-name": meta["name"]},
        }
        self.api.create({"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]})

    def _snapshot(self, snapshot: Json) -> None:
        content = f"snapcontent-{snapshot['metadata']['uid']}"
        status = {"boundVolumeSnapshotContentName": content, "creationTime": now(), "restoreSize": "1Gi"}
        ready = {**status, "readyToUse": True}
        self._loop.call_later(self.snapshot, self._report, VOLUME_SNAPSHOTS, snapshot, ready)

    def _report(self, resource: Any, obj: Json, status: Json) -> None:
        found = self.api.get(resource, obj["metadata"]["namespace"], obj["metadata"]["name"])
        if found is None or found["metadata"]["uid"] != obj["metadata"]["uid"]:
            return  # it was deleted meanwhile; another may have its name
        try:
            if resource == PODS and "containerStatuses" in status:
                node = {"spec": {"nodeName": "node-1"}}
                self.api.patch(resource, obj["metadata"]["namespace"], obj["metadata"]["name"], node)
            self.api.patch_status(resource, obj["metadata"]["namespace"], obj["metadata"]["name"], status)
        except Fault as fault:
            if fault.status != 404:  # it was deleted meanwhile
                raise


def now() -> str:
    """A time as Kubernetes writes it."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _running(containers: list[str]) -> Json:
    return {name: {"running": {"startedAt": now()}} for name in containers}


def _have_failed(ended: Json) -> bool:
    return any(state["terminated"]["exitCode"] for state in ended.values())


def states(of: dict[str, Json], kind: str = "") -> Json:
    """Container statuses; `kind` init: those of init containers."""
    shown = [{"name": name, "state": state} for name, state in of.items()]
    return {f"{kind}ContainerStatuses" if kind else "containerStatuses": shown}
