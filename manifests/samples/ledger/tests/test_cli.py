from pathlib import Path

import pytest
from ledger.cli import main


@pytest.fixture
def journal(tmp_path: Path) -> str:
    path = tmp_path / "some.journal"
    path.write_text("2026-01-05 * Corner shop\n    Expenses:Food  42.10\n    Assets:Bank\n")
    return str(path)


def test_balance(journal: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-f", journal, "balance"]) == 0
    assert capsys.readouterr().out == "        -42.10  Assets:Bank\n         42.10  Expenses:Food\n"


def test_register(journal: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-f", journal, "register", "Assets"]) == 0
    assert capsys.readouterr().out == "2026-01-05        -42.10        -42.10  Corner shop\n"


def test_missing_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-f", str(tmp_path / "none"), "balance"]) == 1
    assert "ledger: " in capsys.readouterr().err
