"""The rules in a schema: those of fields and objects, and what the API server would refuse."""

from __future__ import annotations

from typing import Annotated, ClassVar

import pytest

from assay.crdgen.markers import Cel
from assay.crdgen.schema import structural
from tests.unit.crdgen.schemas import Item, Model


def test_rules_of_fields_and_objects() -> None:
    class Base(Model):
        __cel__: ClassVar[tuple[Cel, ...]] = (Cel("has(self.a)", "base"),)
        a: str | None = None

    class Derived(Base):
        __cel__: ClassVar[tuple[Cel, ...]] = (Cel("has(self.b)", "derived", reason="FieldValueRequired"),)
        b: Annotated[str | None, Cel("self != 'x'", "one"), Cel("self != 'y'", "two")] = None

    class Holder(Model):
        inner: Annotated[Derived, Cel("true", "of the field")]

    inner = structural(Holder)["properties"]["inner"]
    assert inner["x-kubernetes-validations"] == [
        {"rule": "has(self.a)", "message": "base"},
        {"rule": "has(self.b)", "message": "derived", "reason": "FieldValueRequired"},
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"rule": " ", "message": "m"}, "needs a rule"),
        ({"rule": "true", "message": ""}, "needs a rule"),
        ({"rule": "true", "message": "a\nb"}, "one line"),
        ({"rule": "true", "message": "m", "reason": "Wrong"}, "reason 'Wrong'"),
    ],
)
def test_cel_refuses_what_the_api_server_would(arguments: dict[str, str], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        Cel(**arguments)
