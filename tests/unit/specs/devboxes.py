"""Devboxes as they are observed, and the plans of their pods."""

from __future__ import annotations

from typing import Any

from assay.api.blueprint import BlueprintImage
from assay.api.devbox import Devbox, DevboxSpec, DevboxStatus
from assay.specs.pod_plan import MountPlan, PodPlan, PodRole
from tests.unit.specs.objects import IMAGE, OVERLAY, Obj, existing

COPY = MountPlan("Copy", "asked for", ("etc", "usr"))


def a_devbox(
    spec: DevboxSpec | Obj | None = None, status: DevboxStatus | None = None, **metadata: Any
) -> Devbox:
    """A devbox called box; its metadata as for `existing`."""
    name = metadata.pop("name", "box")
    given = spec if isinstance(spec, DevboxSpec) else DevboxSpec.model_validate(spec or {"image": "i"})
    parsed = Devbox.parse(existing("Devbox", name, spec={}, **metadata))
    return parsed.model_copy(update={"spec": given, "status": status or DevboxStatus()})


def plan(role: PodRole = "run", mount: MountPlan = OVERLAY, image: BlueprintImage = IMAGE) -> PodPlan:
    """What a pod is made of."""
    return PodPlan(role, image, mount)
