"""closed: waits until a place that a pod may not reach can no longer be reached."""

from __future__ import annotations

import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.toolbox.toolbox_paths import Shell, compiled


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled("closed", tmp_path_factory.mktemp("closed"))


@pytest.fixture
def place() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server


def code(program: Path, *args: str) -> int:
    return subprocess.run([program, *args], capture_output=True, check=False).returncode


def port(server: socket.socket) -> str:
    return str(server.getsockname()[1])


def test_a_place_that_refuses_is_closed_at_once(closed: Path, place: socket.socket) -> None:
    there = port(place)
    place.close()
    begun = time.monotonic()
    assert code(closed, "127.0.0.1", there, "30") == 0
    assert time.monotonic() - begun < 5


def test_a_place_that_does_not_answer_is_closed(closed: Path) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as server, socket.socket() as first:
        first.connect(server.getsockname())
        with socket.socket() as second:  # the queue is full: the kernel drops every further SYN
            second.setblocking(False)
            second.connect_ex(server.getsockname())
            assert code(closed, "127.0.0.1", port(server), "30") == 0


def test_a_place_that_goes_on_answering_is_open(closed: Path, place: socket.socket) -> None:
    begun = time.monotonic()
    assert code(closed, "127.0.0.1", port(place), "1") == 1
    assert time.monotonic() - begun >= 1


def test_waits_until_it_closes(closed: Path, place: socket.socket) -> None:
    there = port(place)
    timer = threading.Timer(0.7, place.close)
    timer.start()
    begun = time.monotonic()
    assert code(closed, "127.0.0.1", there, "30") == 0
    assert time.monotonic() - begun >= 0.5


@pytest.mark.parametrize(
    "args",
    [
        [],
        ["127.0.0.1", "1"],
        ["localhost", "1", "1"],
        ["127.0.0.1", "0", "1"],
        ["127.0.0.1", "65536", "1"],
        ["127.0.0.1", "1", "x"],
    ],
)
def test_wrong_arguments(closed: Path, args: list[str]) -> None:
    assert code(closed, *args) == 125


def test_scripts_give_up_where_it_stays_open(
    closed: Path, place: socket.socket, shell: Shell, toolbox: Path
) -> None:
    (toolbox / "closed").symlink_to(closed)
    text = '. $T/lib.sh; die() { echo "$*"; exit 125; }; watch_network; pass_network; echo passed'
    there = {"ASSAY_CLOSED": f"127.0.0.1 {port(place)} 1"}
    opened = shell(text, env=there)
    assert opened.returncode == 125
    assert opened.stdout.decode().startswith(f"network open: 127.0.0.1 port {port(place)}")
    assert "settings.networkGateSeconds" in opened.stdout.decode()
    place.close()
    assert shell(text, env=there).stdout == b"passed\n"
    assert shell(text).stdout == b"passed\n", "nobody asked it to wait"
