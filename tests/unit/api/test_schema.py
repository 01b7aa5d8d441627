"""Every row of the conversion from pydantic to a structural schema, and every shape it refuses."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, ClassVar, Literal
from uuid import uuid4

import pytest
from pydantic import BaseModel, ConfigDict, Field, create_model
from pydantic.alias_generators import to_camel

from assay.api.markers import (
    Atomic,
    Cel,
    Immutable,
    Int64,
    IntOrString,
    ListMap,
    PreserveUnknown,
    Quantity,
    SetList,
)
from assay.api.schema import SchemaError, prose, structural


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


class Tree(Model):
    children: list[Tree] = Field(default_factory=list)


class Circle(Model):
    """A round one."""

    __cel__: ClassVar[tuple[Cel, ...]] = (Cel("self.radius < 100", "too large"),)
    kind: Literal["Circle"] = "Circle"
    radius: int
    color: str | None = None


class Box(Model):
    kind: Literal["Box", "Cube"]
    color: str | None = None
    side_length: int
    depth: int = 3


class Clash(Model):
    kind: Literal["Clash"]
    radius: str


def field(annotation: Any, default: Any = ...) -> dict[str, Any]:
    """Return the schema of one field of the given type."""
    model = create_model("M", __base__=Model, f=(annotation, default))
    result: dict[str, Any] = structural(model)["properties"]["f"]
    return result


@pytest.mark.parametrize(
    ("annotation", "expected"),
    [
        (str, {"type": "string"}),
        (bool, {"type": "boolean"}),
        (float, {"type": "number"}),
        (int, {"type": "integer", "format": "int32"}),
        (Annotated[int, Int64()], {"type": "integer", "format": "int64"}),
        (datetime, {"type": "string", "format": "date-time"}),
        (date, {"type": "string", "format": "date"}),
        (Color, {"type": "string", "enum": ["Red", "Blue"]}),
        (Literal["A", "B"], {"type": "string", "enum": ["A", "B"]}),
        (Literal["A"], {"type": "string", "enum": ["A"]}),
        (Literal[1, 2], {"type": "integer", "format": "int32", "enum": [1, 2]}),
        (
            Annotated[str, Field(min_length=1, max_length=9)],
            {"type": "string", "minLength": 1, "maxLength": 9},
        ),
        (Annotated[str, Field(pattern="^a+$")], {"type": "string", "pattern": "^a+$"}),
        (Annotated[float, Field(gt=0)], {"type": "number", "minimum": 0, "exclusiveMinimum": True}),
        (Annotated[float, Field(lt=1)], {"type": "number", "maximum": 1, "exclusiveMaximum": True}),
        (Annotated[float, Field(gt=0, ge=0)], {"type": "number", "minimum": 0, "exclusiveMinimum": True}),
        (Annotated[float, Field(gt=0, ge=2)], {"type": "number", "minimum": 2}),
        (
            Annotated[int, Field(ge=0, le=10)],
            {"type": "integer", "format": "int32", "minimum": 0, "maximum": 10},
        ),
        (
            Annotated[list[str], Field(max_length=3)],
            {"type": "array", "maxItems": 3, "items": {"type": "string"}},
        ),
        (tuple[str, ...], {"type": "array", "items": {"type": "string"}}),
        (set[str], {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"}),
        (
            Annotated[list[str], SetList()],
            {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "set"},
        ),
        (
            Annotated[list[str], Atomic()],
            {"type": "array", "items": {"type": "string"}, "x-kubernetes-list-type": "atomic"},
        ),
        (
            Annotated[dict[str, str], Field(max_length=4)],
            {"type": "object", "maxProperties": 4, "additionalProperties": {"type": "string"}},
        ),
        (
            Annotated[dict[str, str], Atomic()],
            {"type": "object", "additionalProperties": {"type": "string"}, "x-kubernetes-map-type": "atomic"},
        ),
        (dict[str, Any], {"type": "object", "x-kubernetes-preserve-unknown-fields": True}),
        (Annotated[Any, PreserveUnknown()], {"x-kubernetes-preserve-unknown-fields": True}),
        (
            Annotated[int | str, IntOrString()],
            {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True},
        ),
        (
            int | str,
            {"anyOf": [{"type": "integer"}, {"type": "string"}], "x-kubernetes-int-or-string": True},
        ),
    ],
)
def test_a_type_and_its_optional_form_have_the_same_schema(annotation: Any, expected: dict[str, Any]) -> None:
    assert field(annotation) == expected
    assert field(annotation | None, None) == expected


def test_references_are_inlined_titles_dropped_and_names_are_aliases() -> None:
    class Outer(Model):
        first_item: Item
        more: list[Item]
        title: str = "a field called title stays"

    item = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {"type": "string"},
            "size": {"type": "integer", "format": "int32", "default": 1},
        },
    }
    assert structural(Outer) == {
        "type": "object",
        "required": ["firstItem", "more"],
        "properties": {
            "firstItem": item,
            "more": {"type": "array", "items": item},
            "title": {"type": "string", "default": "a field called title stays"},
        },
    }


def test_unknown_fields_are_pruned_unless_the_model_allows_them() -> None:
    closed = create_model("C", __config__=ConfigDict(extra="forbid"), a=(str, ...))
    opened = create_model("O", __config__=ConfigDict(extra="allow"), a=(str, ...))
    assert structural(closed) == {
        "type": "object",
        "required": ["a"],
        "properties": {"a": {"type": "string"}},
    }
    assert structural(opened)["x-kubernetes-preserve-unknown-fields"] is True
    assert "additionalProperties" not in structural(opened)


def test_quantity_accepts_what_kubernetes_accepts() -> None:
    import re

    schema = field(Quantity)
    assert schema["x-kubernetes-int-or-string"] is True
    assert "type" not in schema
    for good in ("1", "500m", "1.5", ".5", "10Gi", "1e3", "1E", "-1"):
        assert re.search(schema["pattern"], good), good
    for bad in ("", "1 Gi", "1gi", "Gi", "1Gib"):
        assert not re.search(schema["pattern"], bad), bad
    model = create_model("Q", q=(Quantity, ...))
    assert [model(q=2).q, model(q="2Gi").q] == [2, "2Gi"]  # type: ignore[attr-defined]


def test_descriptions_come_from_docstrings_unwrapped() -> None:
    class Documented(Model):
        """What it is,
        on two lines.

        A second paragraph with ``code``:
        - one
        - two,
          continued
        """

        plain: str
        """About
        plain."""
        entry: Keyed
        """Overrides the docstring of the class."""
        other: Keyed
        described: Annotated[str, Field(description="By Field.")]

    schema = structural(Documented)
    assert schema["description"] == (
        "What it is, on two lines.\n\nA second paragraph with `code`:\n- one\n- two, continued"
    )
    fields = schema["properties"]
    assert fields["plain"]["description"] == "About plain."
    assert fields["entry"]["description"] == "Overrides the docstring of the class."
    assert fields["other"]["description"] == "One entry."
    assert fields["described"]["description"] == "By Field."


def test_prose_of_one_line_is_unchanged() -> None:
    assert prose("  Just this.  ") == "Just this."


def test_defaults_are_visible_but_null_and_empty_ones_are_not_written() -> None:
    class Times(Model):
        agent_seconds: int = 3600
        note: str | None = None
        env: list[str] = Field(default_factory=list)

    class Defaults(Model):
        text: str = ""
        flag: bool = False
        number: int = 0
        color: Color = Color.RED
        maybe: str | None = None
        names: list[str] = Field(default_factory=list)
        some: list[str] = Field(default_factory=lambda: ["a"])
        times: Times = Field(default_factory=Times)
        fixed: Times = Times(agent_seconds=5)
        identity: str = Field(default_factory=lambda: uuid4().hex)

    schema = structural(Defaults)
    found = {name: prop["default"] for name, prop in schema["properties"].items() if "default" in prop}
    assert found == {
        "text": "",
        "flag": False,
        "number": 0,
        "color": "Red",
        "some": ["a"],
        "times": {"agentSeconds": 3600},
        "fixed": {"agentSeconds": 5},
    }
    assert "required" not in schema


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


def test_list_map() -> None:
    schema = field(Annotated[list[Item], ListMap("name", "size")])
    assert schema["x-kubernetes-list-type"] == "map"
    assert schema["x-kubernetes-list-map-keys"] == ["name", "size"]


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


Rows = list[tuple[Any, str]]
REFUSED: Rows = [
    (str | bool, r"^M\.f: a union"),
    (Item | Keyed, r"^M\.f: a union"),
    (Decimal, r"^M\.f: a union"),
    (tuple[int, str], r"^M\.f: a tuple of fixed length"),
    (list[tuple[int, str]], r"^M\.f\[\]: a tuple of fixed length"),
    (Any, r"^M\.f: any value is allowed; .*PreserveUnknown"),
    (list[Any], r"^M\.f\[\]: any value"),
    (dict[str, dict[str, tuple[int, int]]], r"^M\.f\{\}\{\}: a tuple"),
    (Tree, r"^M\.f\.children\[\]: Tree contains itself"),
    (timedelta, r"^M\.f: format 'duration'"),
    (bytes, r"^M\.f: format 'binary'"),
    (Callable[[], None], r"^M\.f: no JSON schema for"),
    (None, r"^M\.f: type 'null'"),
    (Literal["a", 1], r"^M\.f: type 'mixed'"),
    (dict[Annotated[str, Field(pattern="^a$")], str], r"^M\.f: keys of a map cannot be restricted"),
    (Annotated[str, Field(pattern="a$")], r"^M\.f: pattern 'a\$' must be anchored"),
    (Annotated[int | str, IntOrString(r"^(?!a)b$")], r"^M\.f: pattern .* uses '\(\?!', which RE2"),
    (Annotated[int | str, IntOrString(r"^(a)\1$")], r"^M\.f: pattern .* uses '\\\\1'"),
    (Annotated[int, Field(le=2**31)], r"^M\.f: maximum 2147483648 is beyond int32; .*Int64"),
    (set[Item], r"^M\.f: the items of a set must be scalars"),
    (Annotated[list[Item], ListMap("nope")], r"^M\.f: list key 'nope' is no scalar field"),
    (Annotated[list[str], ListMap("name")], r"^M\.f: list key 'name' is no scalar field"),
    (Annotated[list[Keyed], ListMap("parts")], r"^M\.f: list key 'parts' is no scalar field"),
    (Annotated[list[Keyed], ListMap("name")], r"^M\.f: list key 'name' must be required or have a default"),
    (Annotated[str, Atomic()], r"^M\.f: 'x-assay-atomic' has no structural form"),
    (Annotated[Circle | Clash, Field(discriminator="kind")], r"^M\.f\.radius: members of the union"),
]


@pytest.mark.parametrize(("annotation", "message"), REFUSED)
def test_what_has_no_structural_form_is_refused_with_its_path(annotation: Any, message: str) -> None:
    with pytest.raises(SchemaError, match=message):
        field(annotation)


def test_recursion_at_the_top_is_refused() -> None:
    with pytest.raises(SchemaError, match=r"^Tree\.children\[\]: Tree contains itself"):
        structural(Tree)


def test_default_beyond_int32_is_refused() -> None:
    with pytest.raises(SchemaError, match="default 4294967296 is beyond int32"):
        field(int, 2**32)
    assert field(Annotated[int, Int64()], 2**32)["default"] == 2**32


def test_default_without_json_form_is_refused() -> None:
    with pytest.raises(SchemaError, match="not JSON serializable"):
        field(Annotated[Any, PreserveUnknown()], object())


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


def test_list_map_needs_a_key() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        ListMap()


def test_the_same_model_gives_the_same_schema_each_time() -> None:
    assert repr(structural(Keyed)) == repr(structural(Keyed))
