"""Logs as text and as JSON."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from assay import logs


@pytest.fixture(autouse=True)
def _keep_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers, root.level = handlers, level


def written(style: str, reason: str = "QuotaExceeded", namespace: str = "team") -> str:
    logs.configure("INFO", "json" if style == "json" else "text")
    stream = io.StringIO()
    [handler] = logging.getLogger().handlers
    assert isinstance(handler, logging.StreamHandler)
    handler.setStream(stream)
    extra = logs.about("ScenarioRun", namespace, "r-1", reason)
    logging.getLogger("assay.x").info("wrote status", extra=extra)
    return stream.getvalue()


def test_text_names_the_object_and_the_reason() -> None:
    assert written("text").endswith("INFO assay.x: wrote status ScenarioRun team/r-1: QuotaExceeded\n")
    assert written("text", reason="").endswith("wrote status ScenarioRun team/r-1\n")
    assert written("text", namespace="").endswith("wrote status ScenarioRun r-1: QuotaExceeded\n")


def test_text_that_is_no_unicode_is_written_all_the_same() -> None:
    record = logging.LogRecord("assay.x", logging.ERROR, "", 0, "no %s", ("\udcff",), None)
    assert logs.TextFormatter().format(record).endswith("no \\udcff")


def test_text_without_an_object_is_a_plain_line() -> None:
    logs.configure("INFO", "text")
    [handler] = logging.getLogger().handlers
    record = logging.LogRecord("assay", logging.INFO, "", 0, "listed %s", ("all",), None)
    assert handler.format(record).endswith("INFO assay: listed all")


def test_json_has_a_field_for_each() -> None:
    entry = json.loads(written("json"))
    assert entry["message"] == "wrote status"
    assert (entry["level"], entry["logger"]) == ("INFO", "assay.x")
    assert (entry["kind"], entry["namespace"], entry["name"]) == ("ScenarioRun", "team", "r-1")
    assert entry["reason"] == "QuotaExceeded"


def test_json_is_one_line_even_of_an_exception() -> None:
    logs.configure("INFO", "json")
    [handler] = logging.getLogger().handlers
    try:
        raise ValueError("a\nb")
    except ValueError as error:
        info = (ValueError, error, error.__traceback__)
        line = handler.format(logging.LogRecord("assay", logging.ERROR, "", 0, "failed", (), info))
    assert "\n" not in line
    assert "ValueError" in json.loads(line)["exc_info"]
