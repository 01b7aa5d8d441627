"""Whether disks, snapshots and images have a place. No I/O."""

from __future__ import annotations

from collections.abc import Iterator

from assay.kube.errors import ApiError, NotFound
from assay.kube_object import KubeObject

from .check import Check, Fact, missing, ok, unknown
from .facts import Facts

DEFAULT_STORAGE = "storageclass.kubernetes.io/is-default-class"
DEFAULT_SNAPSHOT = "snapshot.storage.kubernetes.io/is-default-class"


def check(facts: Facts) -> Iterator[Check]:
    """StorageClass, VolumeSnapshotClass, registry."""
    yield _storage(facts)
    yield _snapshots(facts)
    yield _registry(facts)


def _storage(facts: Facts) -> Check:
    about = "storage"
    if isinstance(facts.storage_classes, ApiError):
        return unknown(about, facts.storage_classes)
    named = [one["metadata"]["name"] for one in facts.storage_classes]
    if wanted := _setting(facts, "storageClass"):
        if wanted in named:
            return ok(about, f"settings.storageClass {wanted}")
        return missing(
            about, f"there is no StorageClass {wanted}", "create it, or change settings.storageClass"
        )
    if default := _default(facts.storage_classes, DEFAULT_STORAGE):
        return ok(about, f"StorageClass {default} is the default")
    cure = "mark a StorageClass as default, or name one in settings.storageClass"
    return missing(about, f"no default among {', '.join(named) or 'no StorageClasses'}", cure)


def _snapshots(facts: Facts) -> Check:
    about, classes = "snapshots", facts.snapshot_classes
    if isinstance(classes, NotFound):
        cure = (
            "install external-snapshotter's CRDs and controller, and a CSI driver that can (docs/storage.md)"
        )
        return missing(about, "the cluster has no VolumeSnapshots: no disk is kept or scored again", cure)
    if isinstance(classes, ApiError):
        return unknown(about, classes)
    if default := _setting(facts, "snapshotClass") or _default(classes, DEFAULT_SNAPSHOT):
        return ok(about, f"VolumeSnapshotClass {default}")
    cure = "mark a VolumeSnapshotClass as default, or name one in settings.snapshotClass"
    return missing(about, "there is no default VolumeSnapshotClass", cure)


def _registry(facts: Facts) -> Check:
    about = "registry"
    if isinstance(facts.settings, ApiError):
        return unknown(about, facts.settings)
    if not facts.settings:
        return Check(about, "unknown", "no operator was found that names one")
    if push := (facts.settings.get("registry") or {}).get("push"):
        return ok(about, f"builds are pushed to {push}")
    cure = "set settings.registry.push; blueprints of images that exist work without (docs/install.md)"
    return missing(about, "none to push to: no Dockerfile can be built", cure)


def _setting(facts: Facts, name: str) -> str | None:
    return None if isinstance(facts.settings, ApiError) else facts.settings.get(name)


def _default(classes: Fact[list[KubeObject]], annotation: str) -> str | None:
    found = [] if isinstance(classes, ApiError) else classes
    marked = (one for one in found if (one["metadata"].get("annotations") or {}).get(annotation) == "true")
    return next((str(one["metadata"]["name"]) for one in marked), None)
