"""The parts of the test cluster's scripts that decide something without touching the machine."""

from __future__ import annotations

import io
import json
import re
import tarfile
from pathlib import Path

import pytest

from tests.cluster import addons, gobuild, load, oci, pins, tools
from tests.cluster.apt import Mirror, parse_mirror
from tests.cluster.cache import artefact, cache_root, content_key
from tests.cluster.console import ClusterError
from tests.cluster.source import Source, choose

TARGETS = [
    "http://mirror.test/debian-security/|bookworm-security|Debian-Security|main|$(SIGNED_BY)",
    "http://mirror.test/debian/|bookworm-updates|Debian|main|$(SIGNED_BY)",
    "https://vendor.test/apt/|stable|Vendor|main|/etc/apt/keyrings/vendor.gpg",
    "http://mirror.test/debian/|bookworm|Debian|main|$(SIGNED_BY)",
]


def test_mirror_is_the_main_archive_of_this_machine() -> None:
    keyring = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
    assert parse_mirror(TARGETS) == Mirror("http://mirror.test/debian/", keyring)
    assert parse_mirror(TARGETS[:3]) is None


def test_mirror_keeps_the_keyring_it_is_signed_by() -> None:
    mirror = parse_mirror(["https://own.test/debian|trixie|Debian|main|/etc/own.gpg"])
    assert mirror is not None
    assert mirror.source("trixie") == "deb [signed-by=/etc/own.gpg] https://own.test/debian trixie main\n"


def test_source_is_chosen_by_looking_unless_told() -> None:
    assert choose({}, lambda: True) is Source.UPSTREAM
    assert choose({}, lambda: False) is Source.REGISTRIES
    assert choose({"ASSAY_CLUSTER_SOURCE": "registries"}, lambda: True) is Source.REGISTRIES
    with pytest.raises(ClusterError, match="upstream or registries"):
        choose({"ASSAY_CLUSTER_SOURCE": "mirror"}, lambda: True)


@pytest.mark.parametrize(
    ("printed", "oldest", "enough"),
    [
        ("Client Version: v1.36.3\nKustomize Version: v5.8.0", "v1.35.0", True),
        ("Client Version: v1.32.4-dispatcher", "v1.35.0", False),
        ("v3.9.4+gdbc6d8e", "v3.14.0", False),
        ("v4.0.1+g12500dd", "v3.14.0", False),
        ("kind v0.33.0 go1.26.8 linux/amd64", "v0.33.0", True),
        ("", "v0.33.0", False),
    ],
)
def test_own_programs_are_used_when_new_enough(printed: str, oldest: str, enough: bool) -> None:
    assert tools.new_enough(printed, oldest) is enough


def test_cache_root_follows_the_environment() -> None:
    assert cache_root({"ASSAY_CACHE": "/a", "XDG_CACHE_HOME": "/b"}) == Path("/a")
    assert cache_root({"XDG_CACHE_HOME": "/b"}) == Path("/b/assay")
    assert cache_root({}) == Path.home() / ".cache" / "assay"


def test_key_follows_contents_and_names(tmp_path: Path) -> None:
    (tmp_path / "go.mod").write_text("module a")
    before = content_key(tmp_path, "flags")
    assert content_key(tmp_path, "flags") == before
    assert content_key("ab", "c") != content_key("a", "bc")
    (tmp_path / "go.mod").rename(tmp_path / "go.sum")
    assert content_key(tmp_path, "flags") != before


