"""Texts in messages: lists of object names, and what programs print."""

from __future__ import annotations

import re
from collections.abc import Sequence

LISTED_MAX = 5
# Sequences that steer a terminal (ECMA-48: CSI and OSC), then all other control characters but line feed and tab.
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?)")
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def listed(names: Sequence[str], total: int | None = None) -> str:
    """The first few names, and how many more there are; `total` if these are the first of so many."""
    rest = (len(names) if total is None else total) - min(len(names), LISTED_MAX)
    return ", ".join(names[:LISTED_MAX]) + (f" and {rest} more" if rest > 0 else "")


def printable(text: str) -> str:
    """The text without what would steer the terminal of somebody who reads it; lines stay lines."""
    lines = _ESCAPES.sub("", text).replace("\r\n", "\n").replace("\r", "\n")
    return _CONTROLS.sub("", lines)
