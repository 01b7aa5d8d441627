"""The rules in a schema: those of fields and objects, immutability, and what a tagged union becomes."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

import pytest
from pydantic import Field

from assay.crdgen.markers import Cel, Immutable
from assay.crdgen.schema import structural
from tests.unit.crdgen.schemas import Circle, Item, Model, field


class Box(Model):
    kind: Literal["Box", "Cube"]
    color: str | None = None
    side_length: int
    depth: int = 3


def test_rules_of_fields_and_objects() -> None:
    class Base(Model):
        __cel__: ClassVar[tuple[Cel, ...]] = (Cel("has(self.a)", "base"),)
        a: str | None = None

    class Derived(Base):
        __cel__: ClassVar[tuple[Cel, ...]] = (
            Cel("has(self.b)", "derived", reason="FieldValueRequired", field_path=".b"),
        )
        b: Annotated[str | None, Cel("self != 'x'", "one"), Cel("self != 'y'", "two")] = None

    class Holder(Model):
        inner: Annotated[Derived, Cel("true", "of the field")]

    inner = structural(Holder)["properties"]["inner"]
    assert inner["x-kubernetes-validations"] == [
        {"rule": "has(self.a)", "message": "base"},
        {"rule": "has(self.b)", "message": "derived", "fieldPath": ".b", "reason": "FieldValueRequired"},
        {"rule": "true", "message": "of the field"},
    ]
    assert inner["properties"]["b"]["x-kubernetes-validations"] == [
        {"rule": "self != 'x'", "message": "one"},
        {"rule": "self != 'y'", "message": "two"},
    ]
    assert list(inner["x-kubernetes-validations"][0]) == ["rule", "message"]


def test_rules_of_one_field_do_not_leak_into_another_of_the_same_type() -> None:
    class Two(Model):
        guarded: Annotated[Item, Cel("true", "here")]
        free: Item

    fields = structural(Two)["properties"]
    assert "x-kubernetes-validations" in fields["guarded"]
    assert "x-kubernetes-validations" not in fields["free"]


def test_immutable_optional_fields_cannot_be_added_or_removed() -> None:
    class Frozen(Model):
        must: Annotated[str, Immutable()]
        defaulted: Annotated[str, Immutable()] = "x"
        namespace: Annotated[str | None, Immutable("stays as it is")] = None

    schema = structural(Frozen)
    same = {"rule": "self == oldSelf", "message": "field is immutable"}
    assert schema["properties"]["must"] == {"type": "string", "x-kubernetes-validations": [same]}
    assert schema["properties"]["defaulted"]["x-kubernetes-validations"] == [same]
    assert schema["x-kubernetes-validations"] == [
        {
            "rule": "has(self.__namespace__) == has(oldSelf.__namespace__)",
            "message": "stays as it is",
            "fieldPath": ".namespace",
        }
    ]


def test_tagged_union_becomes_one_object_with_a_rule_for_each_member() -> None:
    schema = field(Annotated[Circle | Box, Field(discriminator="kind", description="A shape.")])
    assert schema["description"] == "A shape."
    assert schema["type"] == "object"
    assert schema["required"] == ["kind"]
    assert schema["properties"] == {
        "kind": {"type": "string", "enum": ["Circle", "Box", "Cube"]},
        "radius": {"type": "integer", "format": "int32"},
        "color": {"type": "string"},
        "sideLength": {"type": "integer", "format": "int32"},
        "depth": {"type": "integer", "format": "int32"},
    }
    circle, box = '!(self.kind in ["Circle"])', '!(self.kind in ["Box", "Cube"])'
    assert schema["x-kubernetes-validations"] == [
        {
            "rule": f"{circle} || (has(self.radius) && !has(self.sideLength) && !has(self.depth))",
            "message": "with kind Circle: required radius; not allowed sideLength, depth",
        },
        {"rule": f"{circle} || (self.radius < 100)", "message": "too large"},
        {
            "rule": f"{box} || (has(self.sideLength) && !has(self.radius))",
            "message": "with kind Box or Cube: required sideLength; not allowed radius",
        },
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rule": " ", "message": "m"}, "needs a rule"),
        ({"rule": "true", "message": ""}, "needs a rule"),
        ({"rule": "true", "message": "a\nb"}, "one line"),
        ({"rule": "true", "message": "m", "reason": "Wrong"}, "reason 'Wrong'"),
        ({"rule": "true", "message": "m", "field_path": "spec"}, "field_path 'spec'"),
    ],
)
def test_cel_refuses_what_the_api_server_would(arguments: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Cel(**arguments)
