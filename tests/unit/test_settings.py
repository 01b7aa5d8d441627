"""The operator's configuration file."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic import ValidationError

from assay.settings import FILE_VARIABLE, Settings, load

LEAST = {"toolboxImage": "example.test/assay:1", "registry": {"push": "push.example.test"}}


@pytest.fixture(autouse=True)
def in_a_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.96.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")


def test_pods_watch_the_api_server_unless_told_of_another_place() -> None:
    assert Settings.model_validate(LEAST).network_gate == ("10.96.0.1", 443)
    other = Settings.model_validate({**LEAST, "networkGateAddress": "[fd00:0::1]:6443"})
    assert other.network_gate == ("fd00::1", 6443)


def test_outside_of_a_cluster_nothing_is_watched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST")
    assert Settings.model_validate(LEAST).network_gate is None


@pytest.mark.parametrize("place", ["10.0.0.1", "host.example.test:443", "10.0.0.1:0", "10.0.0.1:65536"])
def test_a_place_is_an_address_and_a_port(place: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({**LEAST, "networkGateAddress": place})


def test_a_file_that_is_missing_or_wrong_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(FILE_VARIABLE, str(tmp_path / "config.yaml"))
    with pytest.raises(ValueError, match="cannot read the configuration"):
        load()
    (tmp_path / "config.yaml").write_text("toolboxImage: x\nregistry: {push: y}\nunknown: 1\n")
    with pytest.raises(ValueError, match="unknown"):
        load()
