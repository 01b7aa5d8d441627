"""The pure parts of `assay.kube`."""

import json
from pathlib import Path
from typing import Any

import pytest
from kubernetes.aio.config import incluster_config

from assay.kube import connection, errors, resources
from assay.kube.merge_patch import merge_patch
from assay.kube.resources import JOBS, PODS, Resource, register, resource_of
from assay.registry.credentials import basic_credentials, load_credentials
from assay.registry.image import ImageConfig, ImageNotFound, Reference, RegistryUnavailable, choose_manifest


def test_paths() -> None:
    assert PODS.path() == "/api/v1/pods"
    assert PODS.path("ns", "a", "log") == "/api/v1/namespaces/ns/pods/a/log"
    assert JOBS.path("ns") == "/apis/batch/v1/namespaces/ns/jobs"
    nodes = Resource("", "v1", "nodes", "Node", namespaced=False)
    assert nodes.path(None, "a") == "/api/v1/nodes/a"
    assert PODS.path("ns", "a/../b") == "/api/v1/namespaces/ns/pods/a%2F..%2Fb"
    with pytest.raises(ValueError, match="needs a namespace"):
        PODS.path(None, "a")


def test_resources_are_found_by_their_objects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(resources, "_known", {})  # other tests of this process must not meet this kind
    for one in (PODS, thing := Resource("example.dev", "v1", "things", "Thing")):
        register(one)
    assert resource_of({"apiVersion": "example.dev/v1", "kind": "Thing"}) is thing
    assert resource_of({"apiVersion": "v1", "kind": "Pod"}) is PODS
    with pytest.raises(LookupError, match=r"example\.dev/v2, kind Thing"):
        resource_of({"apiVersion": "example.dev/v2", "kind": "Thing"})


@pytest.mark.parametrize(
    ("status", "reason", "expected"),
    [
        (404, "NotFound", errors.NotFound),
        (409, "Conflict", errors.Conflict),
        (409, "AlreadyExists", errors.AlreadyExists),
        (403, "Forbidden", errors.Forbidden),
        (410, "Expired", errors.Gone),
        (422, "Invalid", errors.Invalid),
        (429, "TooManyRequests", errors.TooManyRequests),
        (500, "InternalError", errors.Unavailable),
        (504, "Timeout", errors.Unavailable),
        (400, "BadRequest", errors.ApiError),
    ],
)
def test_errors_have_types(status: int, reason: str, expected: type[errors.ApiError]) -> None:
    body = json.dumps({"kind": "Status", "reason": reason, "message": "because"}).encode()
    error = errors.from_response(status, body, {"Retry-After": "7"})
    assert type(error) is expected
    assert (error.status, error.reason, error.message) == (status, reason, "because")
    if isinstance(error, errors.TooManyRequests):
        assert error.retry_after == 7


def test_an_error_page_of_a_proxy_is_an_error_too() -> None:
    error = errors.from_response(502, b"<html>bad gateway</html>", {})
    assert isinstance(error, errors.Unavailable)
    assert "bad gateway" in str(error)


@pytest.mark.parametrize(
    ("old", "new", "patch"),
    [
        ({}, {}, {}),
        ({"a": 1}, {"a": 1}, {}),
        ({"a": 1}, {"a": 2, "b": {}}, {"a": 2, "b": {}}),
        ({"a": 1, "b": 2}, {"b": 2}, {"a": None}),
        ({"a": {"x": 1, "y": 2}}, {"a": {"x": 1, "z": 3}}, {"a": {"y": None, "z": 3}}),
        ({"a": {"x": 1}}, {"a": {}}, {"a": {"x": None}}),
        ({"a": [1, 2]}, {"a": [1]}, {"a": [1]}),
        ({"a": 1}, {"a": None, "c": None}, {"a": None}),
        ({"a": None}, {}, {}),
        ({"a": 1}, {"a": {"x": None, "y": 1}}, {"a": {"y": 1}}),
    ],
)
def test_merge_patches_are_minimal(old: dict[str, Any], new: dict[str, Any], patch: dict[str, Any]) -> None:
    assert merge_patch(old, new) == patch


