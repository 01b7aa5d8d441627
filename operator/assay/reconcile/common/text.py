"""Lists of object names in messages."""

from __future__ import annotations

from collections.abc import Sequence

LISTED_MAX = 5


def listed(names: Sequence[str]) -> str:
    """The first few names, and how many more there are."""
    rest = len(names) - LISTED_MAX
    return ", ".join(names[:LISTED_MAX]) + (f" and {rest} more" if rest > 0 else "")
