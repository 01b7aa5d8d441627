"""A model as a structural schema: names, nesting, unknown fields, descriptions and defaults."""

from __future__ import annotations

from typing import Annotated
from uuid import uuid4

from pydantic import ConfigDict, Field, create_model

from assay.crdgen.schema import prose, structural
from tests.unit.crdgen.schemas import Color, Item, Keyed, Model


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
    size = {"description": "Default: 1.", "type": "integer", "format": "int32"}
    listed = {**item, "properties": {"name": {"type": "string"}, "size": size}}
    assert structural(Outer) == {
        "type": "object",
        "required": ["firstItem", "more"],
        "properties": {
            "firstItem": item,
            "more": {"type": "array", "items": listed},
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


def test_the_same_model_gives_the_same_schema_each_time() -> None:
    assert repr(structural(Keyed)) == repr(structural(Keyed))
