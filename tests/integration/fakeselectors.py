"""Label and field selectors of the fake API server."""

import re
from collections.abc import Callable
from typing import Any

from tests.integration.fakecollection import Fault

Match = Callable[[dict[str, Any]], bool]

_TERM = re.compile(
    r"\s*(?:(?P<no>!)\s*(?P<absent>[\w./-]+)"
    r"|(?P<set>[\w./-]+)\s+(?P<how>in|notin)\s*\((?P<values>[^)]*)\)"
    r"|(?P<key>[\w./-]+)\s*(?P<op>==|!=|=)\s*(?P<value>[\w.-]*)"
    r"|(?P<present>[\w./-]+))\s*(?:,|$)"
)


def label_selector(text: str) -> Match:
    """`a=b, c!=d, e, !f, g in (x, y), h notin (z)`."""
    terms: list[Callable[[dict[str, str]], bool]] = []
    at = 0
    while at < len(text):
        term = _TERM.match(text, at)
        if term is None:
            raise Fault(400, "BadRequest", f"unable to parse the selector {text!r}")
        terms.append(_term(term))
        at = term.end()

    def matches(obj: dict[str, Any]) -> bool:
        labels = obj["metadata"].get("labels") or {}
        return all(term(labels) for term in terms)

    return matches


def _term(term: re.Match[str]) -> Callable[[dict[str, str]], bool]:
    group = term.groupdict()
    if group["no"]:
        return lambda labels: group["absent"] not in labels
    if group["set"]:
        values = {value.strip() for value in group["values"].split(",")}
        if group["how"] == "in":
            return lambda labels: labels.get(group["set"]) in values
        return lambda labels: labels.get(group["set"]) not in values
    if group["key"]:
        if group["op"] == "!=":
            return lambda labels: labels.get(group["key"]) != group["value"]
        return lambda labels: labels.get(group["key"]) == group["value"]
    return lambda labels: group["present"] in labels


_FIELDS = ("metadata.name", "metadata.namespace")
"""What the real server knows of every kind."""
_EVENT_FIELDS = (*_FIELDS, "regarding.uid", "reason", "type")
"""What it knows of Events of events.k8s.io, as far as we ask."""


def field_selector(text: str, kind: str = "") -> Match:
    """`metadata.name=a,metadata.namespace!=b`."""
    known = _EVENT_FIELDS if kind == "Event" else _FIELDS
    terms = [_field(term, known) for term in text.split(",") if term]
    return lambda obj: all(term(obj) for term in terms)


def _field(term: str, known: tuple[str, ...]) -> Match:
    path, equal, value = term.partition("=")
    negative, value = path.endswith("!"), value.removeprefix("=")
    field = path.rstrip("!")
    if not equal:
        raise Fault(400, "BadRequest", f"invalid selector: {term!r}")
    if field not in known:
        raise Fault(400, "BadRequest", f"field label not supported: {field}")
    outer, _, inner = field.rpartition(".")
    return lambda obj: ((obj.get(outer) or {} if outer else obj).get(inner, "") == value) != negative
