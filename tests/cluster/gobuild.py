"""Programs and files out of Go modules, compiled once and kept in the cache.

Each folder under ``modules/`` is a Go module whose ``tool`` block names programs and whose ``go.sum`` pins every
source they are built from. One module for all does not resolve: their requirements contradict each other.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import which

from . import pins
from .apt import unpacked
from .cache import artefact, cache_root, content_key, has
from .console import ClusterError, Step, capture, step

MODULES = Path(__file__).parent / "modules"


def _stamp(**values: str) -> str:
    return " ".join(["-s -w", *(f"-X {name}={value}" for name, value in values.items())])


def _kubernetes_stamp() -> str:
    major, minor = pins.KUBERNETES.removeprefix("v").split(".")[:2]
    values = {"gitVersion": pins.KUBERNETES, "gitMajor": major, "gitMinor": minor}
    packages = ("k8s.io/component-base/version", "k8s.io/client-go/pkg/version")
    return _stamp(**{f"{package}.{name}": value for package in packages for name, value in values.items()})


@dataclass(frozen=True)
class Group:
    """Programs that are built together from one module."""

    name: str
    module: str
    ldflags: str
    packages: tuple[str, ...] = ("tool",)
    expect: str = ""
    cgo: bool = False

    @property
    def folder(self) -> Path:
        """The module's folder."""
        return MODULES / self.module

    @property
    def key(self) -> str:
        """Hash of all that decides what comes out."""
        return content_key(self.folder, self.ldflags, *self.packages, str(self.cgo), _go_target())


RUNTIME = Group(
    "runtime",
    "runtime",
    _stamp(**{"github.com/moby/buildkit/version.Version": pins.BUILDKIT}),
    expect="about 5 min",
)
KUBERNETES = Group("kubernetes", "kubernetes", _kubernetes_stamp(), expect="about 7 min")
STORAGE = Group("storage", "storage", _stamp(), ("tool", "./csi-node-driver-registrar"), expect="about 2 min")
HOSTPATH = Group("hostpath", "hostpath", _stamp(**{"main.version": pins.CSI_HOSTPATH}), expect="about 30 s")
RUNC = Group(
    "runc", "runc", _stamp() + " -linkmode=external -extldflags=-static", expect="about 30 s", cgo=True
)
NETWORK = Group("network", "network", _stamp(), expect="about 2 min")
KIND = Group("kind", "runtime", _stamp(), ("sigs.k8s.io/kind",))
KUBECTL = Group("kubectl", "kubernetes", _kubernetes_stamp(), ("k8s.io/kubernetes/cmd/kubectl",))
HELM = Group(
    "helm", "helm", _stamp(**{"helm.sh/helm/v3/internal/version.version": pins.HELM}), expect="about 1 min"
)


def programs(group: Group) -> Path:
    """The folder with the group's programs."""

    def build(path: Path) -> None:
        with step(f"compile {group.name}", group.expect) as current:
            path.mkdir()
            env = _environment() | {"GOBIN": str(path), "CGO_ENABLED": str(int(group.cgo))}
            flags = ["-trimpath", "-buildvcs=false", "-ldflags", group.ldflags]
            if group.cgo:
                flags += ["-tags", "seccomp netgo osusergo"]
                env |= _seccomp(current)
            current.run("go", "install", *flags, *group.packages, env=env, cwd=group.folder)

    return artefact("programs", group.name, group.key, build)


def built(group: Group) -> bool:
    """Whether the group's programs are in the cache."""
    return has("programs", group.name, group.key)


def module_files(group: Group, module: str, path: str) -> Path:
    """A file or folder that is published as part of a Go module the group is built from."""
    name = f"{module}/{path}".replace("/", "_")

    def build(target: Path) -> None:
        with step(f"fetch {module} {path}") as current:
            current.run("go", "mod", "download", module, env=_environment(), cwd=group.folder)
            root = capture(
                "env", *_assignments(), "go", "-C", group.folder, "list", "-m", "-f", "{{.Dir}}", module
            )
            source = Path(root.strip()) / path
            if source.is_dir():
                shutil.copytree(source, target)
            else:
                shutil.copy(source, target)

    return artefact("files", name, content_key(group.folder / "go.sum", module, path), build)


def pause() -> Path:
    """The program of the pause image, a page of C published with Kubernetes."""
    source = module_files(KUBERNETES, "k8s.io/kubernetes", "build/pause/linux/pause.c")

    def build(path: Path) -> None:
        with step("compile pause") as current:
            flags = ["-Os", "-Wall", "-static", f"-DVERSION={pins.PAUSE}"]
            current.run("gcc", *flags, "-x", "c", "-o", path, source)

    return artefact("programs", "pause", content_key(source), build)


def check_compilers() -> None:
    """Stop with a clear message where there is nothing to compile with."""
    needed = {"go": "Go 1.21 or newer", "gcc": "gcc and libc6-dev", "pkg-config": "pkg-config"}
    if missing := [origin for program, origin in needed.items() if which(program) is None]:
        raise ClusterError(f"install {', '.join(missing)}: programs are compiled here")


def _environment() -> dict[str, str]:
    go = cache_root() / "go"
    # -modcacherw: a module cache of read-only folders is a nuisance to delete.
    return {"GOCACHE": str(go / "build"), "GOMODCACHE": str(go / "mod"), "GOFLAGS": "-modcacherw"}


def _assignments() -> list[str]:
    return [f"{name}={value}" for name, value in _environment().items()]


@cache
def _go_target() -> str:
    return capture("go", "env", "GOOS", "GOARCH")


def _seccomp(current: Step) -> Mapping[str, str]:
    """Environment in which cgo finds the static libseccomp, unpacked if this machine has none."""
    root = unpacked(current, "seccomp", ["libseccomp-dev"])
    found = sorted(root.glob("usr/lib/*/pkgconfig/libseccomp.pc"))
    if not found:
        return {}  # installed on the machine
    text = found[0].read_text()
    (root / "libseccomp.pc").write_text(
        re.sub(r"(?m)^((?:exec_)?prefix|libdir|includedir)=/usr", rf"\1={root}/usr", text)
    )
    return {"PKG_CONFIG_PATH": str(root)}
