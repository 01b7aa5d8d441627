"""Parameters of a Scorer, checked by its JSON Schema (2020-12). Nothing is ever fetched."""

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

from .cpu_limit import TooLong, at_most

SECONDS = 0.5
ERRORS_MAX = 5
MESSAGE_MAX = 300  # characters of one error, which repeats the value


class SchemaInvalid(Exception):
    """Nothing can be checked by it; the text says why."""


def check_schema(schema: dict[str, Any]) -> None:
    """SchemaInvalid unless parameters can be checked by it."""
    with _refusing():
        _check_schema(schema)


def faults(schema: dict[str, Any], parameters: dict[str, Any], path: str) -> list[str]:
    """What is wrong with parameters found at that path, each as `path: rule`. SchemaInvalid."""
    with _refusing():
        _check_schema(schema)
        validator = Draft202012Validator(schema, registry=Registry())
        errors = sorted(validator.iter_errors(parameters), key=lambda error: error.json_path)
    said = [_said(path, error) for error in errors[:ERRORS_MAX]]
    return [*said, f"and {len(errors) - ERRORS_MAX} more"] if len(errors) > ERRORS_MAX else said


@contextmanager
def _refusing() -> Iterator[None]:
    """Says of a schema that cannot be worked with why that is so."""
    try:
        with at_most(SECONDS):
            yield
    except SchemaError as error:
        raise SchemaInvalid(_said("parametersSchema", error)) from error
    except Unresolvable as error:
        why = f"cannot resolve $ref {error.ref!r}: refer to what stands in the schema itself"
        raise SchemaInvalid(f"parametersSchema: {why}") from error
    except RecursionError as error:
        raise SchemaInvalid("parametersSchema: it is nested too deeply, or a $ref leads to itself") from error
    except TooLong as error:
        why = f"checking takes more than {SECONDS:g} s: simplify its patterns and references"
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
    """A reference that leads nowhere would be found only when a value gets there."""
    if isinstance(resource.contents, dict):
        for key in ("$ref", "$dynamicRef"):
            if isinstance(reference := resource.contents.get(key), str):
                resolver.lookup(reference)
    for part in resource.subresources():
        _check_references(resolver.in_subresource(part), part)


def _said(path: str, error: ValidationError | SchemaError) -> str:
    message = error.message if len(error.message) <= MESSAGE_MAX else f"{error.message[:MESSAGE_MAX]}…"
    return f"{path}{_path(error.absolute_path)}: {message}"


def _path(steps: Iterable[str | int]) -> str:
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in steps)
