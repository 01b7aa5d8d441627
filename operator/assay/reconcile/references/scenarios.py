"""Whether a scenario is validated."""

from __future__ import annotations

from assay.api.condition_types import ConditionType
from assay.api.unparsed import find_condition
from assay.kube_object import KubeObject


def is_validated(scenario: KubeObject) -> bool:
    """Whether the scenario's present spec is validated: `Validated` is True for its present generation."""
    found = find_condition(scenario, ConditionType.VALIDATED)
    generation = scenario["metadata"].get("generation", 1)
    return found is not None and found["status"] == "True" and found.get("observedGeneration") == generation
