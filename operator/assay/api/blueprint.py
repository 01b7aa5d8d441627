"""Blueprint: an environment, built from a Dockerfile or given as an image."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import Field

from assay.crdgen.kind import Column, Kind
from assay.crdgen.markers import Cel, ListMap

from .condition_tables import summary
from .meta import ERROR_COLUMN, SHORT_NAME, Argument, LocalRef, Model, Parameter, Resources, Status
from .object import ApiObject

ImageReference = Annotated[str, Field(min_length=1, max_length=1024, pattern=r"^\S+$")]


class BuildContext(Model):
    """Files that the Dockerfile may COPY."""

    config_map: LocalRef
    """Each key is a file in the root of the context. Label it `assay.dev/build-context: "true"` and a
    change of it starts a new build by itself."""


class BlueprintSpec(Model):
    """A Dockerfile to build, or an image that exists."""

    __cel__: ClassVar[tuple[Cel, ...]] = (
        Cel("has(self.dockerfile) != has(self.image)", "give exactly one of dockerfile and image"),
        Cel(
            "!has(self.image) || !(has(self.context) || has(self.target) || has(self.buildArgs))",
            "context, buildArgs and target go with dockerfile, not with image",
        ),
    )
    dockerfile: Annotated[str, Field(min_length=1, max_length=131072)] | None = None
    """The Dockerfile, inline."""
    context: BuildContext | None = None
    """What the Dockerfile may COPY; empty when absent."""
    build_args: Annotated[list[Parameter], Field(max_length=50), ListMap("name")] | None = None
    """Values for the Dockerfile's ARGs."""
    target: Annotated[str, Field(max_length=128)] | None = None
    """The stage to build; the last when absent."""
    resources: Resources | None = None
    """Requests and limits of the build."""
    image: ImageReference | None = None
    """An image that exists in a registry; pinned by the digest it has when it is first seen."""


class ImageVariable(Model):
    """A variable of an image's ENV. Images may have names that no pod may give, such as `discovery.type`."""

    name: str
    value: str = ""


class BlueprintImage(Model):
    """A built image, as its registry describes it."""

    reference: str
    """By digest, as nodes pull it."""
    user: str = ""
    working_dir: str = ""
    env: list[ImageVariable] = Field(default_factory=list)
    entrypoint: list[Argument] = Field(default_factory=list)
    command: list[Argument] = Field(default_factory=list)


class Build(Model):
    """The last build."""

    job: str | None = None
    """Name of the build's Job; absent when the image was found in the registry."""
    cached: bool = False
    """An image of equal content was there already: nothing was built."""
    start_time: datetime | None = None
    completion_time: datetime | None = None
    failed_step: Annotated[str, Field(max_length=1024)] | None = None
    """The Dockerfile step that failed."""


class BlueprintStatus(Status):
    __doc__ = summary("Blueprint")

    content_hash: str | None = None
    """Hash of Dockerfile, context, arguments and target: equal hash, no second build."""
    image: BlueprintImage | None = None
    build: Build | None = None


class Blueprint(ApiObject[BlueprintSpec, BlueprintStatus]):
    """A Blueprint as observed."""


BLUEPRINT = Kind(
    name="Blueprint",
    plural="blueprints",
    spec=BlueprintSpec,
    status=BlueprintStatus,
    short_names=("bp",),
    columns=(
        Column("Ready", "string", '.status.conditions[?(@.type=="Ready")].status'),
        Column("Reason", "string", '.status.conditions[?(@.type=="Ready")].reason'),
        Column("Image", "string", ".status.image.reference", priority=1),
        ERROR_COLUMN,
    ),
    selectable_fields=(".status.phase",),
    rules=(SHORT_NAME,),
    description="An environment: an image built from a Dockerfile, or one that exists.",
)
