"""Whether a ScenarioRun is the one that the operator would create: an owner reference and a name are no proof.

The spec is compared in two parts. What differs between the runs of one BenchmarkRun is in the cache as it is. Of the
rest, which may be long, the cache keeps a hash.
"""

from __future__ import annotations

import json
from functools import lru_cache

from pydantic import ValidationError

from assay.api.lifecycle import STEERED
from assay.api.scenariorun import ScenarioRunSpec
from assay.kube_object import KubeObject

from . import names

OWN = ("scenarioRef", "attempt", "rescore")
"""The fields of a spec that are the run's own."""
_UNREADABLE = "unreadable"  # the content of no run that the operator makes


def own_part(spec: KubeObject) -> KubeObject:
    """What of a run's spec is its own."""
    return {key: spec[key] for key in OWN if key in spec}


def common_hash(spec: KubeObject) -> str:
    """A hash of the rest, but for what may be changed: equal for specs that mean the same."""
    rest = {key: value for key, value in spec.items() if key not in (*OWN, *STEERED)}
    return _hash(json.dumps(rest, sort_keys=True))


def marked(run: KubeObject) -> KubeObject:
    """The run with that hash as annotation, in place of what others may have written there."""
    metadata = run["metadata"]
    annotations = {**(metadata.get("annotations") or {}), names.CONTENT_HASH: common_hash(run["spec"])}
    return {**run, "metadata": {**metadata, "annotations": annotations}}


def is_same(run: KubeObject, own: KubeObject, common: str) -> bool:
    """Whether a marked run has this own part, and the rest with this hash."""
    annotations = run["metadata"].get("annotations") or {}
    return annotations.get(names.CONTENT_HASH) == common and own_part(run["spec"]) == own


@lru_cache(maxsize=64)  # the runs of one BenchmarkRun have it in common
def _hash(rest: str) -> str:
    try:
        spec = ScenarioRunSpec.model_validate_json(rest)
    except ValidationError:
        return _UNREADABLE
    normal = spec.model_dump(by_alias=True, exclude_none=True, mode="json")
    return names.content_hash({key: value for key, value in normal.items() if key not in OWN})
