"""doctor and top, and where the command looks for its cluster."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from assay.cli.app import app
from assay.cli.checks.facts import ACCESS_REVIEWS, DEPLOYMENTS, SNAPSHOT_CLASSES, STORAGE_CLASSES
from assay.cli.exits import Exit
from assay.kube.resources import CONFIG_MAPS
from tests.integration.cli.conftest import Assay
from tests.integration.fakeapi import FakeApi
from tests.integration.running import create_run

LABELS = {"app.kubernetes.io/name": "assay", "app.kubernetes.io/component": "operator"}


def install(api: FakeApi) -> None:
    metadata = {"name": "assay-operator", "namespace": "assay-system", "labels": LABELS}
    api.create({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata}, DEPLOYMENTS)
    api.patch_status(DEPLOYMENTS, "assay-system", "assay-operator", {"availableReplicas": 1})
    config = yaml.safe_dump({"registry": {"push": "registry.example.com"}, "rootFilesystem": "Overlay"})
    api.create(
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"config.yaml": config}}
    )


async def test_doctor_asks_the_cluster(api: FakeApi, assay: Assay) -> None:
    install(api)
    done = await assay("doctor", "--json")
    checks = {one["about"]: one["verdict"] for one in json.loads(done.stdout)}
    assert checks["operator"] == checks["kinds"] == checks["registry"] == checks["Kubernetes"] == "ok"
    assert checks["storage"] == checks["nodes"] == "missing"
    assert done.exit_code == Exit.FAILED
    assert {one.resource for one in api.requests} >= {STORAGE_CLASSES.plural, SNAPSHOT_CLASSES.plural}
    assert api.all(CONFIG_MAPS)
    reviews = [one.body for one in api.requests if one.resource == ACCESS_REVIEWS.plural]
    assert {
        "namespace": "team",
        "verb": "create",
        "group": "",
        "resource": "pods",
        "subresource": "exec",
    } in [one["spec"]["resourceAttributes"] for one in reviews]


async def test_doctor_tells_cures_after_the_table(api: FakeApi, assay: Assay) -> None:
    done = await assay("doctor")
    assert "operator: there is none\n  helm install assay" in done.stdout


async def test_a_cluster_that_does_not_answer_has_an_exit_code_of_its_own(
    api: FakeApi, tmp_path: Path
) -> None:
    api.url = "http://127.0.0.1:9"
    words = ["doctor", "--kubeconfig", api.kubeconfig(tmp_path / "config")]
    done = await asyncio.to_thread(CliRunner().invoke, app, words)
    assert done.exit_code == Exit.REFUSED
    assert "does not answer" in done.output


async def test_top_shows_what_waits_in_all_namespaces(api: FakeApi, assay: Assay) -> None:
    create_run(api, "one", "sum")
    done = await assay("top", "--namespace", "ns")
    assert "one" not in done.stdout
    done = await assay("top", "-A")
    assert "scenariorun/one" in done.stdout


@pytest.fixture
def two_contexts(api: FakeApi, tmp_path: Path) -> str:
    """A kubeconfig whose second context has a namespace."""
    path = tmp_path / "contexts"
    config = yaml.safe_load(Path(api.kubeconfig(path)).read_text())
    other = {"cluster": "fake", "user": "fake", "namespace": "team"}
    config["contexts"].append({"name": "other", "context": other})
    path.write_text(yaml.safe_dump(config))
    return str(path)


async def test_the_namespace_is_that_of_the_context(api: FakeApi, two_contexts: str) -> None:
    create_run(api, "one", "sum")
    words = ["top", "--kubeconfig", two_contexts]
    done = await asyncio.to_thread(CliRunner().invoke, app, words)
    assert "one" not in done.stdout
    done = await asyncio.to_thread(CliRunner().invoke, app, [*words, "--context", "other"])
    assert "scenariorun/one" in done.stdout
    done = await asyncio.to_thread(CliRunner().invoke, app, [*words, "--context", "none"])
    assert done.exit_code == Exit.REFUSED
