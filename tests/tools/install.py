"""Build the operator's image, put it on the kind cluster and install the chart: `python -m tests.tools.install`."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import yaml

from .kube import helm, kubectl, run

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE, RELEASE = "assay-system", "assay"
REPOSITORY = "assay/operator"


def values(image_tag: str) -> dict[str, Any]:
    """The chart's values for the kind cluster and its registry."""
    registry: dict[str, Any] = {
        "push": "registry.registry.svc:5000",
        "pull": "localhost:5001",
        "insecure": True,
    }
    if _source() == "registries":
        registry["mirrors"] = {"docker.io": "registry.registry.svc:5000"}
    return {"image": {"repository": REPOSITORY, "tag": image_tag}, "settings": {"registry": registry}}


def main() -> None:
    """Install or upgrade; quick when nothing has changed."""
    tag = _build()
    subprocess.run(
        [sys.executable, "-m", "tests.cluster", "load", f"{REPOSITORY}:{tag}"], cwd=ROOT, check=True
    )
    with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
        yaml.safe_dump(values(tag), file)
        file.flush()
        helm(
            *(
                "upgrade",
                "--install",
                RELEASE,
                str(ROOT / "helm/assay"),
                "-n",
                NAMESPACE,
                "--create-namespace",
            ),
            *("-f", file.name, "--wait", "--timeout", "3m"),
        )
    kubectl("wait", "--for=condition=Established", "--timeout=60s", *_crds())
    print(f"the operator {REPOSITORY}:{tag} runs in namespace {NAMESPACE}")


def _build() -> str:
    """Build the image if its inputs have changed; its tag names its content, so that an upgrade rolls it out."""
    subprocess.run([str(ROOT / "operator/build-image.sh"), f"{REPOSITORY}:dev"], cwd=ROOT, check=True)
    image_id = run("docker", "image", "inspect", "-f", "{{.Id}}", f"{REPOSITORY}:dev").strip()
    tag = f"dev-{image_id.removeprefix('sha256:')[:12]}"
    run("docker", "tag", f"{REPOSITORY}:dev", f"{REPOSITORY}:{tag}")
    return tag


def base_image(name: str = "debian:trixie-slim") -> str:
    """An official image that the operator can resolve and the nodes can pull by digest."""
    return f"localhost:5001/library/{name}" if _source() == "registries" else name


def _source() -> str:
    """`upstream` or `registries`: where the cluster's images came from."""
    out = run(sys.executable, "-m", "tests.cluster", "source")
    return out.strip()


def _crds() -> list[str]:
    found = kubectl("get", "crd", "-o", "name").split()
    return [name for name in found if name.endswith(".assay.dev")]


if __name__ == "__main__":
    main()
