"""Every command says how it is used."""

from __future__ import annotations

import pytest
import typer
from typer.testing import CliRunner

from assay import __version__
from assay.cli.app import app
from assay.cli.exits import Exit

COMMANDS = [str(one) for one in typer.main.get_group(app).commands]


@pytest.mark.parametrize("command", COMMANDS)
def test_help_shows_an_example_and_the_exit_codes(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--help"])
    assert done.exit_code == Exit.OK
    assert f"assay {command}" in done.output.partition("Example")[2]
    assert "Exit codes:" in done.output


def test_there_are_commands_to_look_at() -> None:
    assert {"run", "watch", "results", "logs", "lint", "doctor"} <= set(COMMANDS)


def test_an_unknown_option_is_a_mistake_of_usage() -> None:
    assert CliRunner().invoke(app, ["top", "--nonsense"]).exit_code == Exit.USAGE


def test_the_version_is_that_of_the_package() -> None:
    assert CliRunner().invoke(app, ["--version"]).output == f"assay {__version__}\n"
