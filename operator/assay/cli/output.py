"""What commands print: a table for people, or the objects for programs."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import yaml

from assay.kube_object import KubeObject

NOTHING = "-"
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
GAP = "   "


class Format(StrEnum):
    """The formats of -o."""

    TABLE = "table"
    WIDE = "wide"
    JSON = "json"
    YAML = "yaml"
    CSV = "csv"
    NAME = "name"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under headings, and the objects they speak of."""

    headings: Sequence[str]
    rows: Sequence[Sequence[object]]
    objects: Sequence[KubeObject] = ()
    wide: int = 0
    """How many of the last columns only `wide` and `csv` show."""

    def render(self, output: Format) -> str:
        """The text to print, with its last line end."""
        match output:
            case Format.JSON:
                return json.dumps(_listed(self.objects), indent=2) + "\n"
            case Format.YAML:
                return str(yaml.safe_dump(_listed(self.objects), sort_keys=False, allow_unicode=True))
            case Format.NAME:
                return "".join(f"{name_of(one)}\n" for one in self.objects)
            case Format.CSV:
                return _csv([self.headings, *self.rows])
            case Format.WIDE:
                return columns([self.headings, *self.rows])
        shown = len(self.headings) - self.wide
        return columns([row[:shown] for row in (self.headings, *self.rows)])


def name_of(obj: KubeObject) -> str:
    """As `kubectl get -o name` prints it: `benchmarkrun.assay.dev/monday`."""
    group, slash, _ = obj["apiVersion"].partition("/")
    kind = obj["kind"].lower()
    return f"{kind}.{group}/{obj['metadata']['name']}" if slash else f"{kind}/{obj['metadata']['name']}"


def columns(rows: Sequence[Sequence[object]]) -> str:
    """Rows in columns of equal width."""
    texts = [[printable(text(cell)).replace("\n", " ") for cell in row] for row in rows]
    if not texts:
        return ""
    widths = [max(len(row[number]) for row in texts) for number in range(len(texts[0]))]
    lines = (
        GAP.join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in texts
    )
    return "".join(f"{line}\n" for line in lines)


def text(cell: object) -> str:
    """A cell: scores by three digits, what is absent as a dash."""
    match cell:
        case None:
            return NOTHING
        case bool():
            return "yes" if cell else "no"
        case float():
            return f"{cell:.3f}"
    return str(cell)


def printable(written: str) -> str:
    """What an agent or a scorer wrote, without the control characters that would steer a terminal."""
    return _CONTROL.sub("\ufffd", written)


def _listed(objects: Sequence[KubeObject]) -> KubeObject:
    return {"apiVersion": "v1", "kind": "List", "items": list(objects)}


def _csv(rows: Sequence[Sequence[object]]) -> str:
    """RFC 4180 but for the line ends. A cell that a spreadsheet would take for a formula is quoted by an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    for row in rows:
        writer.writerow(["" if cell is None else _harmless(str(cell)) for cell in row])
    return out.getvalue()


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell[:1] in ("=", "+", "@", "\t", "\r") else cell
