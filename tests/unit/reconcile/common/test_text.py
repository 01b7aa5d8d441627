"""Texts in messages."""

from __future__ import annotations

import pytest

from assay.reconcile.common.text import listed, printable


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("plain\ttext\n", "plain\ttext\n"),
        ("\x1b[31mred\x1b[0m", "red"),
        ("\x1b]0;owned\x07title", "title"),
        ("\x1b]8;;http://x\x1b\\link", "link"),
        ("\x1b[?25l\x1b[2;5Hmoved", "moved"),
        ("\x1b]0;never ends", ""),
        ("nul\x00 bell\x07 del\x7f csi\x9b", "nul bell del csi"),
        ("a\r\nb\rc", "a\nb\nc"),
        ("\x1b", ""),
        ("ü€𝄞\ufffd", "ü€𝄞\ufffd"),
    ],
)
def test_what_steers_a_terminal_is_left_out(raw: str, clean: str) -> None:
    assert printable(raw) == clean


def test_a_few_names_and_how_many_more() -> None:
    assert listed([]) == ""
    assert listed(list("abcde")) == "a, b, c, d, e"
    assert listed(list("abcdefg")) == "a, b, c, d, e and 2 more"
    assert listed(list("ab"), 9) == "a, b and 7 more"
    assert listed(list("abcdefg"), 9) == "a, b, c, d, e and 4 more"
