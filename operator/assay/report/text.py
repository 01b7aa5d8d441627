"""Text that others wrote, made harmless: agents choose what their output does to a reader's screen. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from markupsafe import Markup

# Colours and cursor movements. Titles and links of terminals hold text, and stay: see _HIDDEN.
_TERMINAL = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")
_HIDDEN = re.compile(
    "["
    "\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters but for tab and newline
    "\u00ad\u061c\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff"  # no width, or turning text around
    "\ufff9-\ufffb\U000e0000-\U000e007f"  # annotations and tags: text that only machines read
    "\ud800-\udfff\ufffe\uffff"  # no characters at all
    "]"
)
# `<` alone would do for a script element; `>` and `&` also stop what reads the page as XML.
_MARKUP = {ord("<"): "\\u003c", ord(">"): "\\u003e", ord("&"): "\\u0026"}


def visible(text: str) -> str:
    """The text without colours, and with what cannot be seen as `\\u202e`.

    So no text hides or turns around what stands beside it.
    """
    plain = _TERMINAL.sub("", text.replace("\r\n", "\n"))
    return _HIDDEN.sub(lambda found: f"\\u{ord(found[0]):04x}", plain)


def finalize(value: object) -> object:
    """What a template prints for a value: nothing for None, text made visible, marked-up text as it is."""
    if value is None:
        return ""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def script_json(value: Any) -> Markup:
    """JSON that can stand in a script element: plain ASCII, and no character that HTML knows."""
    text = json.dumps(_all_visible(value), ensure_ascii=True, allow_nan=False, separators=(",", ":"))
    return Markup(text.translate(_MARKUP))  # nothing of HTML is left to escape


def _all_visible(value: Any) -> Any:
    """The value with all its texts visible, and without keys that have no value."""
    if isinstance(value, str):
        return visible(value)
    if isinstance(value, Mapping):
        return {visible(key): _all_visible(item) for key, item in value.items() if item is not None}
    if isinstance(value, list | tuple):
        return [_all_visible(item) for item in value]
    return value
