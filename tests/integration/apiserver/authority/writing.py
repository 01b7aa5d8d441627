"""Specs with something in any place where the schemas of our kinds have it."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import yaml

from assay.kube.resources import Resource
from assay.our_resources import OURS
from tests.integration.apiserver.ownership.owned import plain
from tests.integration.apiserver.realapi import CRDS
from tests.integration.fakecollection import Json

MINE = ("mine", *(f"mine-{number}" for number in range(8)))
NAMER = "namer"
"""An author who may get Secrets and ConfigMaps of these names, and no others."""
READER = "reader"
"""An author who may get every Secret and ConfigMap."""
SECRETS = Resource("", "v1", "secrets", "Secret")

COMMAND: Json = {"type": "Command", "command": ["x"]}
FUNCTIONS = "scoringContract.scoringFunctions[]"
DRY_RUN = "dryRun.environment"
PLACES = ("agent", "environment", DRY_RUN, "template", FUNCTIONS, "")
"""Where a spec has parts that are alike in several kinds; at last, the spec itself."""


def paths(kind: str, *fields: str) -> list[str]:
    """The paths of a kind's spec that end in one of these fields; `[]` is any item of a list."""
    return [path for path in _all_paths(kind) if name_of(path) in fields]


def names(kind: str) -> set[str]:
    """The names of all fields of a kind's spec."""
    return set(map(name_of, _all_paths(kind)))


def name_of(path: str) -> str:
    """The name of the field at a path."""
    return path.rsplit(".", 1)[-1]


def split(path: str) -> tuple[str, str]:
    """A path as place and rest."""
    place = next(one for one in PLACES if not one or path.startswith(f"{one}."))
    return place, path.removeprefix(f"{place}.")


def written(kind: str, place: str, part: Mapping[str, Any] | None = None, **metadata: Any) -> Json:
    """An object as people write it, with these fields in that place of its spec."""
    made = copy.deepcopy(plain(kind, **metadata))
    spec = made["spec"]
    if kind == "Agent":
        spec |= COMMAND
    if "agent" in spec:
        spec["agent"] = dict(COMMAND)
    if place == DRY_RUN:
        scorer = {"scorerRef": {"name": "x"}}
        spec = made["spec"] = {"dryRun": {"scorer": scorer, "environment": {"image": "example.test/x"}}}
    at = spec
    for step in filter(None, place.split(".")):
        at = at[step[:-2]][0] if step.endswith("[]") else at.setdefault(step, {})
    if part and part.get("type") and kind != "Agent":  # another member of the union of functions
        at.pop("bashScript", None)
    if kind == "Blueprint" and part:
        spec.pop("image")
    at.update(copy.deepcopy(dict(part or {})))
    return made


def secret_of(name: str) -> str:
    """The path of a Secret."""
    return SECRETS.path("ns", name)


@cache
def _all_paths(kind: str) -> tuple[str, ...]:
    crd = yaml.safe_load((CRDS / f"assay.dev_{OURS[kind].plural}.yaml").read_text())
    [version] = crd["spec"]["versions"]
    return tuple(_walk(version["schema"]["openAPIV3Schema"]["properties"]["spec"]))


def _walk(schema: Json, path: str = "") -> Iterator[str]:
    for name, field in schema.get("properties", {}).items():
        here = f"{path}.{name}" if path else name
        yield here
        yield from _walk(field, here)
        if field.get("type") == "array":
            yield from _walk(field["items"], f"{here}[]")
