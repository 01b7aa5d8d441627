"""`assay lint` says what the API server would say, and where."""

from __future__ import annotations

import re
from pathlib import Path

import cel
import pytest
from typer.testing import CliRunner

from assay.api import KINDS
from assay.cli.app import app
from assay.cli.exits import Exit
from assay.cli.linting.rules import rules
from assay.cli.linting.schema import schema_of
from assay.crdgen.crd import walk
from assay.crdgen.kind import Kind

ROOT = Path(__file__).parents[3]
AGENT = "apiVersion: assay.dev/v1alpha1\nkind: Agent\nmetadata: {name: mini}\n"


def lint(tmp_path: Path, text: str, *options: str) -> tuple[int, list[str]]:
    """Exit code, and the findings without their file."""
    path = tmp_path / "file.yaml"
    path.write_text(text)
    done = CliRunner().invoke(app, ["lint", *options, str(path)])
    return done.exit_code, [line.removeprefix(f"{path}:") for line in done.output.splitlines()[:-1]]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_every_rule_of_every_kind_can_be_evaluated_here(kind: Kind) -> None:
    for _, node in walk(schema_of(kind.name)):
        for rule in rules(node):
            cel.compile(rule.rule)


def test_the_samples_are_clean() -> None:
    done = CliRunner().invoke(app, ["lint", "--strict", str(ROOT / "manifests" / "samples")])
    assert done.exit_code == Exit.OK, done.output
    assert re.match(r"1\d objects, 0 errors, 0 warnings", done.output)


@pytest.mark.parametrize(
    ("spec", "finding"),
    [
        ("{type: Command}", "4: error: Agent mini: spec: command goes with type Command, and only with it"),
        ("{type: Comand}", "4: error: Agent mini: spec.type: must be one of Command, Reference, Nop"),
        ("{type: Nop, comand: [a]}", "4: error: Agent mini: spec.comand: there is no such field"),
        (
            "{type: Nop, env: [{name: a}]}",
            "4: error: Agent mini: spec: args, env, envFrom, resources and network go with type Command: "
            "other agents work in the scenario's environment as it is",
        ),
        ("{}", "4: error: Agent mini: spec: 'type' is a required property"),
        ("{type: 3}", "4: error: Agent mini: spec.type: must be of type string"),
    ],
)
def test_what_the_api_server_refuses_is_found(tmp_path: Path, spec: str, finding: str) -> None:
    code, found = lint(tmp_path, f"{AGENT}spec: {spec}\n")
    assert code == Exit.FAILED
    assert finding in found


def test_an_unknown_field_hides_no_broken_rule(tmp_path: Path) -> None:
    _, found = lint(tmp_path, f"{AGENT}spec: {{type: Command, comand: [x]}}\n")
    assert len(found) == 2
    assert "there is no such field" in found[0]
    assert "command goes with type Command" in found[1]


def test_a_finding_has_the_line_of_its_field(tmp_path: Path) -> None:
    spec = "spec:\n  type: Command\n  command: [x]\n  env:\n  - name: fine\n  - name: ASSAY_RUN\n  - name: fine\n"
    _, found = lint(tmp_path, f"# a comment\n---\n{AGENT}{spec}")
    assert "12: error: Agent mini: spec.env[2]: name fine is there twice" in found


def test_rules_see_defaults_as_the_api_server_fills_them_in(tmp_path: Path) -> None:
    """`attempts` is 1 when absent, which the rule about re-scores asks for."""
    text = (
        "apiVersion: assay.dev/v1alpha1\nkind: BenchmarkRun\nmetadata: {name: again}\n"
        "spec: {rescore: {benchmarkRunRef: {name: monday}}}\n"
    )
    code, found = lint(tmp_path, text)
    assert code == Exit.OK
    assert found == [
        "4: warning: BenchmarkRun again: spec.rescore.benchmarkRunRef: there is no BenchmarkRun monday in these files"
    ]


def test_warnings_fail_only_if_they_are_meant_to(tmp_path: Path) -> None:
    text = f"{AGENT}spec: {{type: Command, command: [x], envFrom: [{{secretRef: {{name: key}}}}]}}\n"
    code, found = lint(tmp_path, text)
    assert (code, len(found)) == (Exit.OK, 1)
    assert lint(tmp_path, text, "--strict")[0] == Exit.FAILED


def test_what_a_kustomization_generates_is_there(tmp_path: Path) -> None:
    text = f"{AGENT}spec: {{type: Command, command: [x], envFrom: [{{secretRef: {{name: key}}}}]}}\n"
    assert lint(tmp_path, f"{text}---\nsecretGenerator:\n- name: key\n") == (Exit.OK, [])


def test_a_status_is_no_error(tmp_path: Path) -> None:
    """`kubectl get -o yaml` prints one."""
    assert lint(tmp_path, f"{AGENT}spec: {{type: Nop}}\nstatus: {{phase: Ready}}\n") == (Exit.OK, [])


def test_objects_of_a_list_are_looked_at_one_by_one(tmp_path: Path) -> None:
    item = "{apiVersion: assay.dev/v1alpha1, kind: Agent, metadata: {name: a}, spec: {type: X}}"
    code, found = lint(tmp_path, f"apiVersion: v1\nkind: List\nitems:\n- {item}\n")
    assert code == Exit.FAILED
    assert found == ["4: error: Agent a: spec.type: must be one of Command, Reference, Nop"]


@pytest.mark.parametrize(
    ("text", "finding"),
    [
        ("a: b\n c: d\n", "2: error: this is no YAML"),
        (f"{AGENT}spec: {{type: Nop, x: 2026-99-99}}\n", "1: error: this is no YAML"),
        (AGENT.replace("v1alpha1", "v1"), "1: error: Agent mini: apiVersion: write assay.dev/v1alpha1"),
        (AGENT.replace("Agent", "Agnet"), "2: error: Agnet mini: kind: assay.dev has no kind of that name"),
        (AGENT.replace("mini", "Mini"), "3: error: Agent Mini: metadata.name: 'Mini' is no name"),
    ],
)
def test_what_is_no_object_of_ours_is_told(tmp_path: Path, text: str, finding: str) -> None:
    code, found = lint(tmp_path, text)
    assert code == Exit.FAILED
    assert found[0].startswith(finding)


def test_other_objects_and_empty_documents_are_left_alone(tmp_path: Path) -> None:
    assert lint(tmp_path, "---\n---\napiVersion: v1\nkind: Secret\nmetadata: {name: x}\n---\n") == (
        Exit.OK,
        [],
    )


def test_a_file_that_is_not_there_is_a_mistake_of_usage() -> None:
    done = CliRunner().invoke(app, ["lint", "nowhere.yaml"])
    assert done.exit_code == Exit.USAGE
    assert "nowhere.yaml" in done.output
