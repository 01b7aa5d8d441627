"""Every shape that has no structural schema is refused, by its path."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field

from assay.crdgen.markers import Int64, IntOrString, ListMap, PreserveUnknown
from assay.crdgen.schema import SchemaError, structural
from tests.unit.crdgen.schemas import Circle, Item, Keyed, Model, field


class Tree(Model):
    children: list[Tree] = Field(default_factory=list)


class Clash(Model):
    kind: Literal["Clash"]
    radius: str


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
    (Annotated[list[Keyed], ListMap("name")], r"^M\.f: list key 'name' must be required"),
    (Annotated[Circle | Clash, Field(discriminator="kind")], r"^M\.f: a union"),
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
