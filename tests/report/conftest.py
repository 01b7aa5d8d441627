"""A browser that has the page open."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from assay.report import read, render
from tests.report.chromium import chromium
from tests.report.made import NOW, Obj

Open = Callable[..., Page]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One for the module: while it runs its event loop does, and tests that are coroutines cannot."""
    with chromium() as running:
        yield running


@pytest.fixture
def open_page(browser: Browser, tmp_path: Path) -> Iterator[Open]:
    """Open the page about objects; the test fails if it logged an error, broke its policy or used the network."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    wrong: list[str] = []

    def open_(objects: list[Obj], fragment: str = "") -> Page:
        file = tmp_path / "report.html"
        file.write_text(render(*read(objects), now=NOW), encoding="utf-8")
        page = context.new_page()
        page.on("console", lambda message: wrong.append(message.text))
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("dialog", lambda dialog: wrong.append(f"dialog: {dialog.message}"))
        page.on("request", lambda request: wrong.append(request.url) if request.url[:5] != "file:" else None)
        page.goto(f"{file.as_uri()}{fragment}")
        return page

    yield open_
    context.close()
    assert not wrong
