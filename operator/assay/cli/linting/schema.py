"""An object against the schema of its CustomResourceDefinition, as the API server checks it. No I/O."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any

from jsonschema import Draft4Validator
from jsonschema.exceptions import ValidationError

from assay.api import KINDS
from assay.crdgen.crd import crd
from assay.crdgen.kind import GROUP, VERSION
from assay.crdgen.markers import LIST_MAP_KEYS, PRESERVE_UNKNOWN, JsonSchema

from .documents import Document, Finding, Path_

BY_NAME = {kind.name: kind for kind in KINDS}
_SUBDOMAIN = re.compile(r"[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*\Z")


@cache
def schema_of(kind: str) -> JsonSchema:
    """The schema of a kind's objects, without their status, which the operator alone writes."""
    [version] = crd(BY_NAME[kind])["spec"]["versions"]
    schema: JsonSchema = version["schema"]["openAPIV3Schema"]
    del schema["properties"]["status"]
    return schema


def check(document: Document) -> list[Finding]:
    """What the API server would refuse, or drop in silence: fields that it does not know."""
    value = document.value
    if value.get("kind") not in BY_NAME:
        return [document.finding(["kind"], f"{GROUP} has no kind of that name")]
    if value.get("apiVersion") != f"{GROUP}/{VERSION}":
        return [document.finding(["apiVersion"], f"write {GROUP}/{VERSION}")]
    fault = _name_fault(value.get("metadata"))
    found = [document.finding(["metadata", "name"], fault)] if fault else []
    schema = schema_of(value["kind"])
    # OpenAPI 3.0 has the exclusive bounds of JSON Schema's fourth draft.
    errors = sorted(Draft4Validator(schema).iter_errors(value), key=lambda one: list(map(str, one.path)))
    found += [document.finding(list(one.path), _said(one)) for one in errors]
    for path, message in _structure(schema, value, []):
        found.append(document.finding(path, message))
    return found


def fits(value: dict[str, Any]) -> bool:
    """Whether an object has the types and bounds of its kind: only then do rules and references mean anything."""
    is_known = value.get("kind") in BY_NAME
    return is_known and Draft4Validator(schema_of(value["kind"])).is_valid(value)


def with_defaults(schema: JsonSchema, value: Any) -> Any:
    """The value as the API server stores it: rules are checked after defaults are filled in."""
    if isinstance(value, dict):
        properties = schema.get("properties", {})
        missing = {
            name: child["default"]
            for name, child in properties.items()
            if "default" in child and name not in value
        }
        more = schema.get("additionalProperties") or {}
        return {
            name: with_defaults(properties.get(name, more), one) for name, one in {**value, **missing}.items()
        }
    if isinstance(value, list):
        return [with_defaults(schema.get("items", {}), one) for one in value]
    return value


def _name_fault(metadata: Any) -> str | None:
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(name, str):
        return "give the object a name"
    if len(name) > 253 or not _SUBDOMAIN.match(name):
        return (
            f"{name!r} is no name: small letters, digits, hyphens and dots, letters and digits at both ends"
        )
    return None


def _structure(schema: JsonSchema, value: Any, path: Path_) -> Iterator[tuple[Path_, str]]:
    """Fields that the schema does not know, and items of a list that have the same key."""
    if isinstance(value, dict) and not schema.get(PRESERVE_UNKNOWN):
        properties, more = schema.get("properties"), schema.get("additionalProperties")
        for name, child in value.items():
            if properties is not None and name not in properties:
                if path or name != "status":
                    yield [*path, name], "there is no such field"
            elif properties is not None or more:
                yield from _structure((properties or {}).get(name) or more or {}, child, [*path, name])
    elif isinstance(value, list) and "items" in schema:
        for number, child in enumerate(value):
            yield from _structure(schema["items"], child, [*path, number])
        yield from _duplicates(schema, value, path)


def _duplicates(schema: JsonSchema, value: list[Any], path: Path_) -> Iterator[tuple[Path_, str]]:
    seen: set[tuple[str, ...]] = set()
    keys = schema.get(LIST_MAP_KEYS)
    for number, child in enumerate(value if keys else ()):
        key = tuple(str(child.get(one)) for one in keys or ()) if isinstance(child, dict) else ()
        if key and key in seen:
            yield [*path, number], f"{', '.join(keys or ())} {'/'.join(key)} is there twice"
        seen.add(key)


def _said(error: ValidationError) -> str:
    """The message in few words: what jsonschema says quotes whole objects."""
    limit: Any = error.validator_value
    match error.validator:
        case "required":
            return str(error.message)
        case "type":
            return f"must be of type {limit}"
        case "enum":
            return f"must be one of {', '.join(map(str, limit))}"
        case "pattern":
            return f"must match {limit}"
        case "minLength" | "minItems":
            return "must not be empty" if limit == 1 else f"at least {limit}"
        case "maxLength" | "maxItems" | "maxProperties":
            return f"too long: at most {limit}"
    return str(error.message)[:200]
