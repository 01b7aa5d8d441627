"""How deeply JSON is nested. Python's own parser and most code that walks an object recurse once a level.

The API server takes objects of 10,000 levels. What is nested more than CUT levels is cut off when it is parsed, so
that no reader ends by one object; whoever keeps an object asks `is_deep`, which a cut object still is.
"""

from __future__ import annotations

import json
import re
from typing import Any

DEPTH_MAX = 100
"""Levels of lists and maps that an object may have: below the limits of Python, pydantic and jsonschema."""
CUT = 2 * DEPTH_MAX
FEW = 400
"""Documents with so few lists and maps are parsed by every Python, whatever their shape."""

_TOKEN = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"|[\[\]{}]', re.DOTALL)


def loads(text: bytes) -> Any:
    """Parse JSON of any depth, cut where it is deeper than CUT. ValueError if it is no JSON."""
    try:
        return json.loads(text)
    except RecursionError:
        return json.loads(cut(text))


def cut(text: bytes) -> bytes:
    """The same JSON with `null` for each list and map that is nested deeper than CUT levels."""
    if text.count(b"[") + text.count(b"{") <= FEW:
        return text
    pieces: list[bytes] = []
    depth = start = 0
    for token in _TOKEN.finditer(text):
        if token[0] in (b"[", b"{"):
            depth += 1
            if depth == CUT + 1:
                pieces += text[start : token.start()], b"null"
        elif token[0] in (b"]", b"}"):
            if depth == CUT + 1:
                start = token.end()
            depth -= 1
    return b"".join((*pieces, text[start:])) if pieces else text


def is_deep(value: object) -> bool:
    """Whether a parsed value has more than DEPTH_MAX levels of lists and maps. Level by level: it does not recurse."""
    level: list[Any] = [value] if isinstance(value, dict | list) else []
    for _ in range(DEPTH_MAX):
        level = [
            child
            for node in level
            for child in (node.values() if isinstance(node, dict) else node)
            if isinstance(child, dict | list)
        ]
        if not level:
            return False
    return True
