"""Turns a pydantic model into a structural schema, the form a CustomResourceDefinition asks for.

What has no structural form is refused with the path of the field, rather than weakened in silence.
Empty lists and maps are not written as defaults: absent and empty mean the same to us, and a default would
be stored in every object.
"""

import inspect
import json
import re
from typing import NoReturn, TypeAlias

from pydantic import BaseModel

from .markers import (
    ATOMIC,
    IMMUTABLE,
    INT_OR_STRING,
    LIST_MAP_KEYS,
    LIST_TYPE,
    MAP_TYPE,
    PRESERVE_UNKNOWN,
    UNREPRESENTABLE,
    VALIDATIONS,
    Cel,
    Generator,
    JsonSchema,
    SchemaError,
    cel_field,
    pattern_fault,
)

__all__ = ["SchemaError", "prose", "structural"]

# In the order they are written.
_KEYWORDS = (
    *("description", "type", "format", "default", "enum", "minimum", "exclusiveMinimum", "maximum"),
    *("exclusiveMaximum", "multipleOf", "minLength", "maxLength", "pattern", "minItems", "maxItems"),
    *("minProperties", "maxProperties", "anyOf", "required", "items", "properties", "additionalProperties"),
    *(INT_OR_STRING, LIST_TYPE, LIST_MAP_KEYS, MAP_TYPE, PRESERVE_UNKNOWN, VALIDATIONS, IMMUTABLE),
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
    "discriminator": "a discriminator without oneOf",
}
_INT32 = 2**31

_Seen: TypeAlias = tuple[str, ...]


def structural(model: type[BaseModel]) -> JsonSchema:
    """Return the structural schema of `model`, with the aliases as names."""
    raw = model.model_json_schema(schema_generator=Generator)
    schema = _Converter(raw.pop("$defs", {})).convert(raw, model.__name__, ())
    schema.pop(IMMUTABLE, None)
    return schema


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
            out = self._union(out, path, seen)
        elif INT_OR_STRING in out:
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
                    _refuse(path, "a union: use a discriminator, or optional members and a Cel rule")
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
        if out.pop(ATOMIC, False):
            out[MAP_TYPE] = "atomic"
        extra = out.pop("additionalProperties", False)
        if extra is True:
            out[PRESERVE_UNKNOWN] = True
        elif extra is not False:
            if "properties" in out:
                _refuse(path, "declared fields and typed extra ones exclude each other")
            out["additionalProperties"] = self._child(extra, f"{path}{{}}", seen)[0]
        if "properties" not in out:
            return
        required = out.get("required", ())
        for name, raw in list(out["properties"].items()):
            child, frozen = self._child(raw, f"{path}.{name}", seen)
            out["properties"] = {**out["properties"], name: child}
            if frozen is not None and name not in required and "default" not in child:
                field = cel_field(name)
                Cel(f"has(self.{field}) == has(oldSelf.{field})", frozen, field_path=f".{name}").extend(out)

    def _array(self, out: JsonSchema, path: str, seen: _Seen) -> None:
        if out.pop(ATOMIC, False):
            out[LIST_TYPE] = "atomic"
        if out.pop("uniqueItems", False):
            out[LIST_TYPE] = "set"
        if "prefixItems" in out:
            _refuse(path, _HINTS["prefixItems"])
        items = out["items"] = self._child(out.get("items", {}), f"{path}[]", seen)[0]
        atomic = "atomic" in (items.get(LIST_TYPE), items.get(MAP_TYPE))
        if out.get(LIST_TYPE) == "set" and items.get("type") in ("object", "array") and not atomic:
            _refuse(path, "the items of a set must be scalars or Atomic()")
        for key in out.get(LIST_MAP_KEYS, ()):
            field = items.get("properties", {}).get(key, {})
            if field.get("type") in (None, "object", "array"):
                _refuse(path, f"list key {key!r} is no scalar field of the items")
            if key not in items.get("required", ()) and "default" not in field:
                _refuse(path, f"list key {key!r} must be required or have a default")

    def _child(self, raw: JsonSchema, path: str, seen: _Seen) -> tuple[JsonSchema, str | None]:
        child = self.convert(raw, path, seen)
        return child, child.pop(IMMUTABLE, None)

    def _union(self, node: JsonSchema, path: str, seen: _Seen) -> JsonSchema:
        """Return one object for a tagged union: all fields of its members, and a rule for each member."""
        tag = node.pop("discriminator", {}).get("propertyName")
        if tag is None:
            _refuse(path, "a union without a discriminator")
        members = [self._child(choice, path, seen)[0] for choice in node.pop("oneOf")]
        fields: JsonSchema = {tag: {**members[0]["properties"][tag], "enum": []}}
        fields[tag].pop("default", None)
        for member in members:
            fields[tag]["enum"] += member["properties"][tag]["enum"]
            for name, field in member["properties"].items():
                if name != tag and _bare(fields.setdefault(name, field)) != _bare(field):
                    _refuse(f"{path}.{name}", "members of the union declare this field differently")
        common = [n for n in fields if all(n in member["properties"] for member in members)]
        always = [n for n in common if n == tag or all(n in m.get("required", ()) for m in members)]
        for name in fields.keys() - common:
            # The API server would write the default of one member into the others.
            fields[name] = {key: value for key, value in fields[name].items() if key != "default"}
        out = {**node, "type": "object", "required": always, "properties": fields}
        for member in members:
            tags = [json.dumps(value) for value in member["properties"][tag]["enum"]]
            other = f"!(self.{cel_field(tag)} in [{', '.join(tags)}])"
            needs = [n for n in member.get("required", ()) if n not in always]
            bars = [n for n in fields if n not in member["properties"]]
            if needs or bars:
                terms = [f"has(self.{cel_field(n)})" for n in needs]
                terms += [f"!has(self.{cel_field(n)})" for n in bars]
                message = f"with {tag} {' or '.join(str(json.loads(t)) for t in tags)}:"
                message += f" required {', '.join(needs)};" * bool(needs)
                message += f" not allowed {', '.join(bars)};" * bool(bars)
                Cel(f"{other} || ({' && '.join(terms)})", message.rstrip(";")).extend(out)
            for rule in member.get(VALIDATIONS, ()):
                guarded = {**rule, "rule": f"{other} || ({rule['rule']})"}
                out[VALIDATIONS] = [*out.get(VALIDATIONS, ()), guarded]
        return out


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


def _bare(field: JsonSchema) -> JsonSchema:
    return {key: value for key, value in field.items() if key != "description"}


def _order(key: str) -> tuple[int, str]:
    return (_KEYWORDS.index(key) if key in _KEYWORDS else len(_KEYWORDS), key)


def _rule_first(item: tuple[str, str]) -> int:
    return ("rule", "message").index(item[0]) if item[0] in ("rule", "message") else 2


def _refuse(path: str, why: str) -> NoReturn:
    raise SchemaError(f"{path}: {why}")
