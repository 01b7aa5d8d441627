"""Every scenario by every agent: what `make demo` shows."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.samples.project import named
from tests.unit.samples.running import score, work

SCENARIOS = sorted(named("Scenario"))
APPRENTICE = {
    "ledger-add-period": 0.5,
    "ledger-export": 0.5,
    "ledger-fix-sign": 1.0,
    "ledger-repair-tool": 3 / 7,
    "ledger-write-tests": 1 / 3,
}


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_nop_scores_nothing_and_scoring_leaves_no_trace(scenario: str, workdir: Path) -> None:
    work("nop", scenario, workdir)
    assert score(scenario, workdir) == 0.0
    status = ["git", "status", "--porcelain", "--ignored"]
    assert subprocess.run(status, cwd=workdir, capture_output=True, check=True).stdout == b""


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_reference_passes(scenario: str, workdir: Path) -> None:
    work("reference", scenario, workdir)
    assert score(scenario, workdir) == 1.0


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_apprentice_is_between(scenario: str, workdir: Path) -> None:
    work("apprentice", scenario, workdir)
    assert score(scenario, workdir) == pytest.approx(APPRENTICE[scenario], abs=1e-5)


def test_apprentice_shows_partial_credit() -> None:
    mean = sum(APPRENTICE.values()) / len(APPRENTICE)
    assert 0 < mean < 1
    assert sum(0 < value < 1 for value in APPRENTICE.values()) >= 2


def test_the_projects_own_tests_do_not_see_the_bug(workdir: Path) -> None:
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=workdir, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout


def test_tests_that_fail_on_right_code_score_nothing(workdir: Path) -> None:
    (workdir / "tests" / "test_split.py").write_text("def test_all():\n    assert False\n")
    assert score("ledger-write-tests", workdir) == 0.0


def test_breaking_what_worked_scores_nothing(workdir: Path) -> None:
    work("reference", "ledger-fix-sign", workdir)
    money = workdir / "ledger" / "money.py"
    money.write_text(money.read_text().replace("{whole:,}", "{whole}"))
    assert score("ledger-fix-sign", workdir) == 0.0


def test_code_that_prints_a_score_does_not_get_it(workdir: Path) -> None:
    for name in ("sys", "subprocess", "conftest"):
        (workdir / f"{name}.py").write_text("print('score=1.0')\nraise SystemExit\n")
    money = workdir / "ledger" / "money.py"
    money.write_text("import os\nprint('score=1.0', flush=True)\nos._exit(0)\n")
    assert score("ledger-fix-sign", workdir) == 0.0
