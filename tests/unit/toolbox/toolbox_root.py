"""A small root file system for scripts that need one of their own: this machine's /usr, everything else a test's."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from tests.unit.toolbox.conftest import STAND_IN
from tests.unit.toolbox.toolbox_paths import TOOLBOX, aside

NEEDS_ROOT = pytest.mark.skipif(
    os.geteuid() != 0 or not all(map(shutil.which, ("unshare", "chroot"))), reason="needs root and unshare"
)
PASSWD = "root:x:0:0::/root:/bin/bash\nagent:x:1234:1235::/home/agent:/bin/sh\n"
LINKED = ("bin", "sbin", "lib", "lib64")
SETUP = 'mount --bind /usr "$0/usr"; mount --rbind /proc "$0/proc"; {setup}\nexec chroot "$0" "$@"'


class Root:
    """Has the toolbox in place, as a container has."""

    def __init__(self, path: Path, programs: Sequence[Path]) -> None:
        self.path = path
        for name in (
            "usr",
            "proc",
            "dev",
            "etc",
            ".assay/toolbox",
            ".assay/disk",
            ".assay/files",
            "home/agent",
        ):
            (path / name).mkdir(parents=True)
        for name in LINKED:
            if not Path("/", name).is_symlink():
                pytest.skip(f"this machine's /{name} is not in /usr")
            (path / name).symlink_to(f"usr/{name}")
        path.chmod(0o755)
        (path / "etc/passwd").write_text(PASSWD)
        if awk := shutil.which("awk"):  # Debian's is a link by way of /etc
            (path / "etc/alternatives").mkdir()
            (path / "etc/alternatives/awk").symlink_to(Path(awk).resolve())
        for device, minor in (("null", 3), ("zero", 5)):
            os.mknod(path / "dev" / device, 0o20600, os.makedev(1, minor))
            (path / "dev" / device).chmod(0o666)
        self.message = path / "dev/termination-log"
        self.message.touch()
        self.message.chmod(0o666)
        toolbox = path / ".assay/toolbox"
        for source in (*TOOLBOX.glob("*.sh"), *programs):
            shutil.copy(source, toolbox)
        (toolbox / "busybox").write_text(STAND_IN)
        (toolbox / "busybox").chmod(0o755)
        (toolbox / "bash").symlink_to("/usr/bin/bash")

    def run(
        self, *command: str, setup: str = "", stdin: str = "", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in it, after shell text that may mount more below `$0`."""
        outer = ["unshare", "--mount", "--propagation", "private"]
        outer += ["sh", "-ec", SETUP.format(setup=setup), str(self.path), *command]
        path = {"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", **(env or {})}
        return subprocess.run(outer, input=stdin, env=path, capture_output=True, text=True, check=False)

    def script(
        self,
        name: str,
        *args: str,
        given: Sequence[str] = (),
        setup: str = "",
        stdin: str = "",
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Run a script of the toolbox as a pod's command, in the pod's environment."""
        return self.run(
            *aside(Path("/.assay/toolbox"), name, *args, given=given), setup=setup, stdin=stdin, env=env
        )
