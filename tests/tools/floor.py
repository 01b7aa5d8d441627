"""The bare floor of a run, made by a script with a watch. No operator.

Two pods an item: create claim and pod; when the watch shows the pod's end, create a Job on the claim; when the watch
shows the Job Complete, the item is done. One pod: create claim and a pod whose init container does the work and whose
container checks it; the item is done when the watch shows the container's end. Nothing is polled.
"""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from typing import Any

from .watching import Watches

LABEL = "floor-run"
STEP_SECONDS = 300.0
WORK, CHECK = "echo 42 > /w/answer", "grep -qx 42 /w/answer"


@dataclass
class Floor:
    """One measurement in one namespace."""

    namespace: str
    image: str
    pods: int
    """For each item: 2, or 1."""
    run: str = field(default_factory=lambda: f"floor-{uuid.uuid4().hex[:6]}")

    def __post_init__(self) -> None:
        self._watches = Watches()
        self._changed = threading.Condition()
        self._ended: dict[str, bool] = {}

    def measure(self, items: int, parallel: int) -> float:
        """Wall seconds of so many items, so many at a time; RuntimeError if one fails. What was made is deleted."""
        core, batch = self._watches.core, self._watches.batch
        selection = {"label_selector": f"{LABEL}={self.run}"}
        self._watches.follow(self._pod_changed, core.list_namespaced_pod, self.namespace, **selection)
        if self.pods == 2:
            self._watches.follow(self._job_changed, batch.list_namespaced_job, self.namespace, **selection)
        try:
            start = time.monotonic()
            with ThreadPoolExecutor(parallel) as workers:
                list(workers.map(self._item, (f"{self.run}-{number}" for number in range(items))))
            return time.monotonic() - start
        finally:
            self._clean(selection)
            self._watches.close()

    def _item(self, name: str) -> None:
        core, batch = self._watches.core, self._watches.batch
        metadata = {"name": name, "labels": {LABEL: self.run}}
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "64Mi"}}}
        core.create_namespaced_persistent_volume_claim(self.namespace, {"metadata": metadata, "spec": claim})
        spec = self._pod(name, WORK) if self.pods == 2 else self._pod(name, CHECK, first=WORK)
        core.create_namespaced_pod(self.namespace, {"metadata": metadata, "spec": spec})
        self._wait(f"pod {name}")
        if self.pods == 1:
            return
        template = {"metadata": {"labels": {"floor-job": self.run}}, "spec": self._pod(name, CHECK)}
        job = {"metadata": metadata, "spec": {"backoffLimit": 0, "template": template}}
        batch.create_namespaced_job(self.namespace, job)
        self._wait(f"job {name}")

    def _pod(self, claim: str, script: str, first: str | None = None) -> dict[str, Any]:
        return {
            "restartPolicy": "Never",
            "terminationGracePeriodSeconds": 1,
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "volumes": [{"name": "w", "persistentVolumeClaim": {"claimName": claim}}],
            "initContainers": [self._container("i", first)] if first else [],
            "containers": [self._container("c", script)],
        }

    def _container(self, name: str, script: str) -> dict[str, Any]:
        return {
            "name": name,
            "image": self.image,
            "imagePullPolicy": "IfNotPresent",
            "command": ["/bin/sh", "-c", script],
            "volumeMounts": [{"name": "w", "mountPath": "/w"}],
        }

    def _pod_changed(self, pod: Mapping[str, Any]) -> None:
        self._note(f"pod {pod['metadata']['name']}", pod_end(pod))

    def _job_changed(self, job: Mapping[str, Any]) -> None:
        self._note(f"job {job['metadata']['name']}", job_end(job))

    def _note(self, key: str, succeeded: bool | None) -> None:
        if succeeded is not None:
            with self._changed:
                self._ended[key] = succeeded
                self._changed.notify_all()

    def _wait(self, key: str) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: key in self._ended, STEP_SECONDS):
                raise TimeoutError(f"{key} has not ended after {STEP_SECONDS:.0f} s")
        if not self._ended[key]:
            raise RuntimeError(f"{key} failed: this is no measurement")

    def _clean(self, selection: Mapping[str, str]) -> None:
        core, batch = self._watches.core, self._watches.batch
        batch.delete_collection_namespaced_job(self.namespace, propagation_policy="Background", **selection)
        core.delete_collection_namespaced_pod(self.namespace, grace_period_seconds=0, **selection)
        core.delete_collection_namespaced_persistent_volume_claim(self.namespace, **selection)


def pod_end(pod: Mapping[str, Any]) -> bool | None:
    """Whether its container succeeded; None while it may go on. A failed init container fails the pod."""
    status = pod.get("status") or {}
    states = [one.get("state") or {} for one in status.get("containerStatuses") or ()]
    if any("terminated" in state for state in states):
        return all(state.get("terminated", {}).get("exitCode") == 0 for state in states)
    return False if status.get("phase") == "Failed" else None


def job_end(job: Mapping[str, Any]) -> bool | None:
    """Whether the Job is Complete rather than Failed; None while it is neither."""
    conditions = (job.get("status") or {}).get("conditions") or ()
    ends = [
        one["type"] for one in conditions if one["type"] in ("Complete", "Failed") and one["status"] == "True"
    ]
    return ends[0] == "Complete" if ends else None