@pytest.mark.parametrize(
    ("text", "full"),
    [
        ("debian", "docker.io/library/debian:latest"),
        ("debian:trixie-slim", "docker.io/library/debian:trixie-slim"),
        ("bitnami/git:2", "docker.io/bitnami/git:2"),
        ("index.docker.io/library/x", "docker.io/library/x:latest"),
        ("localhost:5001/a/b:t", "localhost:5001/a/b:t"),
        ("localhost/a", "localhost/a:latest"),
        ("ghcr.io/o/r@sha256:" + "a" * 64, "ghcr.io/o/r@sha256:" + "a" * 64),
        ("ghcr.io/o/r:v1@sha256:" + "a" * 64, "ghcr.io/o/r@sha256:" + "a" * 64),
    ],
)
def test_references(text: str, full: str) -> None:
    assert str(Reference.parse(text)) == full


@pytest.mark.parametrize(
    "text", ["", "Debian", "a b", "a:", "a@", "a@sha256:xyz", "host.io/", "a//b", "a:b:c"]
)
def test_bad_references(text: str) -> None:
    with pytest.raises(ImageNotFound, match="is not an image reference"):
        Reference.parse(text)


def test_image_configs_may_be_sparse() -> None:
    assert ImageConfig.parse("d", {"config": None}) == ImageConfig("d", "", "", [], [], [])
    config = {"User": "1000", "WorkingDir": "/w", "Env": ["A=b=c", "E="], "Entrypoint": None, "Cmd": ["sh"]}
    assert ImageConfig.parse("d", {"config": config}) == ImageConfig(
        "d", "1000", "/w", [{"name": "A", "value": "b=c"}, {"name": "E", "value": ""}], [], ["sh"]
    )


def test_the_manifest_of_the_own_architecture_is_chosen() -> None:
    def entry(digest: str, os: str, architecture: str, variant: str | None = None) -> dict[str, Any]:
        target = {"os": os, "architecture": architecture} | ({"variant": variant} if variant else {})
        return {"digest": digest, "platform": target}

    index = {
        "manifests": [
            entry("attestation", "unknown", "unknown"),
            entry("windows", "windows", "amd64"),
            entry("v6", "linux", "arm", "v6"),
            entry("v7", "linux", "arm", "v7"),
            entry("amd", "linux", "amd64"),
            entry("arm64", "linux", "arm64", "v8"),
        ]
    }
    assert choose_manifest(index, "amd64", "") == "amd"
    assert choose_manifest(index, "arm", "v7") == "v7"
    assert choose_manifest(index, "arm64", "") == "arm64"
    assert choose_manifest(index, "riscv64", "") is None


def test_the_most_specific_credentials_win(tmp_path: Path) -> None:
    auths = {
        "https://index.docker.io/v1/": {"auth": "aHVi"},
        "ghcr.io": {"username": "u", "password": "p"},
        "ghcr.io/team": {"auth": "dGVhbQ=="},
        "*.example.com": {"auth": "YW55"},
    }
    (tmp_path / ".dockerconfigjson").write_text(json.dumps({"auths": auths}))
    loaded = load_credentials(tmp_path)

    def found(image: str) -> str | None:
        return basic_credentials(loaded, Reference.parse(image))

    assert found("debian") == "Basic aHVi"
    assert found("ghcr.io/other/x") == "Basic dTpw"
    assert found("ghcr.io/team/x") == "Basic dGVhbQ=="
    assert found("ghcr.io/teammates/x") == "Basic dTpw"
    assert found("r.example.com/x") == "Basic YW55"
    assert found("quay.io/x") is None


def test_absent_and_broken_credentials(tmp_path: Path) -> None:
    assert load_credentials(None) == {}
    assert load_credentials(tmp_path / "absent") == {}
    assert load_credentials(tmp_path) == {}
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(RegistryUnavailable, match="is not JSON"):
        load_credentials(tmp_path)


async def test_in_a_pod_the_service_account_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "token").write_text("first")
    (tmp_path / "ca.crt").write_text("a certificate")
    for module in (connection, incluster_config):
        monkeypatch.setattr(module, "SERVICE_TOKEN_FILENAME", str(tmp_path / "token"))
    monkeypatch.setattr(incluster_config, "SERVICE_CERT_FILENAME", str(tmp_path / "ca.crt"))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "fd00::1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    configuration = await connection.load_configuration(connection.Login())
    assert configuration.host == "https://[fd00::1]:443"
    assert configuration.ssl_ca_cert == str(tmp_path / "ca.crt")
    assert configuration.connection_pool_maxsize == 25
    assert await configuration.get_api_key_with_prefix("BearerToken") == "bearer first"
