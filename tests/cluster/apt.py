"""Debian packages unpacked into the cache, taken from wherever this machine's own apt takes them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from shutil import which

from .cache import artefact, content_key
from .console import ClusterError, Step, capture

_FIELDS = "$(REPO_URI)|$(CODENAME)|$(LABEL)|$(COMPONENT)|$(SIGNED_BY)"
_KEYRING = Path("/usr/share/keyrings/debian-archive-keyring.gpg")


@dataclass(frozen=True)
class Mirror:
    """A Debian archive: its address and the keyring that signs it."""

    uri: str
    keyring: Path

    def source(self, suite: str) -> str:
        """A line for a sources list."""
        return f"deb [signed-by={self.keyring}] {self.uri} {suite} main\n"


def parse_mirror(targets: Iterable[str], keyring: Path = _KEYRING) -> Mirror | None:
    """The main Debian archive among the lines of ``apt-get indextargets``; nothing where there is none."""
    for line in targets:
        uri, codename, label, component, signed_by = (line.strip().split("|") + [""] * 5)[:5]
        main_archive = label == "Debian" and component == "main" and re.fullmatch(r"[a-z]+", codename)
        if main_archive and uri.startswith(("http://", "https://")):
            return Mirror(uri, Path(signed_by) if signed_by.startswith("/") else keyring)
    return None


def is_debian() -> bool:
    """Whether this machine is a Debian with apt."""
    release = Path("/etc/os-release")
    return (
        release.exists() and "\nID=debian\n" in f"\n{release.read_text()}\n" and which("apt-get") is not None
    )


@cache
def machine_mirror() -> Mirror:
    """The Debian archive this machine is set up to use."""
    targets = capture("apt-get", "indextargets", "--format", _FIELDS).splitlines()
    if mirror := parse_mirror(targets):
        return mirror
    raise ClusterError("this machine's apt knows no Debian archive (try: apt-get update)")


class Apt:
    """apt with lists and settings of its own when ``suite`` is given, else this machine's."""

    def __init__(self, step: Step, folder: Path, suite: str | None = None) -> None:
        self.step = step
        self.folder = folder
        self.options: list[str] = []
        if suite:
            self._isolate(suite)

    def _isolate(self, suite: str) -> None:
        for name in ("lists/partial", "archives/partial"):
            (self.folder / name).mkdir(parents=True)
        sources = self.folder / "sources.list"
        sources.write_text(machine_mirror().source(suite))
        settings = {
            "Dir::Etc::SourceList": sources,
            "Dir::Etc::SourceParts": "-",
            "Dir::State::Lists": self.folder / "lists",
            "Dir::Cache": self.folder,
            "APT::Sandbox::User": "root",
        }
        self.options = [word for name, value in settings.items() for word in ("-o", f"{name}={value}")]
        self.step.run("apt-get", *self.options, "-qq", "update")

    def absent(self, packages: Sequence[str]) -> list[str]:
        """These packages and all they depend on, without those already installed."""
        lines = capture(
            "apt-get",
            *self.options,
            "install",
            "--no-install-recommends",
            "--print-uris",
            "-qq",
            "-y",
            *packages,
        )
        return sorted({match[1] for match in re.finditer(r"' ([a-z0-9.+-]+)_\S+\.deb ", lines)})

    def unpack(self, packages: Sequence[str], into: Path) -> None:
        """Download packages and lay their files under ``into``, installing nothing."""
        debs = self.folder / "debs"
        debs.mkdir(exist_ok=True)
        self.step.run("apt-get", *self.options, "download", *packages, cwd=debs)
        into.mkdir(parents=True, exist_ok=True)
        for deb in sorted(debs.iterdir()):
            self.step.run("dpkg", "-x", deb, into)
            deb.unlink()


def unpacked(step: Step, name: str, packages: Sequence[str]) -> Path:
    """A folder with this machine's own packages, and what they need and is not installed, unpacked in it."""

    def build(path: Path) -> None:
        folder = path.parent / "apt"
        folder.mkdir()
        apt = Apt(step, folder)
        path.mkdir()
        if wanted := apt.absent(packages):
            apt.unpack(wanted, path)

    return artefact("debian", name, content_key(*packages, Path("/etc/os-release")), build)


def search_path(folder: Path) -> dict[str, str]:
    """Environment in which the programs and libraries of an unpacked folder are found before the machine's."""
    programs = [folder / sub for sub in ("usr/local/sbin", "usr/sbin", "usr/bin", "sbin", "bin")]
    libraries = sorted(folder.glob("usr/lib/*-linux-gnu")) + sorted(folder.glob("lib/*-linux-gnu"))
    env = {"PATH": os.pathsep.join([*map(str, programs), os.environ.get("PATH", os.defpath)])}
    if libraries:
        env["LD_LIBRARY_PATH"] = os.pathsep.join(map(str, libraries))
        env["XTABLES_LIBDIR"] = str(libraries[0] / "xtables")
    return env
