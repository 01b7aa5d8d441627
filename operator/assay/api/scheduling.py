"""Where pods may run: passed through to them."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from assay.crdgen.markers import PreserveUnknown

from .meta import LocalRef, Model, ObjectName

Label = Annotated[str, Field(max_length=317)]


class Scheduling(Model):
    """Fields of a pod, as Kubernetes has them."""

    node_selector: Annotated[dict[str, Label], Field(max_length=32)] | None = None
    tolerations: (
        Annotated[list[Annotated[dict[str, Any], PreserveUnknown()]], Field(max_length=32)] | None
    ) = None
    affinity: Annotated[dict[str, Any], PreserveUnknown()] | None = None
    runtime_class_name: ObjectName | None = None
    priority_class_name: ObjectName | None = None
    image_pull_secrets: Annotated[list[LocalRef], Field(max_length=16)] | None = None
