"""Objects as the API server hands them out, for the tests of builders and of what decides over them."""

from __future__ import annotations

from typing import Any

import yaml

from assay.api.agent import AgentSpec
from assay.api.blueprint import BlueprintImage
from assay.api.scenario import ScenarioSpec
from assay.api.scenariorun import PinnedRun, ScenarioRunSpec
from assay.build.devbox import Root
from assay.build.settings import BuildSettings, RegistrySettings

Obj = dict[str, Any]

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGE = BlueprintImage(
    reference=f"pull.example.test/assay/blueprints@{DIGEST}", user="1000:1000", working_dir="/src"
)
SETTINGS = BuildSettings(
    toolbox_image="example.test/assay:1",
    registry=RegistrySettings(push="push.example.test/team", pull="pull.example.test/team"),
)
OVERLAY = Root("Overlay", "asked for")

SCENARIO = """
problemStatement: |
  Make `make check` pass.
environment:
  blueprintRef: {name: project}
workingDir: /src
scoringContract:
  scoringFunctions:
  - {name: tests, weight: 0.7, type: BashScript, bashScript: {script: "make check && echo 1.0\\n"}}
  - {name: lint, weight: 0.3, type: Command, command: {command: [sh, -c, make lint]}, timeoutSeconds: 60}
timeouts: {agentSeconds: 600, scoringSeconds: 300}
"""


def from_yaml(text: str) -> Obj:
    """A manifest, or a part of one."""
    loaded: Obj = yaml.safe_load(text)
    return loaded


def existing(kind: str, name: str, **more: Any) -> Obj:
    """One of our objects as it is stored; `labels`, `owner_references` and `generation` are metadata."""
    metadata: Obj = {
        "name": name,
        "namespace": "team",
        "uid": f"uid-of-{name}",
        "resourceVersion": "7",
        "generation": more.pop("generation", 1),
    }
    for key, wire in {"labels": "labels", "owner_references": "ownerReferences"}.items():
        if key in more:
            metadata[wire] = more.pop(key)
    return {"apiVersion": "assay.dev/v1alpha1", "kind": kind, "metadata": metadata, **more}


def scenario(**changes: Any) -> ScenarioSpec:
    """The scenario above, with top-level fields replaced."""
    return ScenarioSpec.model_validate({**from_yaml(SCENARIO), **changes})


def pinned(agent: Obj | None = None, image: BlueprintImage = IMAGE, **changes: Any) -> PinnedRun:
    """What a run uses: that scenario, and an agent."""
    return PinnedRun(
        scenario_generation=3,
        scenario_hash="abc",
        scenario=scenario(**changes),
        image=image,
        agent=AgentSpec.model_validate(agent or {"type": "Command", "command": ["solve"]}),
    )


def run_spec(**more: Any) -> ScenarioRunSpec:
    """The spec of a run of it."""
    spec = {"scenarioRef": {"name": "fix-it"}, "agent": {"ref": {"name": "solver"}}, **more}
    return ScenarioRunSpec.model_validate(spec)
