"""ScenarioRun → Devbox: how each type of agent meets the problem."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.api.agent import AgentSpec
from assay.api.devbox import DevboxSpec, File
from assay.api.meta import EnvVar, Parameter
from assay.api.scenariorun import PinnedRun, ScenarioRunSpec
from assay.api.scoring import ReferenceOutput

from . import names, rootfs

PROBLEM = "problem.md"
STATEMENT_IN_ENV_MAX = 8192  # bytes; longer ones are in the file only
REFERENCE = "reference"


def devbox(run: Mapping[str, Any], spec: ScenarioRunSpec, pinned: PinnedRun) -> dict[str, Any]:
    """The devbox in which the run's agent works."""
    scenario, agent = pinned.scenario, pinned.agent
    environment = scenario.environment
    files = [File(name=PROBLEM, content=scenario.problem_statement)]
    if agent.type == "Reference" and scenario.reference_output:
        # Only a pod that applies the reference ever sees it.
        files.append(File(name=REFERENCE, content=_text(scenario.reference_output)))
    devbox_spec = DevboxSpec(
        image=pinned.image.reference,
        user=pinned.image.user or None,
        working_dir=scenario.working_dir or pinned.image.working_dir or None,
        command=_command(agent, scenario.reference_output),
        args=agent.args,
        env=_environment(run, spec, pinned),
        env_from=agent.env_from,
        files=files,
        resources=agent.resources or environment.resources,
        disk=environment.disk,
        active_deadline_seconds=scenario.timeouts.agent_seconds,
    )
    labels = run_labels(run, spec)
    return {
        "apiVersion": run["apiVersion"],
        "kind": "Devbox",
        "metadata": names.metadata(run, run["metadata"]["name"], "devbox", labels),
        "spec": devbox_spec.model_dump(by_alias=True, exclude_none=True, mode="json"),
    }


def run_labels(run: Mapping[str, Any], spec: ScenarioRunSpec) -> dict[str, str]:
    """Labels that say which run a child is of."""
    ours = {names.SCENARIO_RUN: run["metadata"]["name"], names.SCENARIO: spec.scenario_ref.name}
    benchmark_run = (run["metadata"].get("labels") or {}).get(names.BENCHMARK_RUN)
    return {**ours, names.BENCHMARK_RUN: benchmark_run} if benchmark_run else ours


def _command(agent: AgentSpec, reference: ReferenceOutput | None) -> list[str]:
    match agent.type:
        case "Nop":
            return [rootfs.BUSYBOX, "true"]
        case "Reference":
            kind = "patch" if reference and reference.patch else "script"
            return rootfs.script("reference.sh", kind, f"{rootfs.FILES_DIR}/{REFERENCE}")
        case "Command":
            return agent.command or []


def _text(reference: ReferenceOutput) -> str:
    return reference.patch or reference.script or ""


def _environment(run: Mapping[str, Any], spec: ScenarioRunSpec, pinned: PinnedRun) -> list[EnvVar]:
    scenario = pinned.scenario
    ours = {
        "ASSAY_SCENARIO": spec.scenario_ref.name,
        "ASSAY_RUN": run["metadata"]["name"],
        "ASSAY_ATTEMPT": str(spec.attempt),
        "ASSAY_PROBLEM_FILE": f"{rootfs.FILES_DIR}/{PROBLEM}",
    }
    if len(scenario.problem_statement.encode()) <= STATEMENT_IN_ENV_MAX:
        ours["ASSAY_PROBLEM_STATEMENT"] = rootfs.literal(scenario.problem_statement)
    variables = rootfs.env_list(
        scenario.environment.env or (), pinned.agent.env or (), _parameters(spec.parameters or ()), **ours
    )
    return [EnvVar.model_validate(variable) for variable in variables]


def _parameters(parameters: list[Parameter] | tuple[()]) -> list[EnvVar]:
    return [EnvVar(name=f"ASSAY_PARAM_{p.name.upper()}", value=rootfs.literal(p.value)) for p in parameters]
