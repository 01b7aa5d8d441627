"""The type of a field as a structural schema: every row of the conversion from pydantic."""

from __future__ import annotations

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal

import pytest
from pydantic import Field, create_model

from assay.crdgen.markers import Int64, IntOrString, ListMap, PreserveUnknown, Quantity
from tests.unit.crdgen.schemas import Color, field


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
            Annotated[dict[str, str], Field(max_length=4)],
            {"type": "object", "maxProperties": 4, "additionalProperties": {"type": "string"}},
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


def test_quantity_accepts_what_kubernetes_accepts() -> None:
    schema = field(Quantity)
    assert schema["x-kubernetes-int-or-string"] is True
    assert "type" not in schema
    for good in ("1", "500m", "1.5", ".5", "10Gi", "1e3", "1E", "-1"):
        assert re.search(schema["pattern"], good), good
    for bad in ("", "1 Gi", "1gi", "Gi", "1Gib"):
        assert not re.search(schema["pattern"], bad), bad
    model = create_model("Q", q=(Quantity, ...))
    assert [model(q=2).q, model(q="2Gi").q] == [2, "2Gi"]  # type: ignore[attr-defined]


def test_list_map() -> None:
    port = create_model("Port", protocol=(str, ...), number=(int, ...))
    schema = field(Annotated[list[port], ListMap("protocol", "number")])
    assert schema["x-kubernetes-list-type"] == "map"
    assert schema["x-kubernetes-list-map-keys"] == ["protocol", "number"]


def test_list_map_needs_a_key() -> None:
    with pytest.raises(ValueError, match="at least one key"):
        ListMap()
