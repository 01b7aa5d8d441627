"""Images of the engine onto the node."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence

from . import tools
from .cluster import node_name
from .console import ClusterError, capture, step

_IMPORT = ("ctr", "-n", "k8s.io", "images", "import", "--digests", "--snapshotter=overlayfs", "-")


def full_name(image: str) -> str:
    """An image's name the way container runtimes write it: with registry and tag."""
    first, slash, _ = image.partition("/")
    if not slash:
        image = f"docker.io/library/{image}"
    elif "." not in first and ":" not in first and first != "localhost":
        image = f"docker.io/{image}"
    return image if ":" in image.rpartition("/")[2] else f"{image}:latest"


def load(images: Sequence[str]) -> None:
    """Put images onto the node, leaving out those it already has."""
    os.environ["PATH"] = tools.search_path()
    present = _on_node()
    wanted = [image for image in images if (full_name(image), _engine_id(image)) not in present]
    if not wanted:
        return
    with step(f"load {', '.join(wanted)}"):
        with subprocess.Popen(["docker", "save", *wanted], stdout=subprocess.PIPE) as save:
            result = subprocess.run(
                ["docker", "exec", "-i", node_name(), *_IMPORT],
                stdin=save.stdout,
                capture_output=True,
                text=True,
            )
        if result.returncode or save.returncode:
            raise ClusterError(f"loading {', '.join(wanted)} failed: {result.stderr.strip()}")


def _engine_id(image: str) -> str:
    return capture("docker", "image", "inspect", "--format", "{{.Id}}", image).strip()


def _on_node() -> set[tuple[str, str]]:
    listing = json.loads(capture("docker", "exec", node_name(), "crictl", "images", "--output=json"))
    return {(tag, image["id"]) for image in listing["images"] for tag in image.get("repoTags") or []}
