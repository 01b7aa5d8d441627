"""A page, and what a reader of its HTML finds in it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from html.parser import HTMLParser
from typing import Any

from assay.report import read, render
from tests.report.made import NOW, Obj


class Page(HTMLParser):
    """The elements and texts of a page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.html = html
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: dict[str | None, str] = {}
        self.style = ""
        self.text = ""
        self._in: tuple[str, str | None] = ("", None)
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        self._in = (tag, dict(attrs).get("id"))

    def handle_endtag(self, tag: str) -> None:
        if tag in ("script", "style"):
            self._in = ("", None)
        self.text += " " if tag in ("td", "th") else ""

    def handle_data(self, data: str) -> None:
        tag, id_ = self._in
        if tag == "script":
            self.scripts[id_] = self.scripts.get(id_, "") + data
        elif tag == "style":
            self.style += data
        else:
            self.text += data

    def all(self, tag: str) -> list[dict[str, str | None]]:
        """The attributes of each element of that name."""
        return [attributes for name, attributes in self.tags if name == tag]

    def attempts(self, row: int = 0, column: int = 0, board: int = 0) -> list[dict[str, Any]]:
        """What the dialog of a cell shows."""
        found: list[dict[str, Any]] = json.loads(self.scripts[f"d{board}-{row}"])[column]
        return found

    def words(self) -> str:
        """The text with single spaces."""
        return " ".join(self.text.split())

    def cells(self) -> Iterator[str]:
        """What a screen reader reads for each cell of the matrix."""
        return (a["aria-label"] or "" for a in self.all("button") if (a.get("id") or "").startswith("c"))


def page(objects: Iterable[Obj]) -> Page:
    """The page about these objects."""
    return Page(render(*read(objects), now=NOW))
