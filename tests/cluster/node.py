"""The image of the kind node, and the settings that fit a node to the machine under it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from . import engine, gobuild, images, pins, rootfs
from .cache import content_key, scratch
from .console import capture, step
from .oci import Image, Layer, Link, write_archive, write_layer

_FILES = Path(__file__).with_name("node")
MANIFESTS = Path(__file__).with_name("manifests")
_UNITS = ("containerd.service", "import-images.service", "kubelet.service", "undo-mount-hacks.service")
_CNI = ("bridge", "host-local", "loopback", "portmap", "ptp")


def containerd_settings() -> dict[str, str]:
    """Lines of kind's containerd configuration to replace on this machine."""
    changes = {}
    if engine.cgroup_version() == 1:
        # With systemd's driver, busy nodes on cgroup v1 lose pods to "runc: unable to freeze".
        changes["SystemdCgroup = true"] = "SystemdCgroup = false"
    if engine.lacks_sys_resource():
        changes["restrict_oom_score_adj = false"] = "restrict_oom_score_adj = true"
    return changes


def image_key() -> str:
    """Hash of what the node image is made from."""
    code = [Path(__file__), _FILES, MANIFESTS / "storageclass.yaml"]
    return content_key(*code, images.inputs_key(), json.dumps(containerd_settings()))


def ensure_image() -> None:
    """Have the node image, with all images of the cluster packed into it, in the engine."""
    key = image_key()
    if images.engine_label(pins.NODE_IMAGE) == key:
        return
    images.build_inputs()
    with step("make the node image", "about 1 min") as current, scratch() as folder:
        packed = folder / "images.tar"
        with packed.open("wb") as out:
            write_archive(out, images.cluster_images(folder))
        current.note(f"packed images: {packed.stat().st_size >> 20} MB")
        layers = [
            Layer.of(rootfs.tarball(rootfs.NODE)),
            write_layer(folder / "node.tar", node_files()),
            write_layer(folder / "packed.tar", {"/kind/images/images.tar": packed}),
        ]
        settings: dict[str, Any] = {
            "Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "container=docker"],
            "Entrypoint": ["/usr/local/bin/entrypoint", "/sbin/init"],
            "StopSignal": "SIGRTMIN+3",
            "Labels": {images.KEY_LABEL: key},
        }
        images.load_into_engine([Image(pins.NODE_IMAGE, layers, settings)])


def load_missing_images(name: str, wanted: set[str]) -> None:
    """Give a node that was made before the images among these that it lacks."""
    listing = capture("docker", "exec", name, "ctr", "-n", "k8s.io", "images", "list", "-q").split()
    if not (lacking := wanted.difference(listing)):
        return
    images.build_inputs()
    with scratch() as folder:
        missing = [image for image in images.cluster_images(folder) if image.name in lacking]
        with step(f"load {', '.join(image.name for image in missing)}"):
            archive = folder / "missing.tar"
            with archive.open("wb") as out:
                write_archive(out, missing)
            capture("docker", "cp", archive, f"{name}:/kind/missing.tar", timeout=300)
            load = ("ctr", "-n", "k8s.io", "images", "import", "--digests", "--snapshotter=overlayfs")
            capture("docker", "exec", name, *load, "/kind/missing.tar", timeout=300)
            capture("docker", "exec", name, "rm", "/kind/missing.tar")


def node_files() -> dict[str, Path | bytes | Link]:
    """What goes on top of the node's Debian: kind's own files, ours, and the programs."""
    kind = gobuild.module_files(gobuild.RUNTIME, "sigs.k8s.io/kind", "images/base/files")
    files: dict[str, Path | bytes | Link] = {**_tree(kind / "etc", "/etc"), **_tree(kind / "kind", "/kind")}
    files |= {"/usr/local/bin/entrypoint": kind / "usr/local/bin/entrypoint"}
    files |= _tree(_FILES, "/")
    files["/etc/containerd/config.toml"] = _containerd_config(kind / "etc/containerd/config.toml").encode()
    for unit in _UNITS:
        files[f"/etc/systemd/system/multi-user.target.wants/{unit}"] = Link(f"/etc/systemd/system/{unit}")
    runtime, kubernetes = gobuild.programs(gobuild.RUNTIME), gobuild.programs(gobuild.KUBERNETES)
    for name in ("containerd", "containerd-shim-runc-v2", "ctr", "crictl"):
        files[f"/usr/local/bin/{name}"] = runtime / name
    files["/usr/local/sbin/runc"] = gobuild.programs(gobuild.RUNC) / "runc"
    for name in ("kubeadm", "kubelet", "kubectl"):
        files[f"/usr/bin/{name}"] = kubernetes / name
    for name in _CNI:
        files[f"/opt/cni/bin/{name}"] = runtime / name
    files["/etc/containerd/cri-base.json"] = _base_spec(runtime / "ctr")
    files["/kind/version"] = pins.KUBERNETES.encode()
    files["/kind/manifests/default-cni.yaml"] = b""  # the bridge above is one already
    files["/kind/manifests/default-storage.yaml"] = MANIFESTS / "storageclass.yaml"
    return files


def _tree(folder: Path, root: str) -> Mapping[str, Path]:
    return {str(Path(root) / file.relative_to(folder)): file for file in folder.rglob("*") if file.is_file()}


def _containerd_config(source: Path) -> str:
    text = source.read_text()
    for old, new in containerd_settings().items():
        assert old in text, f"kind's containerd configuration no longer says {old!r}"
        text = text.replace(old, new)
    return text


def _base_spec(ctr: Path) -> bytes:
    """The specification every container starts from, changed the way kind's own node image changes it."""
    spec = json.loads(capture(ctr, "oci", "spec"))
    hooks = spec.setdefault("hooks", {}).setdefault("createContainer", [])
    hooks.append({"path": "/kind/bin/mount-product-files.sh"})
    spec["process"].pop("rlimits", None)
    return json.dumps(spec).encode()
