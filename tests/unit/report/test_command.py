"""`python -m assay.report`: from files, or from what kubectl prints, to a page."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from assay.report.__main__ import main
from tests.report.made import demo


def test_it_writes_a_page_from_files(tmp_path: Path) -> None:
    objects, files = demo(), []
    for name, part in {"benchmarkruns.json": objects[:1], "scenarioruns.json": objects[1:]}.items():
        files.append(str(tmp_path / name))
        Path(files[-1]).write_text(json.dumps({"kind": "List", "items": part}))
    assert main([*files, "-o", str(tmp_path / "report.html")]) == 0
    assert "ledger-reference" in (tmp_path / "report.html").read_text("utf-8")


def test_it_reads_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(json.dumps({"kind": "List", "items": demo()})))
    assert main(["-", "-o", str(tmp_path / "report.html")]) == 0
    assert (tmp_path / "report.html").stat().st_size > 50_000


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "wrong.json: Expecting value"),
        ("not JSON", "wrong.json: Expecting value"),
        ("[]", "it has no kind"),
        ('{"kind": "ScenarioRun", "metadata": {"name": "r1"}}', "ScenarioRun r1: "),
    ],
)
def test_what_cannot_be_read_is_an_error_that_says_where(
    text: str, told: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = tmp_path / "wrong.json"
    wrong.write_text(text)
    assert main([str(wrong), "-o", str(tmp_path / "report.html")]) == 1
    assert told in capsys.readouterr().err
    assert not (tmp_path / "report.html").exists()


def test_a_file_that_is_missing_is_an_error(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([str(tmp_path / "none.json"), "-o", str(tmp_path / "report.html")]) == 1
    assert "none.json" in capsys.readouterr().err
