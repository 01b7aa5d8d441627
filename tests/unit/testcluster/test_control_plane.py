"""Where tests find an API server to start."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cluster import control_plane, pins
from tests.cluster.source import Source

DOCKER = """#!/bin/sh
echo "$@" >> {log}
case $1 in
    create) echo "container-of-$2" ;;
    cp) printf '%s' "$2" > "$3" ;;
esac
"""


@pytest.fixture
def docker(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The log of an engine that is the only program of the machine, whose cache is empty."""
    log, program = tmp_path / "log", tmp_path / "bin" / "docker"
    program.parent.mkdir()
    program.write_text(DOCKER.format(log=log))
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path / "cache"))
    return log


@pytest.mark.usefixtures("docker")
def test_before_there_was_a_cluster_there_is_none() -> None:
    assert control_plane.find() is None


def test_programs_are_copied_out_of_the_images_a_cluster_pulls(docker: Path) -> None:
    control_plane.ensure(Source.UPSTREAM)
    found = control_plane.find()
    assert found is not None
    assert {name: path.read_text() for name, path in found.items()} == {
        "etcd": f"container-of-{pins.ETCD_IMAGE}:/usr/local/bin/etcd",
        "kube-apiserver": f"container-of-{pins.control_plane_image('kube-apiserver')}:/usr/local/bin/kube-apiserver",
        "kube-controller-manager": (
            f"container-of-{pins.control_plane_image('kube-controller-manager')}"
            ":/usr/local/bin/kube-controller-manager"
        ),
    }
    log = docker.read_text()
    assert log.count("rm container-of-") == log.count("create ") == 3
    control_plane.ensure(Source.UPSTREAM)
    assert docker.read_text() == log, "once"
