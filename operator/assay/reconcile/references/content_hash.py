"""The hash of a scenario's content: runs with equal hashes have comparable scores."""

from __future__ import annotations

from collections.abc import Sequence

from assay.api.meta import Model
from assay.api.scenario import ScenarioSpec
from assay.api.scoring import ScoringFunction
from assay.kube_object import KubeObject
from assay.specs import names


def content_hash(
    scenario: ScenarioSpec, functions: Sequence[ScoringFunction], image: str, root_filesystem: str
) -> str:
    """Hash of the spec, the functions with what their Scorers add, the images and how disks are mounted.

    `image` and the images of `functions` are references by digest, so a tag that moves changes the hash.
    `validation.mode` and default values are excluded, so a field added later keeps existing hashes.
    """
    spec = _without_defaults(scenario)
    spec.get("validation", {}).pop("mode", None)
    if spec.get("validation") == {}:
        del spec["validation"]
    return names.content_hash([spec, [_without_defaults(one) for one in functions], image, root_filesystem])


def _without_defaults(model: Model) -> KubeObject:
    return model.model_dump(mode="json", by_alias=True, exclude_none=True, exclude_defaults=True)
