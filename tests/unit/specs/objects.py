"""Objects as the API server hands them out, for the tests of builders and of what decides over them."""

from __future__ import annotations

from typing import Any

import yaml

from assay.api.agent import AgentSpec
from assay.api.blueprint import BlueprintImage
from assay.api.devbox import Devbox
from assay.api.scenario import ScenarioSpec
from assay.api.scenariorun import PinnedRun, ScenarioRun
from assay.settings import RegistrySettings, Settings
from assay.specs import scorer_job
from assay.specs.pod_plan import MountPlan
from assay.specs.scorer_job import LeftDisk, Scorers

Obj = dict[str, Any]

DIGEST = "sha256:" + "0123456789abcdef" * 4
IMAGE = BlueprintImage(
    reference=f"pull.example.test/assay/blueprints@{DIGEST}", user="1000:1000", working_dir="/src"
)
SETTINGS = Settings(
    toolbox_image="example.test/assay:1",
    registry=RegistrySettings(push="push.example.test/team", pull="pull.example.test/team"),
)
OVERLAY = MountPlan("Overlay", "asked for")

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
    if kind.endswith("Run") and "status" in more:
        more["status"] = with_end(more["status"])
    return {"apiVersion": "assay.dev/v1alpha1", "kind": kind, "metadata": metadata, **more}


def with_end(status: Obj) -> Obj:
    """The status of a run, with the condition that goes with a phase in which it has ended."""
    phase, found = status.get("phase"), status.get("conditions") or []
    if phase not in ("Complete", "Failed") or any(one["type"] == phase for one in found):
        return status
    reason = "Scored" if phase == "Complete" else "PodLost"
    end = {"type": phase, "status": "True", "reason": reason, "message": "", "observedGeneration": 1}
    return {**status, "conditions": [*found, {**end, "lastTransitionTime": "2026-01-02T10:00:00Z"}]}


def scenario(**changes: Any) -> ScenarioSpec:
    """The scenario above, with top-level fields replaced."""
    return ScenarioSpec.model_validate({**from_yaml(SCENARIO), **changes})


def pinned(agent: Obj | None = None, image: BlueprintImage = IMAGE, **changes: Any) -> PinnedRun:
    """What a run uses: that scenario, and an agent."""
    return PinnedRun(
        scenario_generation=3,
        content_hash="abc",
        scenario=scenario(**changes),
        image=image,
        agent=AgentSpec.model_validate(agent or {"type": "Command", "command": ["solve"]}),
    )


FUNCTIONS = """
- name: hidden
  type: BashScript
  bashScript: {secretKeyRef: {name: hidden, key: check.sh}}
  envFrom: [{secretRef: {name: model}}]
  resources: {limits: {memory: 256Mi}}
- name: shared
  type: BashScript
  bashScript: {configMapKeyRef: {name: scripts, key: check.sh}}
  root: Clean
- name: python
  type: PythonScript
  pythonScript: {script: "print(1.0)\\n", requirements: "requests==2\\n", pythonVersion: ">=3.11"}
  network: {egress: Internet}
- name: tests
  type: TestFiles
  testFiles:
    files: [{path: tests/test_a.py, content: "def test_a(): pass\\n"}, {path: conftest.py, content: ""}]
    from:
    - {secretRef: {name: hidden}, items: [{key: b, path: tests/test_b.py}]}
    - {configMapRef: {name: more}}
    restore: [tests, pyproject.toml]
    command: [python3, -m, pytest, "--junitxml=/.assay/results/junit.xml"]
    junit: {failToPass: ["tests.test_a::test_a", test_b], passToPass: [test_c], allOrNothing: true}
- name: plain
  type: TestFiles
  testFiles: {files: [{path: check.sh, content: "#!/bin/sh\\n"}], command: [./check.sh]}
- name: pattern
  type: AstGrep
  astGrep: {pattern: "print($$$ARGS)", directory: src, language: python}
- name: judge
  type: Command
  command: {command: [judge, --strict]}
  image: judge.example.test/judge:1
  env: [{name: LANG, value: judge}, {name: KEY, valueFrom: {secretKeyRef: {name: model, key: key}}}]
  network: {egress: Any}
  timeoutSeconds: 60
- name: custom
  type: Command
  command: {command: ["true"]}
  custom: {scorerRef: {name: any}, parameters: {limit: 3, note: "costs $(HOME) $5"}}
"""
JUDGE = IMAGE.model_copy(
    update={"reference": f"judge.example.test/judge@{DIGEST}", "user": "", "working_dir": "/judge"}
)


def pinned_functions(*only: str, **changes: Any) -> PinnedRun:
    """A run scored by those of the functions above; all of them if none is named."""
    functions: list[Obj] = yaml.safe_load(FUNCTIONS)
    functions = [one for one in functions if not only or one["name"] in only]
    made = pinned(scoringContract={"scoringFunctions": functions}, **changes)
    return made.model_copy(update={"function_images": {"judge": JUDGE}})


def run(name: str = "r", labels: dict[str, str] | None = None, **spec: Any) -> ScenarioRun:
    """A run of it."""
    given = {"scenarioRef": {"name": "fix-it"}, "agent": {"ref": {"name": "solver"}}, **spec}
    return ScenarioRun.parse(existing("ScenarioRun", name, labels=labels or {}, spec=given))


def devbox(name: str, **status: Any) -> Devbox:
    """The devbox of a run."""
    return Devbox.parse(existing("Devbox", name, spec={}, status=status))


def scorer_jobs(run: ScenarioRun, pinned: PinnedRun, box: Devbox, settings: Settings = SETTINGS) -> list[Obj]:
    """The Jobs of a run all of whose functions work in pods of their own, on the disk of this devbox."""
    status = box.status
    left = LeftDisk(
        box, box.name, status.root_filesystem or "Overlay", status.directories or (), status.node_name
    )
    functions = Scorers(pinned.scenario.scoring_contract.scoring_functions)
    return scorer_job.jobs(run, pinned, functions, left, settings)
