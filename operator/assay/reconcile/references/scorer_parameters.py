"""Checks the parameters of a Scorer by its JSON Schema (2020-12). Fetches nothing."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import SchemaError, ValidationError
from referencing import Registry, Resource
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

from .cpu_limit import CpuLimitExceeded, cpu_limit

CPU_SECONDS = 0.5
VIOLATIONS_MAX = 5
MESSAGE_MAX = 300  # characters of one violation: it repeats the value


class SchemaInvalid(Exception):
    """The schema cannot be used; the text explains why."""


def check_schema(schema: dict[str, Any]) -> None:
    """SchemaInvalid if parameters cannot be checked by this schema."""
    with _explained():
        _check_schema(schema)


def violations(schema: dict[str, Any], parameters: dict[str, Any], path: str) -> list[str]:
    """How parameters at that path break the schema, each as `path: rule`; the first few. SchemaInvalid."""
    with _explained():
        _check_schema(schema)
        validator = Draft202012Validator(schema, registry=Registry())
        errors = sorted(validator.iter_errors(parameters), key=lambda error: error.json_path)
    found = [_describe(path, error) for error in errors[:VIOLATIONS_MAX]]
    rest = len(errors) - VIOLATIONS_MAX
    return [*found, f"and {rest} more"] if rest > 0 else found


@contextmanager
def _explained() -> Iterator[None]:
    """Turns everything that a schema can cause in the block into SchemaInvalid with an explanation."""
    try:
        with cpu_limit(CPU_SECONDS):
            yield
    except SchemaError as error:
        raise SchemaInvalid(_describe("parametersSchema", error)) from error
    except Unresolvable as error:
        why = f"cannot resolve $ref {error.ref!r}: refer only to parts of the schema itself"
        raise SchemaInvalid(f"parametersSchema: {why}") from error
    except RecursionError as error:
        raise SchemaInvalid("parametersSchema: it is nested too deeply, or a $ref leads to itself") from error
    except CpuLimitExceeded as error:
        why = f"the check takes more than {CPU_SECONDS:g} s: simplify its patterns and references"
        raise SchemaInvalid(f"parametersSchema: {why}") from error


def _check_schema(schema: dict[str, Any]) -> None:
    _check_text(json.dumps(schema, sort_keys=True))


@lru_cache(maxsize=256)  # hundreds of scenarios may use one Scorer
def _check_text(text: str) -> None:
    schema = json.loads(text)
    Draft202012Validator.check_schema(schema)
    resource = DRAFT202012.create_resource(schema)
    _check_references(Registry().resolver_with_root(resource), resource)


def _check_references(resolver: Any, resource: Resource[Any]) -> None:
    """Look up every reference: the validator looks one up only when a value gets there."""
    if isinstance(resource.contents, dict):
        for key in ("$ref", "$dynamicRef"):
            if isinstance(reference := resource.contents.get(key), str):
                resolver.lookup(reference)
    for part in resource.subresources():
        _check_references(resolver.in_subresource(part), part)


def _describe(path: str, error: ValidationError | SchemaError) -> str:
    message = error.message if len(error.message) <= MESSAGE_MAX else f"{error.message[:MESSAGE_MAX]}…"
    return f"{path}{_path(error.absolute_path)}: {message}"


def _path(steps: Iterable[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
