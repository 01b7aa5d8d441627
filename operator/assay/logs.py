"""Logs as text or JSON, one line an entry. Entries about an object carry its kind, namespace, name and a reason."""

from __future__ import annotations

import logging
from typing import Literal

from pythonjsonlogger.json import JsonFormatter


class TextFormatter(logging.Formatter):
    """Time, level, logger and message, then the fields that name an object."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """The line, with `Kind namespace/name: reason` behind it where the entry is about an object."""
        line = (
            super().format(record).encode(errors="backslashreplace").decode()
        )  # an error may quote no Unicode
        if not (kind := getattr(record, "kind", "")):
            return line
        where = f"{getattr(record, 'namespace', '')}/{getattr(record, 'object_name', '')}".lstrip("/")
        reason = getattr(record, "reason", "")
        return f"{line} {kind} {where}" + (f": {reason}" if reason else "")


def configure(level: str, style: Literal["text", "json"]) -> None:
    """Send everything from `level` on to standard error."""
    handler = logging.StreamHandler()
    json_format = "%(asctime)s %(levelname)s %(name)s %(message)s"
    renamed = {"asctime": "time", "levelname": "level", "name": "logger", "object_name": "name"}
    as_json = JsonFormatter(json_format, rename_fields=renamed)
    handler.setFormatter(as_json if style == "json" else TextFormatter())
    logging.basicConfig(level=level, handlers=[handler], force=True)
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)  # one line per event otherwise


def about(kind: str, namespace: str, name: str, reason: str = "") -> dict[str, str]:
    """The `extra` of an entry about an object (`name` is taken by logging itself)."""
    return {"kind": kind, "namespace": namespace, "object_name": name, "reason": reason}
