"""The CEL rules of the schemas, evaluated without an API server. No I/O."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import cel

from assay.crdgen.markers import VALIDATIONS, Cel, JsonSchema

from .documents import Document, Finding, Path_
from .schema import schema_of, with_defaults


def check(document: Document) -> list[Finding]:
    """The rules that an object breaks; one that cannot be evaluated here is a warning.

    The object must fit its schema. Rules about changes of an object are left out: there is no old one.
    """
    schema = schema_of(document.value["kind"])
    value = with_defaults(schema, document.value)
    found = []
    for rule, one, path in _applicable(schema, value, []):
        try:
            holds = _program(rule.rule).execute({"self": one})
        except Exception as error:  # of any type: the evaluator's own, KeyError, TypeError
            found.append(document.finding(path, f"not checked: {rule.message} ({error})", "warning"))
            continue
        if not holds:
            found.append(document.finding(path, rule.message))
    return found


def rules(schema: JsonSchema) -> list[Cel]:
    """The rules of one node that hold for a single object."""
    entries = schema.get(VALIDATIONS, ())
    found = [Cel(one["rule"], one["message"], one.get("reason")) for one in entries]
    return [one for one in found if not one.is_transition]


@cache
def _program(rule: str) -> cel.Program:
    return cel.compile(rule)


def _applicable(schema: JsonSchema, value: Any, path: Path_) -> Iterator[tuple[Cel, Any, Path_]]:
    """Every rule with the value it speaks of, and where that is."""
    yield from ((rule, value, path) for rule in rules(schema))
    if isinstance(value, dict):
        properties, more = schema.get("properties", {}), schema.get("additionalProperties")
        for name, child in value.items():
            if (inner := properties.get(name, more)) is not None:
                yield from _applicable(inner, child, [*path, name])
    elif isinstance(value, list) and "items" in schema:
        for number, child in enumerate(value):
            yield from _applicable(schema["items"], child, [*path, number])
