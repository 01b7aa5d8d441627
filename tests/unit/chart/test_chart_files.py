"""What is made from something else is what it would be made into today."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest
import yaml

from assay import __version__
from assay.api import KINDS
from assay.settings import RegistrySettings, Settings
from tests.unit.chart.chart import CHART, ROOT, helm, of_kind, render, settings
from tests.unit.chart.values_table import described, leaves, values, with_table

GENERATED = (
    "manifests/base/install.yaml",
    "manifests/components/registry/registry.yaml",
    "manifests/components/registry/settings.yaml",
)


def test_crds_are_those_of_the_models() -> None:
    copies = {path.name: path.read_text() for path in (CHART / "files/crds").iterdir()}
    assert copies == {path.name: path.read_text() for path in (ROOT / "crds").glob("*.yaml")}, (
        "run helm/render-base.sh"
    )
    assert len(copies) == len(KINDS)


def test_crds_rendered() -> None:
    wanted = {}
    for path in (ROOT / "crds").glob("*.yaml"):
        crd = yaml.safe_load(path.read_text())
        wanted[crd["metadata"]["name"]] = crd
    assert of_kind(render("crds.keep=false"), "CustomResourceDefinition") == wanted
    kept = of_kind(render(), "CustomResourceDefinition")
    assert all(
        crd["metadata"].pop("annotations") == {"helm.sh/resource-policy": "keep"} for crd in kept.values()
    )
    assert kept == wanted
    assert not of_kind(render("crds.install=false"), "CustomResourceDefinition")


def test_chart_has_the_operators_version() -> None:
    assert yaml.safe_load((CHART / "Chart.yaml").read_text())["appVersion"] == __version__


def test_base_and_components_are_rendered_from_the_chart(tmp_path: Path) -> None:
    script = ROOT / "helm/render-base.sh"
    subprocess.run([str(script), str(tmp_path)], env={**os.environ, "HELM": helm()}, check=True)
    for name in GENERATED:
        assert (tmp_path / name).read_text() == (ROOT / name).read_text(), f"{name}: run helm/render-base.sh"


def test_readme_lists_every_value() -> None:
    readme = (CHART / "README.md").read_text()
    assert readme == with_table(readme), "run PYTHONPATH=operator python -m tests.unit.chart.values_table"


def test_every_value_is_described() -> None:
    known = described()
    assert not [
        path for path in leaves(values()) if not any(path[:n] in known for n in range(1, len(path) + 1))
    ]


def test_values_have_the_keys_and_defaults_of_the_settings() -> None:
    given = values()["settings"]
    assert given.keys() == {field.alias for field in Settings.model_fields.values()}
    assert given["registry"].keys() == {field.alias for field in RegistrySettings.model_fields.values()}
    defaults = Settings(toolbox_image="x", registry=RegistrySettings(push="x"))
    found = settings(render("settings.toolboxImage=x", "settings.registry.push=x"))
    assert found == defaults


@pytest.mark.parametrize("component", [None, "registry"])
def test_kustomize_builds(tmp_path: Path, component: str | None) -> None:
    if not (kubectl := shutil.which("kubectl")):
        pytest.skip("kubectl is not on PATH")
    above = os.path.relpath(ROOT / "manifests", tmp_path.resolve())
    overlay = {"resources": [f"{above}/base"]}
    if component:
        overlay["components"] = [f"{above}/components/{component}"]
    (tmp_path / "kustomization.yaml").write_text(yaml.safe_dump(overlay))
    built = subprocess.run([kubectl, "kustomize", str(tmp_path)], capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    manifests = list(yaml.safe_load_all(built.stdout))
    assert len(of_kind(manifests, "CustomResourceDefinition")) == len(KINDS)
    assert {one["metadata"].get("namespace", "assay-system") for one in manifests} == {"assay-system"}
    level = of_kind(manifests, "Namespace")["assay-system"]["metadata"]["labels"][
        "pod-security.kubernetes.io/enforce"
    ]
    push = settings(manifests).registry.push
    if component:
        assert (level, push) == ("privileged", "assay-registry.assay-system.svc:5000")
    else:
        assert (level, push) == ("restricted", "")
