"""Blueprints and their builds, as the cache has them."""

from __future__ import annotations

from typing import Any

from assay.api.blueprint import Blueprint
from assay.kube_object import KubeObject
from assay.registry.image import ImageConfig
from assay.specs import build_job
from assay.specs.build_job import Content
from tests.unit.specs.objects import SETTINGS, existing

DIGEST = "sha256:" + "a" * 64
CONFIG = ImageConfig(DIGEST, user="1000", working_dir="/src", env=[], entrypoint=[], command=["bash"])
STARTED, FINISHED = "2026-01-02T10:00:00Z", "2026-01-02T10:00:42Z"
SUCCEEDED = f'{{"containerimage.digest": "{DIGEST}"}}'


def ready(status: str, reason: str, generation: int = 1) -> KubeObject:
    """The condition Ready, as stored."""
    return {
        "type": "Ready",
        "status": status,
        "reason": reason,
        "message": "",
        "observedGeneration": generation,
        "lastTransitionTime": STARTED,
    }


def built_from(dockerfile: str = "FROM debian\n", **more: Any) -> KubeObject:
    """A blueprint to build; `status` and `generation` as in `existing`, the rest belongs to its spec."""
    metadata = {key: more.pop(key) for key in ("status", "generation") if key in more}
    return existing("Blueprint", "project", spec={"dockerfile": dockerfile, **more}, **metadata)


def given(image: str = "example.test/x:1", **more: Any) -> KubeObject:
    """A blueprint of an image that exists."""
    return existing("Blueprint", "project", spec={"image": image}, **more)


def content_of(blueprint: KubeObject, **files: str) -> Content:
    """What it is built from."""
    return build_job.content(Blueprint.parse(blueprint).spec, files)


def job(blueprint: KubeObject, content: Content, **condition: str) -> KubeObject:
    """Its build's Job; `condition` are the fields of its one condition."""
    made = build_job.job(Blueprint.parse(blueprint), content, SETTINGS)
    made["metadata"]["uid"] = f"uid-of-job-of-{blueprint['metadata']['uid']}"
    made["status"] = {"conditions": [condition]} if condition else {}
    return made


def pod(job: KubeObject, **state: KubeObject) -> KubeObject:
    """The build's pod, whose container is in that state."""
    owner = {"apiVersion": "batch/v1", "kind": "Job", "name": job["metadata"]["name"], "controller": True}
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {
            "name": f"{job['metadata']['name']}-x",
            "namespace": job["metadata"]["namespace"],
            "uid": "uid-of-pod",
            "ownerReferences": [{**owner, "uid": job["metadata"]["uid"]}],
        },
        "status": {"containerStatuses": [{"name": "build", "state": state}]},
    }


def ended(job: KubeObject, exit_code: int, message: str) -> KubeObject:
    """The same, after the build ended."""
    return pod(job, terminated={"exitCode": exit_code, "message": message, "finishedAt": FINISHED})
