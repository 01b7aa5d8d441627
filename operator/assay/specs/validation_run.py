"""Scenario → the ScenarioRuns that prove it: its reference output, some times, and an untouched environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from assay.api.agent import RunAgent
from assay.api.meta import LocalRef
from assay.api.scenariorun import ScenarioRunSpec

from . import names

Prover = Literal["Reference", "Nop"]


def run_names(scenario: str, content_hash: str, repetitions: int) -> dict[str, Prover]:
    """Which runs prove this content, with their agents, in the order in which to begin them."""

    def name(part: str) -> str:
        return names.child_name(scenario, "validate", content_hash[:8], part)

    references = [name(f"reference-{number}") for number in range(1, repetitions + 1)]
    return {references[0]: "Reference", name("nop"): "Nop", **dict.fromkeys(references[1:], "Reference")}


def run(scenario: Mapping[str, Any], name: str, agent: Prover) -> dict[str, Any]:
    """One of these runs."""
    proved = scenario["metadata"]["name"]
    spec = ScenarioRunSpec(scenario_ref=LocalRef(name=proved), agent=RunAgent(type=agent))
    labels = {names.SCENARIO: proved, names.VALIDATION: proved}
    return {
        "apiVersion": scenario["apiVersion"],
        "kind": "ScenarioRun",
        "metadata": names.metadata(scenario, name, "scenario-run", labels),
        "spec": spec.model_dump(by_alias=True, exclude_none=True, mode="json"),
    }
