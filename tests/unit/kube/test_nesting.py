"""JSON of any depth is parsed, cut where it is too deep, and known to be too deep."""

import json
from typing import Any

import pytest

from assay.kube import nesting


def deep(levels: int, opening: str = '{"a":', closing: str = "}") -> str:
    return opening * levels + "1" + closing * levels


def depth(value: Any) -> int:
    """Levels of lists and maps along the first child of each."""
    levels = 0
    while isinstance(value, dict | list):
        levels += 1
        value = next(iter(value.values() if isinstance(value, dict) else value))
    return levels


@pytest.mark.parametrize("text", [deep(10_000), deep(10_000, "[", "]"), deep(5_000, '[{"b":', "}]")])
def test_what_is_too_deep_is_cut(text: str) -> None:
    parsed = json.loads(nesting.cut(text.encode()))
    assert depth(parsed) == nesting.CUT
    assert nesting.is_deep(parsed), "that it was cut can still be seen"
    assert nesting.is_deep(nesting.loads(text.encode()))


def test_what_stands_beside_stays() -> None:
    before, after = '[1, {"x": "}]"}]', '"\\"[[{{\\\\"'
    text = f'{{"before": {before}, "deep": {deep(9_999)}, "after": {after}, "more": [{deep(700)}, 2]}}'
    parsed = json.loads(nesting.cut(text.encode()))
    assert (parsed["before"], parsed["after"], parsed["more"][1]) == ([1, {"x": "}]"}], '"[[{{\\', 2)


@pytest.mark.parametrize("text", ['{"a": [1, 2]}', deep(nesting.CUT), json.dumps([[{}]] * 1000)])
def test_what_is_not_too_deep_is_left_as_it_is(text: str) -> None:
    assert nesting.cut(text.encode()) == text.encode()
    assert nesting.loads(text.encode()) == json.loads(text)


def test_brackets_in_texts_are_no_levels() -> None:
    text = json.dumps({"script": "[{" * 5_000, 'key"[[[' * 200: ["\\"]})
    assert nesting.cut(text.encode()) == text.encode()


def test_the_greatest_depth_is_a_hundred_levels() -> None:
    assert not nesting.is_deep(json.loads(deep(nesting.DEPTH_MAX)))
    assert nesting.is_deep(json.loads(deep(nesting.DEPTH_MAX + 1)))
    assert not nesting.is_deep("text")


def test_no_json_is_an_error() -> None:
    for text in (b"", b"<html>", b"{" * 2000):
        with pytest.raises(ValueError, match=r"Expecting|Unterminated"):
            nesting.loads(text)
