"""shell.sh: what `kubectl exec -it POD -- /.assay/shell` becomes."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import compiled
from tests.unit.toolbox.toolbox_root import NEEDS_ROOT, Root

pytestmark = NEEDS_ROOT
LOOK = 'echo "$0"; id -u; pwd; echo "$HOME $SHELL"'


@pytest.fixture
def root(tmp_path: Path, environ: Path) -> Root:
    return Root(tmp_path / "root", [compiled("drop", tmp_path), environ])


def shell(root: Root, user: str, *command: str) -> subprocess.CompletedProcess[str]:
    return root.script("shell.sh", user, "/srv/it's here", *command, stdin=LOOK)


def test_command(root: Root) -> None:
    done = shell(
        root,
        "agent:77",
        "sh",
        "-c",
        'id -u; id -g; pwd; echo "$1"; grep CapEff /proc/self/status',
        "x",
        "a  b",
    )
    assert done.stdout.splitlines() == ["1234", "77", "/srv/it's here", "a  b", "CapEff:\t0000000000000000"]


def test_exit_code(root: Root) -> None:
    assert shell(root, "0", "sh", "-c", "exit 42").returncode == 42


@pytest.mark.parametrize(
    ("user", "entry", "expected"),
    [
        ("agent", "agent:x:1234:1235::/home/agent:/bin/sh", "/bin/sh"),
        ("1234", "agent:x:1234:1235::/home/agent:/bin/sh", "/bin/sh"),
        ("agent:7", "agent:x:1234:1235::/home/agent:/usr/bin/dash", "/usr/bin/dash"),
        ("agent", "agent:x:1234:1235::/home/agent:/usr/sbin/nologin", "/bin/bash"),
        ("agent", "agent:x:1234:1235::/home/agent:/bin/false", "/bin/bash"),
        ("agent", "agent:x:1234:1235::/home/agent:/bin/gone", "/bin/bash"),
        ("agent", "agent:x:1234:1235::/home/agent:/etc/passwd", "/bin/bash"),
        ("agent", "agent:x:1234:1235::/home/agent:/etc", "/bin/bash"),
        ("agent", "agent:x:1234:1235::/home/agent:", "/bin/bash"),
        ("1234", "", "/bin/bash"),
    ],
)
def test_which_shell(root: Root, user: str, entry: str, expected: str) -> None:
    (root.path / "etc/passwd").write_text(f"{entry}\n")
    done = shell(root, user)
    home = "/home/agent" if entry else "/"
    assert done.stdout.splitlines() == [expected, "1234", "/srv/it's here", f"{home} {expected}"], done.stderr


def test_the_toolbox_s_bash_where_the_image_has_no_shell(root: Root) -> None:
    # Hides the image's shells behind an empty file, which is not executable.
    hide = 'touch "$0/none"; for s in bash sh; do mount --bind "$0/none" "$0/usr/bin/$s"; done'
    toolbox = root.path / ".assay/toolbox"
    (toolbox / "bash").unlink()
    (toolbox / "bash").write_bytes(Path("/usr/bin/bash").read_bytes())
    (toolbox / "bash").chmod(0o755)
    (toolbox / "busybox").write_text(
        '#!/.assay/toolbox/bash\n[ "$1" = sh ] && exec /.assay/toolbox/bash "${@:2}"\nexec "$@"\n'
    )
    done = root.script("shell.sh", "0", "/", setup=hide, stdin=LOOK)
    assert done.stdout.splitlines() == ["/.assay/toolbox/bash", "0", "/", "/root /.assay/toolbox/bash"], (
        done.stderr
    )
