"""Turns a pydantic model into a structural schema, the form a CustomResourceDefinition asks for.

What has no structural form is refused with the path of the field, rather than weakened in silence.
Empty lists and maps are not written as defaults: absent and empty mean the same to us, and a default would
be stored in every object. Nor are defaults of what is in a list: clients that compare what they applied with what is
stored compare lists whole (JSON merge patch), and would see a difference for ever. The description says such a default.
"""

import inspect
import json
import re
from typing import NoReturn, TypeAlias

from pydantic import BaseModel

from .markers import (
    INT_OR_STRING,
    LIST_MAP_KEYS,
    LIST_TYPE,
    PRESERVE_UNKNOWN,
    UNREPRESENTABLE,
    VALIDATIONS,
    Generator,
    JsonSchema,
    SchemaError,
    pattern_fault,
)

__all__ = ["SchemaError", "prose", "structural"]

# In the order they are written.
_KEYWORDS = (
    *("description", "type", "format", "default", "enum", "minimum", "exclusiveMinimum", "maximum"),
    *("exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "minItems", "maxItems"),
    *("minProperties", "maxProperties", "anyOf", "required", "items", "properties", "additionalProperties"),
    *(INT_OR_STRING, LIST_TYPE, LIST_MAP_KEYS, PRESERVE_UNKNOWN, VALIDATIONS),
)
_DROPPED = frozenset({"title", "examples", "deprecated", "readOnly", "writeOnly"})
_FORMATS = frozenset(
    {"date-time", "date", "uri", "email", "hostname", "ipv4", "ipv6", "cidr", "mac", "byte", "password"}
    | {"uuid", "uuid3", "uuid4", "uuid5", "int32", "int64", "float", "double"}
)
_HINTS = {
    "prefixItems": "a tuple of fixed length: use list[...] with min_length and max_length",
    "patternProperties": "keys of a map cannot be restricted: use a Cel rule over the keys",
    "propertyNames": "keys of a map cannot be restricted: use a Cel rule over the keys",
}
_UNION = "a union: use optional members and a Cel rule"
_INT32 = 2**31

_Seen: TypeAlias = tuple[str, ...]


def structural(model: type[BaseModel]) -> JsonSchema:
    """Return the structural schema of `model`, with the aliases as names."""
    raw = model.model_json_schema(schema_generator=Generator)
    return _Converter(raw.pop("$defs", {})).convert(raw, model.__name__, ())


def prose(text: str) -> str:
    """Return a docstring with each paragraph on one line; the items of a list keep theirs."""
    paragraphs = []
    for block in re.split(r"\n\s*\n", inspect.cleandoc(text).strip()):
        lines: list[str] = []
        for line in block.splitlines():
            if lines and not line.lstrip().startswith(("- ", "* ")):
                lines[-1] += " " + line.strip()
            else:
                lines.append(line.strip())
        paragraphs.append("\n".join(lines))
    return "\n\n".join(paragraphs).replace("``", "`")


class _Converter:
    def __init__(self, definitions: dict[str, JsonSchema]) -> None:
        self._definitions = definitions

    def convert(self, node: JsonSchema, path: str, seen: _Seen) -> JsonSchema:
        """Return the structural form of `node`; `seen` are the definitions it is part of."""
        node, seen = self._resolve(node, path, seen)
        if UNREPRESENTABLE in node:
            _refuse(path, f"no JSON schema for {node[UNREPRESENTABLE]}")
        out = {key: value for key, value in node.items() if key not in _DROPPED}
        if "oneOf" in out:
            _refuse(path, _UNION)
        if INT_OR_STRING in out:
            out["anyOf"] = [{"type": "integer"}, {"type": "string"}]
            out.pop("type", None)
        else:
            self._typed(out, path, seen)
        if "description" in out:
            out["description"] = prose(out["description"])
        if "pattern" in out and (fault := pattern_fault(out["pattern"])):
            _refuse(path, f"pattern {out['pattern']!r} {fault}")
        if out.get("default") in (None, [], {}):
            out.pop("default", None)
        if "[]" in path and "default" in out:
            said = f"Default: {json.dumps(default)}." if (default := out.pop("default")) != "" else ""
            out["description"] = " ".join(part for part in (out.get("description", ""), said) if part)
        if VALIDATIONS in out:  # pydantic has sorted their keys
            out[VALIDATIONS] = [dict(sorted(rule.items(), key=_rule_first)) for rule in out[VALIDATIONS]]
        for key in out:
            if key not in _KEYWORDS and not key.startswith("x-kubernetes-"):
                _refuse(path, _HINTS.get(key, f"{key!r} has no structural form"))
        return {key: out[key] for key in sorted(out, key=_order)}

    def _resolve(self, node: JsonSchema, path: str, seen: _Seen) -> tuple[JsonSchema, _Seen]:
        """Replace references, and unions with null, by what they stand for."""
        while True:
            if "$ref" in node:
                name = node["$ref"].removeprefix("#/$defs/")
                if name in seen:
                    _refuse(path, f"{name} contains itself; a structural schema cannot be recursive")
                seen = (*seen, name)
                node = _merge(self._definitions[name], {k: v for k, v in node.items() if k != "$ref"})
            elif "anyOf" in node and INT_OR_STRING not in node:
                choices = [choice for choice in node["anyOf"] if choice.get("type") != "null"]
                rest = {key: value for key, value in node.items() if key != "anyOf"}
                if len(choices) == 1:
                    node = _merge(choices[0], rest)
                elif sorted(c.get("type", "") for c in choices) == ["integer", "string"]:
                    node = _merge({INT_OR_STRING: True}, rest)
                else:
                    _refuse(path, _UNION)
            else:
                return node, seen

    def _typed(self, out: JsonSchema, path: str, seen: _Seen) -> None:
        if "const" in out:
            out["enum"] = [out.pop("const")]
        if "enum" in out and "type" not in out:
            types = {type(value) for value in out["enum"]}
            out["type"] = {str: "string", int: "integer"}.get(types.pop()) if len(types) == 1 else "mixed"
        match out.get("type"):
            case "object":
                self._object(out, path, seen)
            case "array":
                self._array(out, path, seen)
            case "integer":
                _integer(out, path)
            case "number":
                _bounds(out)
            case "string":
                if "format" in out and out["format"] not in _FORMATS:
                    _refuse(
                        path, f"format {out['format']!r} is none of Kubernetes; a duration is int seconds"
                    )
            case "boolean":
                pass
            case None if out.get(PRESERVE_UNKNOWN):
                pass
            case None:
                _refuse(path, "any value is allowed; if that is meant, mark it PreserveUnknown()")
            case other:
                _refuse(path, f"type {other!r} has no structural form")

    def _object(self, out: JsonSchema, path: str, seen: _Seen) -> None:
        extra = out.pop("additionalProperties", False)
        if extra is True:
            out[PRESERVE_UNKNOWN] = True
        elif extra is not False:
            if "properties" in out:
                _refuse(path, "declared fields and typed extra ones exclude each other")
            out["additionalProperties"] = self.convert(extra, f"{path}{{}}", seen)
        if "properties" not in out:
            return
        for name, raw in list(out["properties"].items()):
            child = self.convert(raw, f"{path}.{name}", seen)
            out["properties"] = {**out["properties"], name: child}

    def _array(self, out: JsonSchema, path: str, seen: _Seen) -> None:
        if out.pop("uniqueItems", False):
            out[LIST_TYPE] = "set"
        if "prefixItems" in out:
            _refuse(path, _HINTS["prefixItems"])
        items = out["items"] = self.convert(out.get("items", {}), f"{path}[]", seen)
        if out.get(LIST_TYPE) == "set" and items.get("type") in ("object", "array"):
            _refuse(path, "the items of a set must be scalars")
        for key in out.get(LIST_MAP_KEYS, ()):
            field = items.get("properties", {}).get(key, {})
            if field.get("type") in (None, "object", "array"):
                _refuse(path, f"list key {key!r} is no scalar field of the items")
            if key not in items.get("required", ()):
                _refuse(path, f"list key {key!r} must be required")


def _integer(out: JsonSchema, path: str) -> None:
    out.setdefault("format", "int32")
    _bounds(out)
    for key in ("minimum", "maximum", "default"):
        value = out.get(key)
        if out["format"] == "int32" and value is not None and not -_INT32 <= value < _INT32:
            _refuse(path, f"{key} {value} is beyond int32; mark the field Int64()")


def _bounds(out: JsonSchema) -> None:
    """Write exclusive bounds the OpenAPI 3.0 way: a number and a flag."""
    for exclusive, plain, tighter in (
        ("exclusiveMinimum", "minimum", max),
        ("exclusiveMaximum", "maximum", min),
    ):
        if exclusive in out:
            bound = out.pop(exclusive)
            limit = tighter(bound, out.get(plain, bound))
            out[plain] = limit
            if limit == bound:
                out[exclusive] = True


def _merge(base: JsonSchema, over: JsonSchema) -> JsonSchema:
    rules = [*base.get(VALIDATIONS, ()), *over.get(VALIDATIONS, ())]
    return {**base, **over} | ({VALIDATIONS: rules} if rules else {})


def _order(key: str) -> tuple[int, str]:
    return (_KEYWORDS.index(key) if key in _KEYWORDS else len(_KEYWORDS), key)


def _rule_first(item: tuple[str, str]) -> int:
    return ("rule", "message").index(item[0]) if item[0] in ("rule", "message") else 2


def _refuse(path: str, why: str) -> NoReturn:
    raise SchemaError(f"{path}: {why}")