def test_artefact_is_made_once_and_never_half(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ASSAY_CACHE", str(tmp_path))

    def killed(path: Path) -> None:
        path.write_text("half")
        raise KeyboardInterrupt

    def whole(path: Path) -> None:
        path.write_text("whole")

    with pytest.raises(KeyboardInterrupt):
        artefact("kind", "name", "key", killed)
    path = artefact("kind", "name", "key", whole)
    assert path.read_text() == "whole"
    assert artefact("kind", "name", "key", killed) == path
    assert list((tmp_path / "tmp").iterdir()) == []


@pytest.mark.parametrize(
    ("short", "full"),
    [
        ("debian:trixie-slim", "docker.io/library/debian:trixie-slim"),
        ("moby/buildkit", "docker.io/moby/buildkit:latest"),
        ("localhost:5001/a/b", "localhost:5001/a/b:latest"),
        ("registry.k8s.io/pause:3.10", "registry.k8s.io/pause:3.10"),
    ],
)
def test_full_image_names(short: str, full: str) -> None:
    assert load.full_name(short) == full


@pytest.mark.parametrize(
    ("module", "requirement", "version"),
    [
        ("kubernetes", "k8s.io/kubernetes", pins.KUBERNETES),
        ("kubernetes", "go.etcd.io/etcd/server/v3", f"v{pins.ETCD}"),
        ("kubernetes", "github.com/coredns/coredns", pins.COREDNS),
        ("runtime", "sigs.k8s.io/kind", pins.KIND),
        ("runtime", "github.com/moby/buildkit", pins.BUILDKIT),
        ("runtime", "github.com/distribution/distribution/v3", f"v{pins.REGISTRY}"),
        ("storage", "github.com/kubernetes-csi/external-provisioner/v6", pins.CSI_PROVISIONER),
        ("storage", "github.com/kubernetes-csi/external-snapshotter/v8", pins.EXTERNAL_SNAPSHOTTER),
        ("hostpath", "github.com/kubernetes-csi/csi-driver-host-path", pins.CSI_HOSTPATH),
        ("network", "github.com/cloudnativelabs/kube-router/v2", pins.KUBE_ROUTER),
        ("helm", "helm.sh/helm/v3", pins.HELM),
    ],
)
def test_pins_are_what_is_compiled(module: str, requirement: str, version: str) -> None:
    text = (gobuild.MODULES / module / "go.mod").read_text()
    assert re.search(rf"(?m)^(?:require |\t){re.escape(requirement)} {re.escape(version)}(?: |$)", text)


@pytest.mark.parametrize("source", list(Source))
def test_manifests_name_only_pinned_images(source: Source) -> None:
    pinned = {value for name, value in vars(pins).items() if name.endswith("_IMAGE")}
    for file in sorted((Path(addons.__file__).parent / "manifests").glob("*.yaml")):
        text = addons.render(file.read_text(), source)
        assert set(re.findall(r"image: (\S+)", text)) <= pinned
        assert "${" not in text
    assert "$(NODE)" in addons.render("--nodeid=$$(NODE)", source)


class Recorder:
    """kubectl against a cluster that keeps only what the add-ons' record says."""

    def __init__(self) -> None:
        self.key, self.applied = "", ""

    def __call__(self, *arguments: str, stdin: str | None = None) -> str:
        if arguments[:2] == ("get", "configmap"):
            return self.key
        for argument in arguments:
            if argument.startswith("--from-literal=key="):
                self.key = argument.removeprefix("--from-literal=key=")
        self.applied += stdin or ""
        return ""


def test_addons_are_current_until_a_manifest_or_a_pin_changes(monkeypatch: pytest.MonkeyPatch) -> None:
    cluster = Recorder()
    assert not addons.current(Source.UPSTREAM, cluster)
    addons.apply(Source.UPSTREAM, cluster)
    assert addons.current(Source.UPSTREAM, cluster)
    monkeypatch.setattr(pins, "REGISTRY_IMAGE", "docker.io/library/registry:next")
    assert not addons.current(Source.UPSTREAM, cluster)


def test_upstream_network_enforces_policies_itself() -> None:
    cluster = Recorder()
    addons.apply(Source.UPSTREAM, cluster)
    assert "csi-hostpath-wait" in cluster.applied
    assert "kube-router" not in cluster.applied


def test_lossy_driver_shares_nothing_with_the_other_and_is_no_addon() -> None:
    cluster = Recorder()
    addons.apply(Source.UPSTREAM, cluster)
    lossy = addons.lossy_driver(Source.UPSTREAM)
    assert "name: TAR_OPTIONS" in cluster.applied
    assert "name: TAR_OPTIONS" not in lossy
    assert "lossy" not in cluster.applied
    assert not re.search(r"hostpath\.csi\.k8s\.io|csi-hostpath-data", lossy)


def test_archive_is_one_image_for_containerd_and_docker(tmp_path: Path) -> None:
    program = tmp_path / "program"
    program.write_text("#!/bin/sh")
    files: dict[str, Path | bytes | oci.Link] = {"/usr/bin/program": program, "/etc/link": oci.Link("/usr")}
    layer = oci.write_layer(tmp_path / "a.tar", files)
    assert oci.write_layer(tmp_path / "b.tar", files).digest == layer.digest
    with tarfile.open(layer.tar) as tar:
        assert tar.getnames() == ["etc", "etc/link", "usr", "usr/bin", "usr/bin/program"]
        assert tar.getmember("usr/bin/program").mode == 0o755

    out = io.BytesIO()
    image = oci.Image("docker.io/library/debian:x", [layer], {"Cmd": ["program"]})
    oci.write_archive(out, [image])
    out.seek(0)
    with tarfile.open(fileobj=out) as archive:
        names = archive.getnames()
        assert len(names) == len(set(names))

        def content(name: str) -> bytes:
            file = archive.extractfile(name)
            assert file is not None
            return file.read()

        (docker,) = json.loads(content("manifest.json"))
        (descriptor,) = json.loads(content("index.json"))["manifests"]
        manifest = json.loads(content("blobs/" + descriptor["digest"].replace(":", "/")))
        assert docker["RepoTags"] == ["debian:x"]
        assert descriptor["annotations"]["io.containerd.image.name"] == image.name
        assert docker["Config"].endswith(manifest["config"]["digest"].removeprefix("sha256:"))
        assert json.loads(content(docker["Config"]))["rootfs"]["diff_ids"] == [layer.digest]
