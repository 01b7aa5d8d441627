"""What the cluster needs on top of Kubernetes: storage with snapshots, a registry, enforced network policies."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from string import Template
from typing import Final

from . import gobuild, pins
from .cache import content_key
from .console import ClusterError, capture, step
from .source import Source

NAMESPACES: Final = ("kube-system", "csi", "registry")
"""Namespaces whose pods must run for the cluster to be ready."""

_RECORD = "assay-addons"
_DRIVER = "hostpath.csi.k8s.io"
_MANIFESTS = Path(__file__).with_name("manifests")
_CRD_MODULE = "github.com/kubernetes-csi/external-snapshotter/client/v8"
_CRD_UPSTREAM = "https://github.com/kubernetes-csi/external-snapshotter/client/config/crd?ref="
Kubectl = Callable[..., str]


def current(source: Source, kubectl: Kubectl) -> bool:
    """Whether the cluster has what this checkout would apply."""
    found = kubectl(
        "get", "configmap", "-n", "kube-system", _RECORD, "-o=jsonpath={.data.key}", "--ignore-not-found"
    )
    return found == _key(source)


def apply(source: Source, kubectl: Kubectl) -> None:
    """Apply the snapshot types, the storage driver, the registry and what enforces network policies."""
    with step("apply storage, registry and network"):
        crds = _CRD_UPSTREAM + pins.EXTERNAL_SNAPSHOTTER
        if source is Source.REGISTRIES:
            crds = str(gobuild.module_files(gobuild.STORAGE, _CRD_MODULE, "config/crd"))
        _server_side(kubectl, "--kustomize", crds)
        kubectl("wait", "--for=condition=Established", "crd", "--all", "--timeout=60s")
        # kind's own default class has no snapshots, and a class's provisioner cannot be changed.
        if _provisioner(kubectl, "standard") not in ("", _DRIVER):
            kubectl("delete", "storageclass", "standard")
        for manifest in _manifests(source):
            _server_side(kubectl, "--filename=-", stdin=manifest)
        record = kubectl(
            *("create", "configmap", "-n", "kube-system", _RECORD, f"--from-literal=key={_key(source)}"),
            *("--dry-run=client", "-o=yaml"),
        )
        _server_side(kubectl, "--filename=-", stdin=record)


def wait_for_rollouts(kubectl: Kubectl) -> None:
    """Until pods of before, which are ready too, have made way for those of what was applied."""
    with step("roll out what changed"):
        for namespace in NAMESPACES:
            kubectl("rollout", "status", "daemonset,deployment", "-n", namespace, "--timeout=120s")


def image_names(source: Source) -> set[str]:
    """The images that what is applied runs."""
    return set(re.findall(r"image: (\S+)", "".join(_manifests(source))))


def lossy_driver(source: Source) -> str:
    """The manifest of a snapshot driver that drops extended attributes, for a test."""
    return render((_MANIFESTS / "csi-lossy.yaml").read_text(), source)


def _provisioner(kubectl: Kubectl, storage_class: str) -> str:
    return kubectl("get", "storageclass", storage_class, "-o=jsonpath={.provisioner}", "--ignore-not-found")


def _manifests(source: Source) -> list[str]:
    names = ["storageclass.yaml", "storageclass-wait.yaml", "csi.yaml", "registry.yaml"]
    if source is Source.REGISTRIES:
        names.append("network.yaml")  # the network that kind brings enforces policies itself
    return [render((_MANIFESTS / name).read_text(), source) for name in names]


def _key(source: Source) -> str:
    return content_key(*_manifests(source))


def render(manifest: str, source: Source) -> str:
    """Put the pinned image names into a manifest."""
    values = {name: value for name, value in vars(pins).items() if name.endswith("_IMAGE")}
    if source is Source.UPSTREAM:
        values["CSI_HOSTPATH_IMAGE"] = pins.CSI_HOSTPATH_UPSTREAM_IMAGE
    return Template(manifest).substitute(values)


def push_base_images(node: str) -> None:
    """Put the base images of Dockerfiles into the in-cluster registry, where builders find them."""
    with step("push base images into the registry"):
        for image in (pins.DEBIAN_IMAGE, pins.PYTHON_IMAGE):
            target = image.replace("docker.io", pins.NODE_REGISTRY, 1)
            push = ("ctr", "-n", "k8s.io", "images", "push", "--plain-http", target, image)
            capture("docker", "exec", node, *push, timeout=120)


def _server_side(kubectl: Kubectl, *arguments: str, stdin: str | None = None) -> None:
    """Apply, again for a while: the API server may not serve a type it has just been told of."""
    for attempt in range(10):
        try:
            kubectl("apply", "--server-side", "--force-conflicts", *arguments, stdin=stdin)
        except ClusterError:
            if attempt == 9:
                raise
            time.sleep(1)
        else:
            return
