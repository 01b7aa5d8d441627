"""The pictures of docs/report.md: `python -m tests.report.pictures` takes them again. Needs Chromium."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, ViewportSize

from assay.report import read, render

from .chromium import chromium
from .made import NOW, Obj, demo, large

PICTURES = Path(__file__).parents[2] / "docs" / "pictures"


@dataclass(frozen=True)
class Picture:
    """What is on a picture: which page, at which place, in which colours."""

    name: str
    objects: list[Obj]
    scheme: Literal["light", "dark"]
    height: int
    place: str
    """The selector of what is at the top."""
    fragment: str = ""


def main() -> None:
    """Take all pictures."""
    PICTURES.mkdir(exist_ok=True)
    with chromium() as browser, tempfile.TemporaryDirectory() as folder:
        for picture in (
            Picture("report", demo(), "light", 980, "body"),
            Picture("report-cell", demo(), "dark", 760, ".matrix", "#c0-2-1"),
            Picture("report-5000", large(), "light", 700, ".matrix"),
        ):
            take(browser, picture, Path(folder))


def take(browser: Browser, picture: Picture, folder: Path) -> None:
    """Write a picture, 1100 pixels wide."""
    file = folder / "report.html"
    file.write_text(render(*read(picture.objects), now=NOW), encoding="utf-8")
    size = ViewportSize(width=1100, height=picture.height)
    page = browser.new_page(viewport=size, color_scheme=picture.scheme, reduced_motion="reduce")
    page.goto(f"{file.as_uri()}{picture.fragment}")
    page.evaluate("place => document.querySelector(place).scrollIntoView()", picture.place)
    page.screenshot(path=PICTURES / f"{picture.name}.png")
    page.close()


if __name__ == "__main__":
    main()
