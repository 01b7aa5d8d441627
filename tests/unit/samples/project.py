"""The sample benchmark without a cluster: its manifests, and its image as a folder of this machine."""

import fnmatch
import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import yaml

SAMPLES = Path(__file__).parents[3] / "manifests" / "samples"
Manifest = dict[str, Any]


@cache
def kustomization() -> Manifest:
    """What `kubectl apply -k` reads."""
    loaded: Manifest = yaml.safe_load((SAMPLES / "kustomization.yaml").read_text())
    return loaded


@cache
def manifests() -> list[Manifest]:
    """All resources, the runs too."""
    paths = [SAMPLES / path for path in kustomization()["resources"]] + sorted(SAMPLES.glob("runs/*.yaml"))
    return [item for path in paths for item in yaml.safe_load_all(path.read_text())]


def named(kind: str) -> dict[str, Manifest]:
    """The specs of one kind by name."""
    return {item["metadata"]["name"]: item["spec"] for item in manifests() if item["kind"] == kind}


def context() -> dict[str, Path]:
    """The ConfigMap that is the build's context: file by key."""
    [generator] = kustomization()["configMapGenerator"]
    return {Path(path).name: SAMPLES / path for path in generator["files"]}


def instructions() -> list[tuple[str, str]]:
    """The Dockerfile's instructions, continued lines joined."""
    text = re.sub(r"\\\n", " ", re.sub(r"(?m)^#.*\n", "", named("Blueprint")["ledger"]["dockerfile"]))
    return [(word, rest) for word, _, rest in (line.partition(" ") for line in text.splitlines() if line)]


def environment(home: Path) -> dict[str, str]:
    """A clean one, with the image's variables where they do not name places in the image."""
    # The image's python3 has pytest, and so has the one that runs this.
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    kept = {"PATH": path} | {name: os.environ[name] for name in ("TMPDIR",) if name in os.environ}
    pairs = (
        pair.split("=", 1) for word, rest in instructions() if word == "ENV" for pair in shlex.split(rest)
    )
    return kept | {name: value for name, value in pairs if not value.startswith("/")} | {"HOME": str(home)}


def materialise(home: Path) -> Path:
    """Build the image's working directory in `home` as the Dockerfile does; all else is this machine's."""
    workdir = home / "ledger"
    workdir.mkdir(parents=True)
    for word, rest in instructions():
        if word == "COPY":
            words = shlex.split(rest)
            options = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
            *patterns, target = [word for word in words if not word.startswith("--")]
            _copy(patterns, workdir / target, options.get("chmod", "644"))
        elif word == "RUN" and rest.startswith("git "):
            subprocess.run(["sh", "-ec", rest], cwd=workdir, env=environment(home), check=True)
    return workdir


def _copy(patterns: list[str], folder: Path, mode: str) -> None:
    folder.mkdir(exist_ok=True)
    for pattern in patterns:
        keys = fnmatch.filter(context(), pattern)
        assert keys, f"COPY {pattern}: not in the ConfigMap"
        for key in keys:
            shutil.copyfile(context()[key], folder / key)
            (folder / key).chmod(int(mode, 8))
