"""score.sh in a copied root file system: a function is scored by what its script says, whatever the image sets."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import aside, compiled
from tests.unit.toolbox.toolbox_root import NEEDS_ROOT, Root

pytestmark = NEEDS_ROOT
TOLD = ["ASSAY_ROOTFS=Copy", "ASSAY_ROOT=Merged", "ASSAY_MESSAGE_BYTES=4000"]
BASH = ["/.assay/toolbox/environ", "bash", "--", "/.assay/toolbox/bash", "/.assay/files/script"]
# score.sh is the first process of its container.
OWN_PIDS = ["unshare", "--pid", "--fork", "sh", "-c", 'mount -t proc proc /proc && exec "$@"', "x"]
CHECK = '[ "$(cat answer 2>/dev/null)" = 42 ] && echo 1 || echo 0'


@pytest.fixture
def root(tmp_path: Path, environ: Path) -> Root:
    """Where an agent without rights has worked: what its home has, it may have written."""
    root = Root(tmp_path / "root", [compiled("drop", tmp_path), environ])
    for folder in ("work", "tmp", ".assay/scratch"):
        (root.path / folder).mkdir()
    (root.path / ".assay/scratch/user").write_text("1234 1235 1235 /home/agent\n")
    (root.path / ".assay/scratch/pristine.tar").write_bytes(bytes(10240))
    (root.path / "home/agent/start").write_text("echo score=1; exit 0\n")
    return root


def score(root: Root, script: str, env: Mapping[str, str]) -> str:
    """Of a BashScript: the last line of its output."""
    (root.path / ".assay/files/script").write_text(script)
    command = aside(Path("/.assay/toolbox"), "score.sh", "agent", "/work", "20", *BASH, given=TOLD)
    done = root.run(*OWN_PIDS, *command, env=env)
    assert done.returncode == 0, done.stderr
    header, last, *_ = root.message.read_text().splitlines()
    assert re.match(r"assay/2 exit=0 timeout=0 ", header)
    return last


@pytest.mark.parametrize("name", ["BASH_ENV", "ENV", "PROMPT_COMMAND", "PS4"])
def test_a_file_that_the_agent_wrote_prints_no_score(root: Root, name: str) -> None:
    value = "$(. /home/agent/start)" if name == "PS4" else "/home/agent/start"
    assert score(root, CHECK, {name: value, "SHELLOPTS": "xtrace"}) == "0"
    (root.path / "work/answer").write_text("42\n")
    assert score(root, CHECK, {name: value}) == "1"


def test_the_image_s_variables_are_there_and_ours_are_ours(root: Root) -> None:
    env = {"BASH_ENV": "/home/agent/start", "STAGE": "test", "user": "me", "disk": "floppy", "S": "sierra"}
    forged = {
        "ASSAY_ROOT": "Clean",
        "ASSAY_RESULTS": "/home/agent",
        "ASSAY_DEVBOX": "/evil",
        "ASSAY_JUNIT": "forged.xml",
    }
    wanted = {
        **env,
        "HOME": "/home/agent",
        "PWD": "/work",
        "ASSAY_DEVBOX": "/",
        "ASSAY_DEVBOX_WORKDIR": "/work",
    }
    wanted |= {"ASSAY_RESULTS": "/.assay/scratch/results"}
    tests = " && ".join(f'[ "${name}" = {value} ]' for name, value in wanted.items())
    none = '[ -z "${ASSAY_ROOT+x}${ASSAY_ROOTFS+x}${ASSAY_JUNIT+x}${ASSAY_MESSAGE_BYTES+x}${ASSAY_KEEP+x}" ]'
    script = f"{tests} && {none} && echo 1 || {{ env >&2; echo 0; }}"
    assert score(root, script, {**env, **forged, "ASSAY_KEEP": "/etc"}) == "1", root.message.read_text()
