"""The container engine: this machine's own Docker, else one from Debian packages kept in the cache."""

from __future__ import annotations

import os
import socket
import subprocess
import time
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from shutil import which

from . import pins
from .apt import Apt, is_debian, search_path, unpacked
from .cache import artefact, cache_root, content_key
from .console import ClusterError, Step, capture, step, succeeds

# Bookworm's own docker.io cannot run privileged containers where CAP_SYS_RESOURCE is withheld; trixie's can, and
# runs on bookworm's libc. The pieces below it come from the machine's own release.
_ENGINE_PACKAGES = ("docker.io", "docker-cli", "docker-buildx")
_MACHINE_PACKAGES = ("containerd", "runc", "iptables")
_CONTAINERD_SOCKET = Path("/run/containerd/containerd.sock")
_DOCKER_PID = Path("/run/docker.pid")
_START_SECONDS = 60


def running() -> bool:
    """Whether a Docker engine answers."""
    return succeeds("docker", "version", "--format", "{{.Server.Version}}", timeout=20)


def ensure() -> None:
    """Have a Docker engine running, installing and starting one where that is possible."""
    link_client()
    if running():
        return
    if not is_debian() or os.geteuid():
        raise ClusterError(
            "no Docker engine answers. Start yours or install one (Docker 24 or newer); only on Debian and as root "
            "can this set one up by itself."
        )
    with step("install the container engine", "first time only") as current:
        env = _environment(current)
        link_client()
    with step("start the container engine") as current:
        _start(current, env)


def link_client() -> None:
    """Put the cached docker client on our PATH where the machine has none."""
    bin_folder = cache_root() / "bin"
    bin_folder.mkdir(parents=True, exist_ok=True)
    elsewhere = os.pathsep.join(p for p in os.environ["PATH"].split(os.pathsep) if p != str(bin_folder))
    cached = sorted((cache_root() / "debian" / "docker").glob("*/usr/bin/docker"))
    link = bin_folder / "docker"
    if cached and which("docker", path=elsewhere) is None and not link.exists():
        link.unlink(missing_ok=True)
        link.symlink_to(cached[-1])


def _environment(current: Step) -> dict[str, str]:
    """Environment that finds the engine's programs."""

    def build(path: Path) -> None:
        folder = path.parent / "apt"
        folder.mkdir()
        Apt(current, folder, suite=pins.DEBIAN).unpack(_ENGINE_PACKAGES, path)

    docker = artefact("debian", "docker", content_key(pins.DEBIAN, *_ENGINE_PACKAGES), build)
    parts = unpacked(current, "engine", _MACHINE_PACKAGES)
    # iptables is an alternative in Debian, and unpacking a package sets no alternatives.
    for name in ("iptables", "ip6tables"):
        link = parts / "usr/sbin" / name
        if (parts / "usr/sbin/xtables-nft-multi").exists() and not link.is_symlink():
            link.symlink_to("xtables-nft-multi")
    env = search_path(parts)
    path = f"{docker}/usr/sbin{os.pathsep}{docker}/usr/bin{os.pathsep}{env['PATH']}"
    return {**env, "PATH": path}


def _start(current: Step, env: Mapping[str, str]) -> None:
    if not _listening(_CONTAINERD_SOCKET):
        _detach("containerd", env)
        _wait(current, lambda: _listening(_CONTAINERD_SOCKET), "containerd")
    if not _alive(_DOCKER_PID, "dockerd"):
        # A killed dockerd leaves its pid file, and the number may be another process's by now.
        _DOCKER_PID.unlink(missing_ok=True)
        _detach("dockerd", env, "--containerd", str(_CONTAINERD_SOCKET))
    _wait(current, running, "dockerd")


def _detach(program: str, env: Mapping[str, str], *arguments: str) -> None:
    """Start a daemon that outlives this command, its terminal and its process group."""
    found = which(program, path=env["PATH"])
    if found is None:
        raise ClusterError(f"{program} was not among the unpacked packages")
    with _daemon_log(program).open("ab") as output:
        subprocess.Popen(
            [found, *arguments],
            env={**os.environ, **env},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            cwd="/",
        )


def _wait(current: Step, ready: Callable[[], bool], name: str) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while not ready():
        if time.monotonic() > deadline:
            current.note(_daemon_log(name).read_text(errors="replace")[-4000:])
            raise current.fail(f"{name} did not come up within {_START_SECONDS} s")
        time.sleep(0.2)


def _daemon_log(name: str) -> Path:
    folder = cache_root() / "logs"
    folder.mkdir(parents=True, exist_ok=True)
    return folder / f"{name}.log"


def _listening(path: Path) -> bool:
    """Whether someone answers on a socket: a killed daemon leaves the file behind."""
    with socket.socket(socket.AF_UNIX) as client:
        return client.connect_ex(str(path)) == 0


def _alive(pid_file: Path, program: str) -> bool:
    """Whether the process of a pid file exists and is that program."""
    try:
        name = Path(f"/proc/{int(pid_file.read_text())}/comm").read_text().strip()
    except (OSError, ValueError):
        return False
    return name == program


@cache
def cgroup_version() -> int:
    """The cgroup version the engine's containers live under."""
    return int(capture("docker", "info", "--format", "{{.CgroupVersion}}").strip() or "2")


def lacks_sys_resource() -> bool:
    """Whether privileged containers cannot get CAP_SYS_RESOURCE (no raised limits, no negative OOM scores)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("CapBnd:"):
            return not int(line.split()[1], 16) & 1 << 24
    return False
