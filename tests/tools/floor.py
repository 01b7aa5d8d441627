"""The bare floor of a run, made by a script with a watch. No operator.

Two pods an item: create claim and pod; when the watch shows the pod terminated, create a Job on the claim; when the
watch shows the Job Complete, the item is done. One pod: create claim and a pod whose init container does the work and
whose container checks it; the item is done when the watch shows the pod terminated. One pod watch and one Job watch,
started once; nothing is polled.
"""

from __future__ import annotations

import queue
import threading
import time
import uuid
from dataclasses import dataclass, field
from typing import Any

from kubernetes import client, config, watch

LABEL = "floor-run"
STEP_SECONDS = 300.0


@dataclass
class Floor:
    """One measurement in one namespace."""

    namespace: str
    image: str
    pods: int = 2
    """For each item: 2, or 1."""
    run: str = field(default_factory=lambda: f"floor-{uuid.uuid4().hex[:6]}")

    def __post_init__(self) -> None:
        config.load_kube_config()
        configuration = client.Configuration.get_default_copy()
        configuration.connection_pool_maxsize = 32
        self._api = client.ApiClient(configuration)
        self._core: Any = client.CoreV1Api(self._api)
        self._batch: Any = client.BatchV1Api(self._api)
        self._changed = threading.Condition()
        self._ended: set[str] = set()

    def measure(self, items: int, parallel: int) -> float:
        """Wall seconds of so many items, so many at a time. What was made is deleted afterwards."""
        for list_function, key in (
            (self._core.list_namespaced_pod, self._pod_ended),
            (self._batch.list_namespaced_job, self._job_ended),
        ):
            threading.Thread(target=self._follow, args=(list_function, key), daemon=True).start()
        todo: queue.Queue[int] = queue.Queue()
        for item in range(items):
            todo.put(item)
        start = time.monotonic()
        workers = [threading.Thread(target=self._work, args=(todo,)) for _ in range(parallel)]
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        wall = time.monotonic() - start
        self._clean()
        return wall

    def _work(self, todo: queue.Queue[int]) -> None:
        while True:
            try:
                name = f"{self.run}-{todo.get_nowait()}"
            except queue.Empty:
                return
            self._item(name)

    def _item(self, name: str) -> None:
        metadata = {"name": name, "labels": {LABEL: self.run}}
        claim = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "64Mi"}}}
        self._core.create_namespaced_persistent_volume_claim(
            self.namespace, {"metadata": metadata, "spec": claim}
        )
        work, check = "echo 42 > /w/answer", "grep -qx 42 /w/answer"
        spec = self._pod(name, work) if self.pods == 2 else self._pod(name, check, first=work)
        self._core.create_namespaced_pod(self.namespace, {"metadata": metadata, "spec": spec})
        self._wait(f"Pod/{name}")
        if self.pods == 1:
            return
        template = {
            "metadata": {"labels": {"floor-job": self.run}},
            "spec": self._pod(name, check),
        }
        job = {"metadata": metadata, "spec": {"backoffLimit": 0, "template": template}}
        self._batch.create_namespaced_job(self.namespace, job)
        self._wait(f"Job/{name}")

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

    def _follow(self, list_function: Any, ended: Any) -> None:
        while True:
            try:
                for event in watch.Watch().stream(
                    list_function, self.namespace, label_selector=f"{LABEL}={self.run}", timeout_seconds=600
                ):
                    found = event["object"]
                    if ended(found):
                        with self._changed:
                            self._ended.add(f"{found.kind}/{found.metadata.name}")
                            self._changed.notify_all()
            except client.ApiException:
                time.sleep(0.1)

    @staticmethod
    def _pod_ended(pod: Any) -> bool:
        statuses = (pod.status.container_statuses if pod.status else None) or []
        return any(status.state and status.state.terminated for status in statuses)

    @staticmethod
    def _job_ended(job: Any) -> bool:
        conditions = (job.status.conditions if job.status else None) or []
        return any(one.type == "Complete" and one.status == "True" for one in conditions)

    def _wait(self, key: str) -> None:
        with self._changed:
            if not self._changed.wait_for(lambda: key in self._ended, STEP_SECONDS):
                raise TimeoutError(f"{key} has not ended after {STEP_SECONDS:.0f} s")

    def _clean(self) -> None:
        selector = {"label_selector": f"{LABEL}={self.run}"}
        self._batch.delete_collection_namespaced_job(
            self.namespace, propagation_policy="Background", **selector
        )
        self._core.delete_collection_namespaced_pod(self.namespace, grace_period_seconds=0, **selector)
        self._core.delete_collection_namespaced_persistent_volume_claim(self.namespace, **selector)
