"""Markers for what pydantic cannot express in a model: CEL rules, list types, Kubernetes' own string forms.

A marker is put on a field as `Annotated[T, marker]` and adds its keywords to the field's JSON schema;
rules over a whole object are listed as `__cel__: ClassVar[tuple[Cel, ...]]` on its model.
"""

import re
from dataclasses import dataclass
from typing import Annotated, Any, TypeAlias

from pydantic import BaseModel, GetJsonSchemaHandler
from pydantic.json_schema import GenerateJsonSchema, NoDefault
from pydantic_core import CoreSchema, core_schema

JsonSchema: TypeAlias = dict[str, Any]

VALIDATIONS = "x-kubernetes-validations"
LIST_TYPE = "x-kubernetes-list-type"
LIST_MAP_KEYS = "x-kubernetes-list-map-keys"
INT_OR_STRING = "x-kubernetes-int-or-string"
PRESERVE_UNKNOWN = "x-kubernetes-preserve-unknown-fields"
# A private note to schema.py, which refuses it; no CRD contains it.
UNREPRESENTABLE = "x-assay-unrepresentable"

_REASONS = frozenset(
    {"FieldValueInvalid", "FieldValueForbidden", "FieldValueRequired", "FieldValueDuplicate"}
)
_QUANTITY = (
    r"^(\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))"
    r"(([KMGTPE]i)|[numkMGTPE]|([eE](\+|-)?(([0-9]+(\.[0-9]*)?)|(\.[0-9]+))))?$"
)
_NOT_RE2 = re.compile(r"\(\?(?:[=!>(]|<[=!]|P=)|\\[1-9]|\\Z|(?<!\\)[*+?}]\+")


class SchemaError(ValueError):
    """A model, or a field of it, has no structural schema."""


def pattern_fault(pattern: str) -> str | None:
    """Return why a regular expression may mean something else to the API server, if so."""
    if found := _NOT_RE2.search(pattern):
        return f"uses {found.group()!r}, which RE2 does not have"
    if not pattern.startswith(("^", "\\A")):
        return "must be anchored: begin it with ^"
    return None


class Marker:
    """Base of all markers: adds keywords to the JSON schema of the field it annotates."""

    def extend(self, schema: JsonSchema) -> None:
        """Add this marker's keywords to `schema`, which is ours to change."""
        raise NotImplementedError

    def __get_pydantic_json_schema__(self, core: CoreSchema, handler: GetJsonSchemaHandler) -> JsonSchema:
        schema = dict(handler(core))
        self.extend(schema)
        return schema


@dataclass(frozen=True)
class Cel(Marker):
    """A CEL rule, and the API server's message when it does not hold."""

    rule: str
    message: str
    reason: str | None = None

    def __post_init__(self) -> None:
        """Refuse what the API server would refuse only when the CRD is installed."""
        if not self.rule.strip() or not self.message.strip() or "\n" in self.message:
            raise ValueError(f"a CEL rule needs a rule and a message of one line: {self!r}")
        if self.reason is not None and self.reason not in _REASONS:
            raise ValueError(f"reason {self.reason!r} is none of {', '.join(sorted(_REASONS))}")

    @property
    def is_transition(self) -> bool:
        """Whether the rule compares with the old value, and so runs on updates only."""
        return re.search(r"\boldSelf\b", self.rule) is not None

    def validation(self) -> dict[str, str]:
        """Return the entry of `x-kubernetes-validations`."""
        entry = {"rule": self.rule, "message": self.message}
        if self.reason is not None:
            entry["reason"] = self.reason
        return entry

    def extend(self, schema: JsonSchema) -> None:
        """Append the rule."""
        schema[VALIDATIONS] = [*schema.get(VALIDATIONS, ()), self.validation()]


@dataclass(frozen=True, init=False)
class ListMap(Marker):
    """A list of objects whose keys are the given fields (their camelCase names)."""

    keys: tuple[str, ...]

    def __init__(self, *keys: str) -> None:
        """Take the key fields."""
        if not keys:
            raise ValueError("ListMap needs at least one key field")
        object.__setattr__(self, "keys", keys)

    def extend(self, schema: JsonSchema) -> None:
        """Add the list type and its keys."""
        schema[LIST_TYPE] = "map"
        schema[LIST_MAP_KEYS] = list(self.keys)


@dataclass(frozen=True)
class IntOrString(Marker):
    """An integer or a string, such as a port or a quantity; `pattern` restricts the string."""

    pattern: str | None = None

    def extend(self, schema: JsonSchema) -> None:
        """Add the extension."""
        schema[INT_OR_STRING] = True
        if self.pattern is not None:
            schema["pattern"] = self.pattern


@dataclass(frozen=True)
class Int64(Marker):
    """An integer beyond 32 bits."""

    def extend(self, schema: JsonSchema) -> None:
        """Add the format."""
        schema["format"] = "int64"


@dataclass(frozen=True)
class PreserveUnknown(Marker):
    """Keep fields that the schema does not know, for content of another owner."""

    def extend(self, schema: JsonSchema) -> None:
        """Add the extension."""
        schema[PRESERVE_UNKNOWN] = True


Quantity: TypeAlias = Annotated[str | int, IntOrString(pattern=_QUANTITY)]


class Generator(GenerateJsonSchema):
    """Adds to pydantic's own schema the rules of each class and the defaults that factories make."""

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchema:
        result = super().model_schema(schema)
        for base in reversed(schema["cls"].__mro__):
            for rule in vars(base).get("__cel__", ()):
                if rule.validation() not in result.get(VALIDATIONS, ()):
                    rule.extend(result)
        return result

    def get_default_value(self, schema: core_schema.WithDefaultSchema) -> Any:
        factory = schema.get("default_factory")
        if factory is None or schema.get("default_factory_takes_data"):
            return super().get_default_value(schema)
        made = factory()  # type: ignore[call-arg]
        # Others may differ from call to call (a time, an id) and so are no static default.
        return made if isinstance(made, BaseModel | list | dict | tuple | set | frozenset) else NoDefault

    def encode_default(self, dft: Any) -> Any:
        # Written in full, as the API server checks a default before it fills the defaults inside of it.
        if isinstance(dft, BaseModel):
            return _without_empty(dft.model_dump(mode="json", by_alias=True))
        return super().encode_default(dft)

    def handle_invalid_for_json_schema(self, schema: Any, error_info: str) -> JsonSchema:
        return {UNREPRESENTABLE: error_info}

    def emit_warning(self, kind: str, detail: str) -> None:
        raise SchemaError(f"{detail} [{kind}]")


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        cleaned = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in cleaned.items() if item not in (None, [], {})}
    return [_without_empty(item) for item in value] if isinstance(value, list) else value
