"""Whether the cluster is new enough, and its nodes can mount root file systems. No I/O."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from assay.kube.errors import ApiError, NotFound

from .check import Check, missing, ok, unknown
from .facts import Facts

KUBERNETES = (1, 35)
KERNEL = (6, 3)
CONTAINERD = (2, 1, 7)
POD_SECURITY = "pod-security.kubernetes.io/enforce"


def check(facts: Facts) -> Iterator[Check]:
    """Version, nodes, namespace, root file systems."""
    yield _version(facts)
    yield _nodes(facts)
    yield _namespace(facts)
    yield _root(facts)


def numbers(text: str) -> tuple[int, ...]:
    """`v1.36.3-gke` → (1, 36, 3)."""
    found = re.match(r"\D*(\d+(?:\.\d+)*)", text)
    return tuple(map(int, found[1].split("."))) if found else ()


def _version(facts: Facts) -> Check:
    about = "Kubernetes"
    if isinstance(facts.version, ApiError):
        return unknown(about, facts.version)
    if numbers(facts.version) >= KUBERNETES:
        return ok(about, facts.version)
    cure = (
        "upgrade to 1.35 or newer; on 1.33 and 1.34 switch the feature gate ImageVolume on (docs/install.md)"
    )
    return missing(about, facts.version, cure)


def _nodes(facts: Facts) -> Check:
    about = "nodes"
    if isinstance(facts.nodes, ApiError):
        return unknown(about, facts.nodes)
    if not facts.nodes:
        return missing(about, "there is none", "add a node")
    old = [
        fault
        for node in facts.nodes
        if (fault := _fault(node["metadata"]["name"], node["status"]["nodeInfo"]))
    ]
    if old:
        cure = "renew them, or run in Copy mode: settings.rootFilesystem (docs/storage.md)"
        return missing(about, "; ".join(old[:3]), cure)
    return ok(about, f"{len(facts.nodes)}, kernel and container runtime are new enough")


def _fault(name: str, info: dict[str, str]) -> str | None:
    if numbers(info["kernelVersion"]) < KERNEL:
        return f"{name} has kernel {info['kernelVersion']}, older than 6.3"
    runtime, _, version = info["containerRuntimeVersion"].partition("://")
    if runtime == "containerd" and numbers(version) < CONTAINERD:
        return f"{name} has containerd {version}, older than 2.1.7"
    return None


def _namespace(facts: Facts) -> Check:
    about, name = "namespace", facts.namespace_name
    if isinstance(facts.namespace, NotFound):
        return missing(about, f"there is no {name}", f"kubectl create namespace {name}")
    if isinstance(facts.namespace, ApiError):
        return unknown(about, facts.namespace)
    level = (facts.namespace["metadata"].get("labels") or {}).get(POD_SECURITY)
    if level == "privileged":
        return ok(about, f"{name} admits devboxes")
    cure = f"kubectl label namespace {name} {POD_SECURITY}=privileged (docs/security.md says why)"
    if level is None:
        return Check(
            about, "unknown", f"{name} has no Pod Security label: the cluster's default decides", cure
        )
    return missing(about, f"{name} enforces Pod Security {level}", cure)


def _root(facts: Facts) -> Check:
    about = "root file systems"
    if isinstance(facts.settings, dict) and facts.settings.get("rootFilesystem") in ("Overlay", "Copy"):
        return ok(about, f"settings.rootFilesystem says {facts.settings['rootFilesystem']}")
    if isinstance(facts.probes, NotFound) or facts.probes == {}:
        return Check(about, "unknown", "no node was probed yet", "the first run has it done")
    if isinstance(facts.probes, ApiError):
        return unknown(about, facts.probes)
    results = [json.loads(one) for one in (facts.probes.get("data") or {}).values()]
    if errors := [one["error"] for one in results if not one["overlay"]]:
        cure = "runs copy the image onto their disk, which is slower; what Overlay needs: docs/storage.md"
        return missing(about, f"nodes cannot mount overlays: {errors[0]}", cure)
    return ok(about, f"Overlay on all {len(results)} classes of nodes")
