"""The sample manifests hang together and render."""

import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from assay.api import KINDS
from tests.unit.samples.project import SAMPLES, context, kustomization, manifests, named

PART_OF = {"app.kubernetes.io/part-of": "assay-samples"}
CONTEXT_LABELS = {**PART_OF, "assay.dev/build-context": "true"}


def test_labels() -> None:
    labels = [item["metadata"].get("labels") for item in manifests()]
    assert labels == [PART_OF] * len(labels)
    assert kustomization()["generatorOptions"]["labels"] == CONTEXT_LABELS


def test_models_accept_them() -> None:
    kinds = {kind.name: kind for kind in KINDS}
    for item in manifests():
        spec = kinds[item["kind"]].spec.model_validate(item["spec"])
        # Unknown fields are dropped: what comes out must be what went in.
        dumped = spec.model_dump(mode="json", by_alias=True, exclude_unset=True)
        assert dumped == item["spec"]
        assert item["apiVersion"] == "assay.dev/v1alpha1"


def test_names_resolve() -> None:
    listed = [item["name"] for item in named("Benchmark")["ledger"]["scenarios"]]
    assert sorted(listed) == sorted(named("Scenario"))
    for scenario in named("Scenario").values():
        assert scenario["environment"] == {"blueprintRef": {"name": "ledger"}}
    for name, run in named("BenchmarkRun").items():
        assert run["benchmarkRef"]["name"] in named("Benchmark")
        assert name == f"ledger-{run['agent']['ref']['name']}"
    assert {run["agent"]["ref"]["name"] for run in named("BenchmarkRun").values()} == set(named("Agent"))


def test_every_source_is_in_the_context(workdir: Path) -> None:
    files = kustomization()["configMapGenerator"][0]["files"]
    assert len(context()) == len(files), "two files of one base name"
    sources = {
        path for path in (SAMPLES / "ledger").rglob("*") if path.is_file() and "cache" not in str(path)
    }
    assert sources == set(context().values())
    copied = {path.name for path in workdir.rglob("*") if path.is_file()}
    assert set(context()) <= copied


def test_every_manifest_is_applied() -> None:
    written = {path for path in SAMPLES.rglob("*.yaml") if path.parent.name != "runs"}
    assert written == {SAMPLES / name for name in ["kustomization.yaml", *kustomization()["resources"]]}


@pytest.mark.skipif(shutil.which("kubectl") is None, reason="kubectl is not installed")
def test_kustomize_renders() -> None:
    done = subprocess.run(["kubectl", "kustomize", str(SAMPLES)], capture_output=True, text=True, check=True)
    rendered = list(yaml.safe_load_all(done.stdout))
    [sources] = [item for item in rendered if item["kind"] == "ConfigMap"]
    assert sources["metadata"] == {"name": "ledger-source", "labels": CONTEXT_LABELS}
    assert sources["data"] == {key: path.read_text() for key, path in context().items()}
    specs = {(item["kind"], item["metadata"]["name"]): item["spec"] for item in rendered if "spec" in item}
    for kind in ("Blueprint", "Agent", "Scenario", "Benchmark"):
        assert {name: spec for (of, name), spec in specs.items() if of == kind} == named(kind)
