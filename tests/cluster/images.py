"""The images a cluster needs, made here under their upstream names where no container registry answers."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from . import gobuild, pins, rootfs
from .cache import content_key, scratch
from .console import capture, step, succeeds
from .oci import Image, Layer, Link, write_archive, write_layer

_GROUPS = (
    *(gobuild.RUNTIME, gobuild.KUBERNETES, gobuild.STORAGE, gobuild.RUNC),
    *(gobuild.HOSTPATH, gobuild.NETWORK, gobuild.KIND, gobuild.KUBECTL, gobuild.HELM),
)
KEY_LABEL = "assay.inputs"
"""Image label with the hash of what an image was made from."""


def build_inputs() -> None:
    """Have every program and root file system the images are made of."""
    if not all(map(gobuild.built, _GROUPS)):
        gobuild.check_compilers()
    # Compiling takes both processors at times and one at others; the root file systems fill the gaps.
    with ThreadPoolExecutor() as pool:
        bootstraps = pool.submit(lambda: [rootfs.tarball(base) for base in rootfs.ALL])
        compiles = pool.submit(lambda: [gobuild.programs(group) for group in _GROUPS])
        bootstraps.result()
        compiles.result()


def inputs_key() -> str:
    """Hash of what all images are made from."""
    code = [Path(__file__).with_name(name) for name in ("pins.py", "images.py", "oci.py")]
    return content_key(*code, *(group.key for group in _GROUPS), *(base.key for base in rootfs.ALL))


def cluster_images(folder: Path) -> list[Image]:
    """Every image the cluster runs on, with their layers written into ``folder``."""
    kubernetes, storage = gobuild.programs(gobuild.KUBERNETES), gobuild.programs(gobuild.STORAGE)
    runtime, hostpath = gobuild.programs(gobuild.RUNTIME), gobuild.programs(gobuild.HOSTPATH)
    debian, tools = Layer.of(rootfs.tarball(rootfs.DEBIAN)), Layer.of(rootfs.tarball(rootfs.TOOLS))

    def program(image: str, binary: Path, *below: Layer, name: str = "") -> Image:
        path = f"/usr/local/bin/{name or binary.name}"
        layer = write_layer(folder / f"{name or binary.name}.tar", {path: binary})
        return Image(image, [*below, layer], {"Entrypoint": [path]})

    control_plane = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    pause = write_layer(folder / "pause.tar", {"/pause": gobuild.pause()})
    return [
        *(program(pins.control_plane_image(name), kubernetes / name) for name in control_plane),
        program(pins.KUBE_PROXY_IMAGE, kubernetes / "kube-proxy", tools),
        program(pins.ETCD_IMAGE, kubernetes / "server", name="etcd"),
        program(pins.COREDNS_IMAGE, kubernetes / "coredns"),
        Image(pins.PAUSE_IMAGE, [pause], {"Entrypoint": ["/pause"], "User": "65535:65535"}),
        program(pins.CSI_PROVISIONER_IMAGE, storage / "csi-provisioner"),
        program(pins.CSI_SNAPSHOTTER_IMAGE, storage / "csi-snapshotter"),
        program(pins.SNAPSHOT_CONTROLLER_IMAGE, storage / "snapshot-controller"),
        program(pins.CSI_REGISTRAR_IMAGE, storage / "csi-node-driver-registrar"),
        program(pins.CSI_HOSTPATH_IMAGE, hostpath / "hostpathplugin", debian),
        program(pins.REGISTRY_IMAGE, runtime / "registry"),
        program(pins.KUBE_ROUTER_IMAGE, gobuild.programs(gobuild.NETWORK) / "kube-router", tools),
        _buildkit(folder, tools),
        *base_images(),
    ]


def base_images() -> list[Image]:
    """The images that Dockerfiles start from."""
    key = content_key(rootfs.DEBIAN.key, rootfs.PYTHON.key)

    def base(name: str, root: rootfs.Base, command: str) -> Image:
        settings: dict[str, Any] = {"Cmd": [command], "Labels": {KEY_LABEL: key}}
        return Image(name, [Layer.of(rootfs.tarball(root))], settings)

    return [base(pins.DEBIAN_IMAGE, rootfs.DEBIAN, "bash"), base(pins.PYTHON_IMAGE, rootfs.PYTHON, "python3")]


def _buildkit(folder: Path, below: Layer) -> Image:
    runtime = gobuild.programs(gobuild.RUNTIME)
    daemonless = "examples/buildctl-daemonless/buildctl-daemonless.sh"
    files: dict[str, Path | bytes | Link] = {
        "/usr/bin/buildkitd": runtime / "buildkitd",
        "/usr/bin/buildctl": runtime / "buildctl",
        "/usr/bin/buildkit-runc": gobuild.programs(gobuild.RUNC) / "runc",
        "/usr/bin/runc": Link("buildkit-runc"),
        "/usr/bin/buildctl-daemonless.sh": gobuild.module_files(
            gobuild.RUNTIME, "github.com/moby/buildkit", daemonless
        ),
    }
    return Image(
        pins.BUILDKIT_IMAGE,
        [below, write_layer(folder / "buildkit.tar", files)],
        {"Entrypoint": ["buildkitd"]},
    )


def load_base_images() -> None:
    """Have the base images in the engine."""
    wanted = content_key(rootfs.DEBIAN.key, rootfs.PYTHON.key)
    names = [pins.DEBIAN_IMAGE, pins.PYTHON_IMAGE]
    if all(engine_label(name) == wanted for name in names):
        return
    if any(succeeds("docker", "image", "inspect", name) and engine_label(name) == "" for name in names):
        return  # the real ones, pulled by someone: better than ours
    with step("load base images into the engine"):
        load_into_engine(base_images())


def engine_label(name: str) -> str | None:
    """The key an image in the engine was made from: empty if it is not ours, nothing if there is none."""
    template = f'{{{{index .Config.Labels "{KEY_LABEL}"}}}}'
    output = capture("docker", "image", "inspect", "--format", template, name, check=False)
    return output.strip() if output else None


def load_into_engine(images: Sequence[Image]) -> None:
    """Put images into the engine."""
    with scratch() as folder:
        archive = folder / "images.tar"
        with archive.open("wb") as out:
            write_archive(out, images)
        capture("docker", "load", "--input", archive, timeout=600)
