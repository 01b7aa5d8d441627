"""A context over a store with these objects, for what reads the store."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any, cast

import assay.our_resources  # noqa: F401  registers our kinds with the API client
from assay.engine.cache import Cache
from assay.kube.errors import NotFound
from assay.reconcile.common.context import Context
from assay.reconcile.watch.indexes import INDEXES
from assay.reconcile.watch.transforms import TRANSFORMS
from assay.registry.image import ImageConfig, ImageNotFound
from tests.unit.specs.objects import SCENARIO as SCENARIO_SPEC
from tests.unit.specs.objects import SETTINGS, Obj, existing, from_yaml

NOWHERE = "absent.example.test/x"


class Registry:
    """Knows every image but one."""

    async def resolve(self, reference: str) -> ImageConfig:
        if reference == NOWHERE:
            raise ImageNotFound(f"there is no image {reference}")
        return ImageConfig(
            digest="sha256:1", user="1000", working_dir="/src", env=[], entrypoint=[], command=[]
        )


class NoEvents:
    """An API server that has neither Events nor logs."""

    async def list(self, *_: Any, **__: Any) -> AsyncIterator[Obj]:
        events: list[Obj] = []
        for event in events:
            yield event

    async def pod_log(self, *_: Any, **__: Any) -> str:
        raise NotFound(404, "NotFound", "there is no such log")


class Recorder:
    """Keeps type and reason of the Events posted."""

    def __init__(self) -> None:
        self.posted: list[tuple[str, str]] = []

    async def emit(self, obj: Any, type_: str, reason: str, message: str, action: str) -> None:
        assert message
        self.posted.append((type_, reason))


def context(*objects: Obj) -> Context:
    """What a reconcile sees of these objects; it cannot write."""
    cache = Cache(TRANSFORMS, INDEXES)
    for obj in objects:
        cache.put(obj["kind"], obj)
    nothing: Any = None
    return Context(
        cast(Any, NoEvents()), cache, cast(Any, Recorder()), cast(Any, Registry()), SETTINGS, nothing, nothing
    )


def condition(type_: str, status: str, reason: str, generation: int = 1) -> Obj:
    """A condition as stored."""
    return {
        "type": type_,
        "status": status,
        "reason": reason,
        "message": "as told",
        "observedGeneration": generation,
        "lastTransitionTime": "2026-01-02T10:00:00Z",
    }


def blueprint() -> Obj:
    """The blueprint of the scenario below, with its image."""
    image = {"reference": "pull.example.test/x@sha256:1", "user": "1000", "workingDir": "/src"}
    return existing(
        "Blueprint",
        "project",
        spec={"image": "x"},
        status={
            "conditions": [condition("Ready", "True", "ImagePinned")],
            "image": {**image, "env": [], "entrypoint": [], "command": []},
        },
    )


def scenario(name: str = "fix-it", validated: int | None = None, **changes: Any) -> Obj:
    """A scenario; `validated` is the generation for which it was proved."""
    status = (
        {"conditions": [condition("Validated", "True", "ReferencePassed", validated)]} if validated else {}
    )
    return existing(
        "Scenario", name, generation=3, spec={**from_yaml(SCENARIO_SPEC), **changes}, status=status
    )


def snapshot(name: str = "kept", ready: str = "True", reason: str = "SnapshotReady", **status: Any) -> Obj:
    """A DiskSnapshot."""
    image = {"reference": "pull.example.test/old@sha256:0", "user": "7", "workingDir": "/old"}
    said = {
        "conditions": [condition("Ready", ready, reason)],
        "image": {**image, "env": [], "entrypoint": [], "command": []},
        "rootFilesystem": "Copy",
        **status,
    }
    return existing("DiskSnapshot", name, spec={"devboxRef": {"name": name}}, status=said)
