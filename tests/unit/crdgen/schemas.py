"""Small models for the tests of the schema, and the schema of one field."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.alias_generators import to_camel

from assay.crdgen.markers import Cel
from assay.crdgen.schema import structural


class Model(BaseModel):
    model_config = ConfigDict(
        extra="ignore", alias_generator=to_camel, populate_by_name=True, use_attribute_docstrings=True
    )


class Color(StrEnum):
    RED = "Red"
    BLUE = "Blue"


class Item(Model):
    name: str
    size: int = 1


class Keyed(Model):
    """One entry."""

    name: str | None = None
    kind: str = "x"
    parts: list[str] = Field(default_factory=list)


class Circle(Model):
    """A round one."""

    __cel__: ClassVar[tuple[Cel, ...]] = (Cel("self.radius < 100", "too large"),)
    kind: Literal["Circle"] = "Circle"
    radius: int
    color: str | None = None


def field(annotation: Any, default: Any = ...) -> dict[str, Any]:
    """Return the schema of one field of the given type."""
    model = create_model("M", __base__=Model, f=(annotation, default))
    result: dict[str, Any] = structural(model)["properties"]["f"]
    return result
