"""The CRD files are what the models say; the samples are what they accept."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from assay.api import KINDS
from assay.crdgen.crd import crd, render, unbounded
from assay.crdgen.kind import GROUP, Kind

REPOSITORY = Path(__file__).parents[2]
CRDS, SAMPLES = REPOSITORY / "crds", REPOSITORY / "manifests" / "samples"
BYTES_MAX = 200_000  # kubectl apply keeps a copy in an annotation of at most 256 KiB
BY_NAME = {kind.name: kind for kind in KINDS}


def path(kind: Kind) -> Path:
    return CRDS / f"{GROUP}_{kind.plural}.yaml"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_the_file_is_generated_from_the_models(kind: Kind) -> None:
    assert path(kind).read_text() == render(kind), "run make crds"


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_kubectl_apply_can_carry_it(kind: Kind) -> None:
    assert path(kind).stat().st_size < BYTES_MAX


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_everything_a_user_writes_is_bounded(kind: Kind) -> None:
    [version] = crd(kind)["spec"]["versions"]
    spec = version["schema"]["openAPIV3Schema"]["properties"]["spec"]
    assert unbounded(spec) == []


def test_there_is_no_file_of_a_kind_that_is_gone() -> None:
    assert set(CRDS.glob("*.yaml")) == {path(kind) for kind in KINDS}


def manifests() -> list[Any]:
    """Samples of our kinds, each with its file as id."""
    found = []
    for file in sorted(SAMPLES.rglob("*.yaml")):
        for document in yaml.safe_load_all(file.read_text()):
            if document and str(document.get("apiVersion", "")).startswith(f"{GROUP}/"):
                name = f"{file.relative_to(SAMPLES)}:{document['metadata'].get('name')}"
                found.append(pytest.param(document, id=name))
    return found or [pytest.param(None, marks=pytest.mark.skip(reason="there are no samples yet"))]


@pytest.mark.parametrize("manifest", manifests())
def test_samples_are_accepted(manifest: dict[str, Any]) -> None:
    kind = BY_NAME[manifest["kind"]]
    assert manifest["apiVersion"] == kind.api_version
    kind.spec.model_validate(manifest["spec"])
    [version] = crd(kind)["spec"]["versions"]
    schema = version["schema"]["openAPIV3Schema"]
    assert unknown({"spec": manifest["spec"]}, {"properties": {"spec": schema["properties"]["spec"]}}) == []


def unknown(value: Any, schema: dict[str, Any], where: str = "") -> list[str]:
    """Fields that the API server would drop."""
    if isinstance(value, list):
        return [one for item in value for one in unknown(item, schema.get("items", {}), f"{where}[]")]
    if not isinstance(value, dict) or schema.get("x-kubernetes-preserve-unknown-fields"):
        return []
    if "additionalProperties" in schema:
        return []
    known = schema.get("properties", {})
    missing = [f"{where}.{key}" for key in value if key not in known]
    return missing + [
        one for key in value if key in known for one in unknown(value[key], known[key], f"{where}.{key}")
    ]
