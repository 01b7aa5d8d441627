"""Debian root file systems, made with mmdebstrap: what images are based on where no registry serves them."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from pathlib import Path

from . import pins
from .apt import machine_mirror, search_path, unpacked
from .cache import artefact, content_key, has
from .console import step

HOOKS = Path(__file__).parent / "hooks"
# The same weight loss as Docker's own "slim" variants.
_SLIM = ("path-exclude=/usr/share/doc/*", "path-exclude=/usr/share/man/*", "path-exclude=/usr/share/locale/*")


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


@dataclass(frozen=True)
class Base:
    """A root file system: Debian's required packages and these, then a hook run over it."""

    name: str
    packages: tuple[str, ...] = ()
    hook: Path | None = None

    @property
    def key(self) -> str:
        """Hash of all that decides what is in it."""
        hook = [self.hook] if self.hook else []
        return content_key(pins.DEBIAN, machine_mirror().uri, *_SLIM, *self.packages, *hook)


DEBIAN = Base("debian")
PYTHON = Base("python", _words("python3 python3-pip python3-venv ca-certificates"), HOOKS / "python.sh")
TOOLS = Base(
    "tools", _words("ca-certificates conntrack git ipset iptables kmod nftables openssh-client xz-utils")
)
_NODE_PACKAGES = """
    systemd bash ca-certificates conntrack curl e2fsprogs ethtool iproute2 iptables
    jq kmod libseccomp2 mount nftables pigz procps util-linux xz-utils
"""
NODE = Base("node", _words(_NODE_PACKAGES), HOOKS / "node.sh")
ALL = (DEBIAN, TOOLS, PYTHON, NODE)


def tarball(base: Base) -> Path:
    """The root file system as a tar file."""

    def build(path: Path) -> None:
        with step(f"bootstrap {base.name} root file system", "about 40 s") as current:
            mmdebstrap = unpacked(current, "mmdebstrap", ["mmdebstrap"])
            options = ["--variant=minbase", "--mode=root", "--format=tar"]
            options += [f"--dpkgopt={rule}" for rule in _SLIM]
            if base.packages:
                options.append(f"--include={','.join(base.packages)}")
            if base.hook:
                options.append(f'--customize-hook=sh -eu {shlex.quote(str(base.hook))} "$1"')
            source = path.parent / "sources.list"
            source.write_text(machine_mirror().source(pins.DEBIAN))
            env = {**search_path(mmdebstrap), "TMPDIR": str(path.parent), "LC_ALL": "C.UTF-8"}
            unpacked_program = mmdebstrap / "usr/bin/mmdebstrap"
            program = unpacked_program if unpacked_program.exists() else "mmdebstrap"
            current.run(program, *options, pins.DEBIAN, path, source, env=env)

    return artefact("rootfs", base.name, base.key, build)


def made(base: Base) -> bool:
    """Whether the root file system is in the cache."""
    return has("rootfs", base.name, base.key)
