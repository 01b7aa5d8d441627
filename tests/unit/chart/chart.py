"""The chart, rendered."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
CHART = ROOT / "helm/assay"
NAMESPACE = "assay-system"
Manifest = dict[str, Any]


def helm() -> str:
    """The helm program; the test is skipped where there is none."""
    program = shutil.which(os.environ.get("HELM", "helm"))
    if program is None:
        pytest.skip('helm is not on PATH: eval "$(python3 -m tests.cluster env)" or set HELM')
    return program


def template(*sets: str, show: Iterable[str] = ()) -> subprocess.CompletedProcess[str]:
    """`helm template` with those --set arguments."""
    command = [helm(), "template", "assay", str(CHART), "--namespace", NAMESPACE, "--kube-version", "1.35.0"]
    command += [argument for one in sets for argument in ("--set", one)]
    command += [argument for one in show for argument in ("--show-only", one)]
    return subprocess.run(command, capture_output=True, text=True)


@cache
def render(*sets: str) -> list[Manifest]:
    """All objects of the chart."""
    done = template(*sets)
    assert done.returncode == 0, done.stderr
    return [manifest for manifest in yaml.safe_load_all(done.stdout) if manifest]


def refusal(*sets: str) -> str:
    """What helm says of values that it must refuse."""
    done = template(*sets)
    assert done.returncode != 0, f"{sets} was accepted"
    return done.stderr


def of_kind(manifests: Iterable[Manifest], kind: str) -> dict[str, Manifest]:
    """The objects of a kind, by name."""
    return {one["metadata"]["name"]: one for one in manifests if one["kind"] == kind}


def settings(manifests: Iterable[Manifest]) -> Settings:
    """The settings file, as the operator reads it."""
    text = of_kind(manifests, "ConfigMap")["assay-operator"]["data"]["config.yaml"]
    return Settings.model_validate(yaml.safe_load(text))


def pod(manifests: Iterable[Manifest], name: str) -> Manifest:
    """The pod of a Deployment."""
    found: Manifest = of_kind(manifests, "Deployment")[name]["spec"]["template"]
    return found


def rights_of(role: Manifest, group: str) -> dict[str, set[str]]:
    """Resource → verbs in one API group, of a role."""
    found: dict[str, set[str]] = {}
    for rule in role["rules"]:
        if group in rule["apiGroups"]:
            for resource in rule["resources"]:
                found.setdefault(resource, set()).update(rule["verbs"])
    return found
