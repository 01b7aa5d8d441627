"""The file result.json of a scoring function: named parts of its score and a comment, for people. No I/O."""

from __future__ import annotations

import json
from typing import NamedTuple

_SUBSCORES_MAX, _NAME_MAX, _COMMENT_MAX = 32, 63, 1024


class Parts(NamedTuple):
    """What result.json adds to a score."""

    subscores: dict[str, float] | None = None
    comment: str | None = None
    problem: str | None = None
    """What is wrong with the file."""


def parse(content: str) -> Parts:
    """The parts in the content of the file; empty content: there is no file."""
    if not content:
        return Parts()
    try:
        data = json.loads(content)
    except (ValueError, RecursionError) as error:
        return Parts(problem=f"result.json is not JSON: {error}")
    if not isinstance(data, dict):
        return Parts(problem="result.json is not an object with scores and comment")
    subscores, problem = _subscores(data.get("scores"))
    found = data.get("problem")  # by the runner, which leaves out what cannot be used
    return Parts(subscores, _comment(data.get("comment")), found if isinstance(found, str) else problem)


def _subscores(scores: object) -> tuple[dict[str, float] | None, str | None]:
    """The scores that fit, and the problem where some do not."""
    if not scores:
        return None, None
    given = scores if isinstance(scores, dict) else {}
    good = {_text(name): float(value) for name, value in given.items() if _fits(name, value)}
    kept = dict(list(good.items())[:_SUBSCORES_MAX]) or None
    if given and len(kept or {}) == len(given):
        return kept, None
    return kept, (
        "result.json: scores is an object of at most 32 numbers, names of 63 characters: the rest is left out"
    )


def _comment(comment: object) -> str | None:
    if not isinstance(comment, str) or not comment:
        return None
    text = _text(comment)
    return text if len(text) <= _COMMENT_MAX else text[: _COMMENT_MAX - 1] + "…"


def _fits(name: str, value: object) -> bool:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return False
    return 0 < len(name) <= _NAME_MAX and -1e308 <= value <= 1e308  # not NaN, nor too large for a float


def _text(escaped: str) -> str:
    """The text without halves of surrogate pairs: JSON can escape them, and the API server refuses them."""
    return escaped.encode("utf-8", "replace").decode()
