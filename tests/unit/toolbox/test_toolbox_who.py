"""who.sh reads an image's USER as container engines do."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import Shell

PASSWD = """\
root:x:0:0:root:/root:/bin/sh
agent:x:1234:1235:An Agent,,,:/home/agent:/bin/bash
42:x:7:8::/named-by-number:/bin/sh
homeless:x:50:51:::
odd:x:not-a-number:1::/:/bin/sh
"""
GROUP = """\
root:x:0:
agents:x:1235:agent
docker:x:900:other,agent
wheel:x:901:agent
agentx:x:902:agentx
bad:x:oops:agent
"""


@pytest.fixture
def etc(tmp_path: Path, toolbox: Path) -> Path:
    (tmp_path / "etc" / "passwd").write_text(PASSWD)
    (tmp_path / "etc" / "group").write_text(GROUP)
    return tmp_path / "etc"


WHO = '. $T/who.sh; if who "$1"; then echo "$uid $gid $groups $home"; else echo "error: $why"; fi'


def who(shell: Shell, user: str) -> str:
    return shell(WHO, user).stdout.decode().strip()


@pytest.mark.usefixtures("etc")
@pytest.mark.parametrize(
    ("user", "expected"),
    [
        ("", "0 0 0 /root"),
        ("root", "0 0 0 /root"),
        ("0", "0 0 0 /root"),
        ("agent", "1234 1235 1235,900,901 /home/agent"),
        ("1234", "1234 1235 1235,900,901 /home/agent"),
        ("agent:docker", "1234 900 900 /home/agent"),
        ("agent:77", "1234 77 77 /home/agent"),
        ("4000", "4000 0 0 /"),
        ("4000:4001", "4000 4001 4001 /"),
        ("42", "7 8 8 /named-by-number"),
        ("homeless", "50 51 51 /"),
        ("nobody", "error: no user 'nobody' in /etc/passwd"),
        ("agent:nogroup", "error: no group 'nogroup' in /etc/group"),
        ("odd", "error: no user 'odd' in /etc/passwd"),
        ("agent:bad", "error: no group 'bad' in /etc/group"),
    ],
)
def test_who(shell: Shell, tmp_path: Path, user: str, expected: str) -> None:
    assert who(shell, user).replace(str(tmp_path), "") == expected


def test_images_without_a_user_database(shell: Shell) -> None:
    assert who(shell, "1000") == "1000 0 0 /"
    assert who(shell, "") == "0 0 0 /"


def test_a_fifo_in_place_of_the_user_database_blocks_nobody(shell: Shell, tmp_path: Path) -> None:
    for name in ("passwd", "group"):
        os.mkfifo(tmp_path / "etc" / name)
    assert who(shell, "1000") == "1000 0 0 /"


@pytest.mark.parametrize(
    ("before", "after"),
    [(None, "/home/agent"), ("/root", "/home/agent"), ("/", "/home/agent"), ("/cfg", "/cfg")],
)
def test_home_asked_for_stays(shell: Shell, before: str | None, after: str) -> None:
    env = {"PATH": os.environ["PATH"], **({} if before is None else {"HOME": before})}
    done = shell(". $T/who.sh; home=/home/agent; set_home; echo $HOME", env=env)
    assert done.stdout.decode().strip() == after
