"""What a score rests on, as one hash."""

from __future__ import annotations

from collections.abc import Sequence

from assay.api.scenario import ScenarioSpec
from assay.api.scoring import ScoringFunction
from assay.specs import names


def content_hash(
    scenario: ScenarioSpec, functions: Sequence[ScoringFunction], image: str, root_filesystem: str
) -> str:
    """Equal hash, comparable scores: spec, functions as their Scorers make them, images, way of mounting.

    `functions` name images of their own by digest, as `image` is one: a tag that has moved is another content.

    When to validate is no content. Defaults are left out, so that a field that a later version adds changes nothing.
    """
    spec = scenario.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
    spec.get("validation", {}).pop("mode", None)
    if spec.get("validation") == {}:
        del spec["validation"]
    resolved = [
        one.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
        for one in functions
    ]
    return names.content_hash([spec, resolved, image, root_filesystem])
