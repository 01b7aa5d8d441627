"""The command and a real API server: lint says the same as it, and doctor is answered."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from assay.cli.app import app
from assay.cli.linting import rules, schema
from assay.cli.linting.documents import read
from assay.kube.errors import ApiError
from assay.our_resources import OURS
from tests.integration.apiserver.realapi import RealApi

FUNCTION: dict[str, Any] = {"name": "f", "type": "Command", "command": {"command": ["true"]}}


def scenario(*functions: dict[str, Any], **more: Any) -> dict[str, Any]:
    contract = {"scoringFunctions": list(functions or (FUNCTION,))}
    return {"problemStatement": "x", "environment": {"image": "x"}, "scoringContract": contract, **more}


AGENT = {"agent": {"type": "Nop"}}
OBJECTS: list[tuple[str, dict[str, Any]]] = [
    ("Agent", {"type": "Nop"}),
    ("Agent", {"type": "Command"}),
    ("Agent", {"type": "Nop", "env": []}),
    ("Agent", {"type": "Command", "command": ["x"], "env": [{"name": "ASSAY_X"}]}),
    ("Agent", {"type": "Command", "command": ["x"], "env": [{"name": "a"}, {"name": "a"}]}),
    ("Agent", {"type": "Command", "command": ["x"], "env": [{"name": "1a"}]}),
    (
        "Agent",
        {"type": "Command", "command": ["x"], "envFrom": [{"prefix": "ASS", "secretRef": {"name": "s"}}]},
    ),
    (
        "Agent",
        {"type": "Command", "command": ["x"], "envFrom": [{"prefix": "MY_", "secretRef": {"name": "s"}}]},
    ),
    ("Agent", {"type": "Command", "command": ["x"], "resources": {"limits": {"cpu": 2, "memory": "1Gi"}}}),
    ("Agent", {"type": "Command", "command": ["x"], "resources": {"limits": {"cpu": "two"}}}),
    ("Agent", {"type": "Command", "command": "x"}),
    ("Benchmark", {}),
    ("Benchmark", {"scenarios": [{"name": "a"}, {"name": "a"}]}),
    ("BenchmarkRun", {"benchmarkRef": {"name": "b"}, **AGENT}),
    ("BenchmarkRun", {"benchmarkRef": {"name": "b"}}),
    ("BenchmarkRun", {"rescore": {"benchmarkRunRef": {"name": "b"}}}),
    ("BenchmarkRun", {"rescore": {"benchmarkRunRef": {"name": "b"}}, "attempts": 2}),
    ("BenchmarkRun", {"benchmarkRef": {"name": "b"}, **AGENT, "attempts": 101}),
    ("BenchmarkRun", {"benchmarkRef": {"name": "b"}, **AGENT, "attempts": 1.5}),
    ("BenchmarkRun", {"benchmarkRef": {"name": "b"}, **AGENT, "parameters": [{"name": "a", "value": "1"}]}),
    ("BenchmarkRun", {"benchmarkRef": {"name": "b"}, **AGENT, "template": {"network": {"egress": "Any"}}}),
    ("Blueprint", {"image": "x"}),
    ("Blueprint", {"image": "x y"}),
    ("Blueprint", {"image": "x", "target": "y"}),
    ("Blueprint", {"dockerfile": "FROM x", "image": "x"}),
    ("Devbox", {"image": "x", "files": [{"name": "launch", "content": ""}]}),
    ("DiskSnapshot", {"devboxRef": {"name": "x"}, "image": "x"}),
    ("Scenario", scenario()),
    ("Scenario", scenario({**FUNCTION, "weight": 0})),
    ("Scenario", scenario({**FUNCTION, "weight": 0.5})),
    ("Scenario", scenario({**FUNCTION, "name": "assay-x"})),
    ("Scenario", scenario({**FUNCTION, "name": "X"})),
    ("Scenario", scenario({**FUNCTION, "type": "BashScript"})),
    ("Scenario", scenario({**FUNCTION, "image": "x", "root": "Merged"})),
    ("Scenario", scenario(referenceOutput={"script": "x", "patch": "y"})),
    ("Scenario", scenario(referenceOutput={"script": "x", "kind": "Patch"})),
    ("Scenario", scenario(validation={"referenceThreshold": 0})),
    ("Scenario", scenario(environment={"image": "x", "blueprintRef": {"name": "y"}})),
    ("ScenarioRun", {"scenarioRef": {"name": "x"}}),
    ("Scorer", {"type": "Command", "command": {"command": []}}),
]


@pytest.mark.parametrize(("kind", "spec"), OBJECTS)
def test_lint_says_what_the_api_server_says(
    real_api: RealApi, kind: str, spec: dict[str, Any], tmp_path: Path
) -> None:
    obj = {"apiVersion": OURS[kind].api_version, "kind": kind, "metadata": {"name": "a", "namespace": "ns"}}
    path = tmp_path / "a.yaml"
    path.write_text(yaml.safe_dump({**obj, "spec": spec}))
    [document], _ = read(path)
    found = schema.check(document)
    if schema.fits(document.value):
        found += rules.check(document)
    refusal = ""
    try:
        real_api.create({**obj, "spec": spec})
        real_api.delete(OURS[kind], "ns", "a")
    except ApiError as error:
        refusal = error.message
    assert bool(found) == bool(refusal), f"lint: {found}\nAPI server: {refusal}"


async def test_doctor_is_answered_about_the_callers_rights(real_api: RealApi, tmp_path: Path) -> None:
    words = [
        "doctor",
        "--json",
        "--namespace",
        "ns",
        "--kubeconfig",
        real_api.kubeconfig(tmp_path / "config"),
    ]
    done = await asyncio.to_thread(CliRunner().invoke, app, words)
    checks = {one["about"]: one for one in json.loads(done.stdout)}
    assert checks["your rights"]["verdict"] == "ok"
    assert checks["kinds"]["verdict"] == "ok"
    assert checks["Kubernetes"]["verdict"] == "ok"
