"""How the agent of a ScenarioRun works, and its Devbox: each type of agent gets the problem in its own way."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from assay.api.agent import AgentFields, AgentSpec
from assay.api.devbox import DevboxSpec, File
from assay.api.meta import PARAMETER, EnvVar, LocalRef, Network, Parameter
from assay.api.scenariorun import PinnedRun, ScenarioRun
from assay.api.scoring import ReferenceOutput
from assay.kube_object import KubeObject

from . import names, pod_parts, run_labels, run_tries

PROBLEM = "problem.md"
STATEMENT_IN_ENV_MAX = 8192  # bytes; longer ones are in the file only
REFERENCE = "reference"


class _Given(NamedTuple):
    agent: AgentFields
    network: Network | None = None
    parameters: Sequence[Parameter] = ()


def devbox(run: ScenarioRun, pinned: PinnedRun) -> KubeObject:
    """The devbox in which the run's agent works; of a run without an agent, the disk to score and no pod."""
    mode: dict[str, Any] = {} if pinned.agent else {"operating_mode": "Suspended"}
    return _manifest(run, spec(run, pinned).model_copy(update={**_origin(pinned), **mode}))


def opened(run: ScenarioRun, pinned: PinnedRun) -> KubeObject:
    """A devbox on the disk that the run's own Job left, to look around."""
    idle = {"operating_mode": "Idle", "root_filesystem": "Overlay"}
    return _manifest(run, spec(run, pinned).model_copy(update=idle))


def spec(run: ScenarioRun, pinned: PinnedRun) -> DevboxSpec:
    """What works where, on the run's image: the agent, if the run has one."""
    common: dict[str, Any] = {
        "image": pinned.image.reference,
        "disk": pinned.scenario.environment.disk,
        "root_filesystem": pinned.root_filesystem,
        "scheduling": run.spec.scheduling,
    }
    return DevboxSpec(**common, **(_work(run, pinned, pinned.agent) if pinned.agent else {}))


def _manifest(run: ScenarioRun, spec: DevboxSpec) -> KubeObject:
    return {
        "apiVersion": run.api_version,
        "kind": "Devbox",
        "metadata": names.metadata(run, run_tries.name(run), "devbox", run_labels.of(run)),
        "spec": spec.model_dump(by_alias=True, exclude_none=True, mode="json"),
    }


def _origin(pinned: PinnedRun) -> dict[str, Any]:
    if pinned.disk_snapshot:
        return {"disk_snapshot_ref": LocalRef(name=pinned.disk_snapshot), "image": None}
    return {}


def _work(run: ScenarioRun, pinned: PinnedRun, agent: AgentSpec) -> dict[str, Any]:
    scenario, reference = pinned.scenario, pinned.scenario.reference_output
    environment, given = scenario.environment, _given(run, agent)
    files, reference_from = [File(name=PROBLEM, content=scenario.problem_statement)], None
    if agent.type == "Reference" and reference:
        # Only the pod that applies the reference sees it.
        reference_from = reference.secret_key_ref
        if text := reference.patch or reference.script:
            files.append(File(name=REFERENCE, content=text))
    return {
        "user": pinned.image.user or None,
        "working_dir": scenario.working_dir or pinned.image.working_dir or None,
        "launch_commands": environment.launch_commands,
        "command": _command(agent, reference),
        "args": given.agent.args,
        "env": _environment(run, pinned, given),
        "env_from": given.agent.env_from,
        "files": files,
        "reference_from": reference_from,
        "resources": given.agent.resources or environment.resources,
        "network": given.network or given.agent.network or environment.network,
        "active_deadline_seconds": scenario.timeouts.agent_seconds,
    }


def _given(run: ScenarioRun, agent: AgentSpec) -> _Given:
    """What Agent and run give to the agent. One that is not the runner's own command takes nothing, whatever got in
    before the API server refused it: it may hold a reference that people who run it may not read.
    """
    if agent.type == "Command":
        return _Given(agent, run.spec.network, run.spec.parameters or ())
    return _Given(AgentFields())


def _command(agent: AgentSpec, reference: ReferenceOutput | None) -> list[str]:
    match agent.type:
        case "Nop":
            return [pod_parts.BUSYBOX, "true"]
        case "Reference":
            is_script = reference is not None and (reference.script or reference.kind == "Script")
            kind = "script" if is_script else "patch"
            file = f"{pod_parts.FILES_DIR}/{REFERENCE}"
            return [*pod_parts.runner("reference"), kind, file]
        case "Command":
            return agent.command or []


def _environment(run: ScenarioRun, pinned: PinnedRun, given: _Given) -> list[EnvVar]:
    scenario = pinned.scenario
    ours = {
        "ASSAY_RUN": run.name,
        "ASSAY_ATTEMPT": str(run.spec.attempt),
        "ASSAY_PROBLEM_FILE": f"{pod_parts.FILES_DIR}/{PROBLEM}",
    }
    if run.spec.scenario_ref:
        ours = {"ASSAY_SCENARIO": run.spec.scenario_ref.name, **ours}
    if len(scenario.problem_statement.encode()) <= STATEMENT_IN_ENV_MAX:
        ours["ASSAY_PROBLEM_STATEMENT"] = pod_parts.literal(scenario.problem_statement)
    variables = pod_parts.env_list(
        scenario.environment.env or (), given.agent.env or (), _parameters(given.parameters), **ours
    )
    return [EnvVar.model_validate(variable) for variable in variables]


def _parameters(parameters: Iterable[Parameter]) -> list[EnvVar]:
    return [EnvVar(name=f"{PARAMETER}{p.name.upper()}", value=pod_parts.literal(p.value)) for p in parameters]
