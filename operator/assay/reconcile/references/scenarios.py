"""Whether a scenario may be run."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

VALIDATED = "Validated"


def is_validated(scenario: Mapping[str, Any]) -> bool:
    """Whether the scenario as it is now was proved valid."""
    found = (scenario.get("status") or {}).get("conditions") or ()
    generation = scenario["metadata"].get("generation", 1)
    return any(
        one["type"] == VALIDATED and one["status"] == "True" and one.get("observedGeneration") == generation
        for one in found
    )
