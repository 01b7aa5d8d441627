"""What `assay doctor` makes of the facts."""

from __future__ import annotations

import dataclasses
import json
from typing import Any

import pytest

from assay.api import KINDS
from assay.cli.checks.check import Check
from assay.cli.checks.cluster import numbers
from assay.cli.checks.facts import Facts
from assay.cli.checks.operator import RIGHTS
from assay.cli.doctor import diagnose
from assay.kube.errors import Forbidden, NotFound

FORBIDDEN, NOT_FOUND = Forbidden(403, "Forbidden", "no"), NotFound(404, "NotFound", "no")


def named(name: str, namespace: str = "", **more: Any) -> dict[str, Any]:
    return {"metadata": {"name": name, "namespace": namespace, **more}}


def node(kernel: str = "6.12.0-1-amd64", runtime: str = "containerd://2.2.2") -> dict[str, Any]:
    return {
        **named("one"),
        "status": {"nodeInfo": {"kernelVersion": kernel, "containerRuntimeVersion": runtime}},
    }


def probes(*, overlay: bool) -> dict[str, Any]:
    return {"data": {"x": json.dumps({"overlay": overlay, "error": "" if overlay else "no idmap"})}}


SETTINGS: dict[str, Any] = {"registry": {"push": "registry.example.com/x"}, "networkGateSeconds": 30}
GOOD = Facts(
    namespace_name="bench",
    version="v1.36.3",
    kinds=dict.fromkeys((kind.name for kind in KINDS), True),
    nodes=[node()],
    namespace=named("bench", labels={"pod-security.kubernetes.io/enforce": "privileged"}),
    storage_classes=[named("fast", annotations={"storageclass.kubernetes.io/is-default-class": "true"})],
    snapshot_classes=[named("csi", annotations={"snapshot.storage.kubernetes.io/is-default-class": "true"})],
    operators=[{**named("assay-operator", "assay-system"), "status": {"availableReplicas": 1}}],
    settings=SETTINGS,
    probes=probes(overlay=True),
    rights=dict.fromkeys(RIGHTS, True),
)


def found(**changes: Any) -> dict[str, Check]:
    """The checks that are not ok, by what they are about."""
    return {one.about: one for one in diagnose(dataclasses.replace(GOOD, **changes)) if one.verdict != "ok"}


def test_nothing_is_missing_where_all_is_there() -> None:
    assert found() == {}


@pytest.mark.parametrize(
    ("changes", "about", "says"),
    [
        ({"version": "v1.34.9"}, "Kubernetes", "1.35"),
        ({"nodes": [node(kernel="5.15.0")]}, "nodes", "kernel 5.15.0"),
        ({"nodes": [node(runtime="containerd://1.7.30")]}, "nodes", "containerd 1.7.30"),
        ({"nodes": []}, "nodes", "none"),
        ({"namespace": NOT_FOUND}, "namespace", "kubectl create namespace bench"),
        (
            {"namespace": named("bench", labels={"pod-security.kubernetes.io/enforce": "restricted"})},
            "namespace",
            "kubectl label namespace bench",
        ),
        ({"probes": probes(overlay=False)}, "root file systems", "no idmap"),
        ({"kinds": {**GOOD.kinds, "Agent": NOT_FOUND}}, "kinds", "Agent"),
        ({"operators": []}, "operator", "helm install"),
        ({"operators": [named("assay-operator", "home")]}, "operator", "kubectl logs -n home"),
        ({"settings": {**SETTINGS, "namespaces": ["other"]}}, "operator", "does not serve namespace bench"),
        ({"settings": {**SETTINGS, "networkGateSeconds": 0}}, "network policies", "networkGateSeconds"),
        ({"settings": {"networkGateSeconds": 30}}, "registry", "settings.registry.push"),
        ({"storage_classes": [named("slow")]}, "storage", "slow"),
        ({"settings": {**SETTINGS, "storageClass": "gone"}}, "storage", "no StorageClass gone"),
        ({"snapshot_classes": NOT_FOUND}, "snapshots", "external-snapshotter"),
        ({"snapshot_classes": []}, "snapshots", "default VolumeSnapshotClass"),
        ({"rights": {**GOOD.rights, ("create", "", "pods/exec"): False}}, "your rights", "open kept disks"),
    ],
)
def test_what_is_missing_is_named_with_its_cure(changes: dict[str, Any], about: str, says: str) -> None:
    checks = found(**changes)
    assert list(checks) == [about]
    assert checks[about].verdict == "missing"
    assert checks[about].cure
    assert says in f"{checks[about].found} {checks[about].cure}"


def test_a_class_that_the_operator_is_told_needs_no_default() -> None:
    settings = {**SETTINGS, "storageClass": "slow", "snapshotClass": "mine"}
    assert found(settings=settings, storage_classes=[named("slow")], snapshot_classes=[]) == {}


@pytest.mark.parametrize(
    "fact", ["nodes", "namespace", "storage_classes", "snapshot_classes", "operators", "settings", "probes"]
)
def test_what_one_may_not_look_at_is_unknown_and_not_missing(fact: str) -> None:
    checks = found(**{fact: FORBIDDEN})
    assert checks
    assert {one.verdict for one in checks.values()} == {"unknown"}


def test_a_namespace_without_a_label_may_do() -> None:
    assert found(namespace=named("bench"))["namespace"].verdict == "unknown"


@pytest.mark.parametrize(
    ("text", "expected"),
    [("v1.36.3-gke.1", (1, 36, 3)), ("6.3", (6, 3)), ("6.12.0+deb", (6, 12, 0)), ("x", ())],
)
def test_versions_are_compared_by_their_numbers(text: str, expected: tuple[int, ...]) -> None:
    assert numbers(text) == expected
