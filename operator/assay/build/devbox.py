"""Devbox → claim and pod."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.api.blueprint import BlueprintImage
from assay.api.devbox import DevboxSpec
from assay.api.meta import Disk

from . import names, rootfs
from .settings import BuildSettings

CONTAINER = "devbox"
STAY_UP = [rootfs.BUSYBOX, "tail", "-f", "/dev/null"]
DEADLINE_SLACK = 3600  # the operator stops a devbox in time; this is for when there is none


def claim(devbox: Mapping[str, Any], spec: DevboxSpec, settings: BuildSettings) -> dict[str, Any]:
    """The disk that holds what differs from the image."""
    disk = spec.disk or Disk()
    storage_class = disk.storage_class_name or settings.storage_class
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolumeClaim",
        "metadata": _metadata(devbox),
        "spec": {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": str(disk.size or settings.disk_size)}},
            **({"storageClassName": storage_class} if storage_class else {}),
        },
    }


def pod(
    devbox: Mapping[str, Any], spec: DevboxSpec, image: BlueprintImage, settings: BuildSettings
) -> dict[str, Any]:
    """The pod that boots into the disk and runs the devbox's command as the image's user."""
    files = {file.name: file.content for file in spec.files or ()}
    user, directory = rootfs.user_and_directory(image, spec.user, spec.working_dir)
    command = [*(spec.command or STAY_UP), *(spec.args or ())]
    mounts = [{"name": "disk", "mountPath": rootfs.DISK}, rootfs.toolbox_mount()]
    volumes: list[dict[str, Any]] = [
        {"name": "disk", "persistentVolumeClaim": {"claimName": devbox["metadata"]["name"]}}
    ]
    if files:
        mounts.append({"name": "files", "mountPath": rootfs.FILES_DIR, "readOnly": True})
        volumes.append(rootfs.files_volume("files", {name: name for name in files}))
    container: dict[str, Any] = {
        "name": CONTAINER,
        "image": image.reference,
        "imagePullPolicy": "IfNotPresent",
        "command": rootfs.script("boot.sh", user, directory, *command),
        "env": rootfs.env_list(spec.env or ()),
        "envFrom": [source.model_dump(by_alias=True, exclude_none=True) for source in spec.env_from or ()],
        "resources": spec.resources.model_dump(exclude_none=True) if spec.resources else {},
        "securityContext": rootfs.SECURITY_CONTEXT,
        "volumeMounts": mounts,
    }
    metadata = _metadata(devbox)
    metadata["annotations"] = rootfs.file_annotations(files)
    pod_spec = rootfs.pod_spec([container], volumes, settings)
    if spec.active_deadline_seconds:
        pod_spec["activeDeadlineSeconds"] = spec.active_deadline_seconds + DEADLINE_SLACK
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": pod_spec}


def _metadata(devbox: Mapping[str, Any]) -> dict[str, Any]:
    inherited = devbox["metadata"].get("labels") or {}
    ours = {
        key: inherited[key]
        for key in (names.SCENARIO_RUN, names.SCENARIO, names.BENCHMARK_RUN)
        if key in inherited
    }
    name = devbox["metadata"]["name"]
    return names.metadata(devbox, name, "devbox", {**ours, names.DEVBOX: name})
