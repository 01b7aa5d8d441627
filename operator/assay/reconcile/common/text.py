"""Names of objects in messages. Pure."""

from __future__ import annotations

from collections.abc import Sequence

LISTED_MAX = 5


def listed(names: Sequence[str]) -> str:
    """The first few, and how many there are beside them."""
    rest = len(names) - LISTED_MAX
    return ", ".join(names[:LISTED_MAX]) + (f" and {rest} more" if rest > 0 else "")
