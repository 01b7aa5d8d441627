"""Scenario → the ScenarioRuns that validate it: its reference output, repeated, and an untouched environment."""

from __future__ import annotations

from typing import Literal

from assay.api.agent import RunAgent
from assay.api.meta import LocalRef
from assay.api.scenario import Scenario
from assay.api.scenariorun import ScenarioRunSpec
from assay.kube_object import KubeObject

from . import names, run_content

ValidationAgent = Literal["Reference", "Nop"]


def run_names(scenario: str, content_hash: str, repetitions: int) -> dict[str, ValidationAgent]:
    """The runs that validate this content: name → agent, in the order in which to start them."""

    def name(part: str) -> str:
        return names.child_name(scenario, "validate", content_hash[:8], part)

    references = [name(f"reference-{number}") for number in range(1, repetitions + 1)]
    return {references[0]: "Reference", name("nop"): "Nop", **dict.fromkeys(references[1:], "Reference")}


def run(scenario: Scenario, name: str, agent: ValidationAgent) -> KubeObject:
    """One of these runs."""
    spec = ScenarioRunSpec(scenario_ref=LocalRef(name=scenario.name), agent=RunAgent(type=agent))
    labels = {names.SCENARIO: scenario.name, names.VALIDATION: scenario.name}
    return {
        "apiVersion": scenario.api_version,
        "kind": "ScenarioRun",
        "metadata": names.metadata(scenario, name, "scenario-run", labels),
        "spec": spec.model_dump(by_alias=True, exclude_none=True, mode="json"),
    }


def agent_of(scenario: Scenario, content_hash: str, found: KubeObject) -> ValidationAgent | None:
    """The agent of a marked run that validates this content; None if it is none of those that the scenario makes.

    An owner reference and a name are no proof.
    """
    name = found["metadata"]["name"]
    agent = run_names(scenario.name, content_hash, scenario.spec.validation.repetitions).get(name)
    if agent is None:
        return None
    spec = run(scenario, name, agent)["spec"]
    is_same = run_content.is_same(found, run_content.own_part(spec), run_content.common_hash(spec))
    return agent if is_same else None
