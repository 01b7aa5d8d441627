"""`assay new` writes files that are valid as they are."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from assay.cli.app import app
from assay.cli.exits import Exit
from assay.cli.new import PLACEHOLDER, Template, content


@pytest.mark.parametrize("template", Template)
def test_a_new_file_has_no_errors(template: Template, tmp_path: Path) -> None:
    path = tmp_path / "new.yaml"
    assert CliRunner().invoke(app, ["new", template, "parser", "--file", str(path)]).exit_code == Exit.OK
    done = CliRunner().invoke(app, ["lint", str(path)])
    assert done.exit_code == Exit.OK, done.output


@pytest.mark.parametrize("template", Template)
def test_a_new_file_has_the_name_everywhere(template: Template) -> None:
    text = content(template, "parser")
    assert PLACEHOLDER not in text
    assert {one["metadata"]["name"] for one in yaml.safe_load_all(text)} == {"parser"}


def test_a_file_is_overwritten_only_by_force(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text("mine")
    words = ["new", "agent", "mini", "--file", str(path)]
    assert CliRunner().invoke(app, words).exit_code == Exit.USAGE
    assert path.read_text() == "mine"
    assert CliRunner().invoke(app, [*words, "--force"]).exit_code == Exit.OK
    assert "kind: Agent" in path.read_text()


@pytest.mark.parametrize("name", ["Parser", "a_b", "-a", "a" * 64, ""])
def test_a_name_that_the_cluster_refuses_is_refused(name: str) -> None:
    done = CliRunner().invoke(app, ["new", "agent", "--file", "-", "--", name])
    assert done.exit_code == Exit.USAGE
    assert "kind:" not in done.output
