"""Blueprint → build Job: what makes a new image, and what the builder really does."""

from __future__ import annotations

import hashlib
import os
import re
import subprocess
import tomllib
from base64 import b64encode
from pathlib import Path
from typing import Any

import pytest

from assay.api.blueprint import BlueprintSpec
from assay.settings import RegistrySettings
from assay.specs import build_job
from tests.unit.specs.commands import expand
from tests.unit.specs.objects import SETTINGS, Obj, existing
from tests.unit.specs.test_run_specs import VERBATIM

SPEC: Obj = {
    "dockerfile": "FROM debian\nRUN make\n",
    "context": {"configMap": {"name": "source"}},
    "buildArgs": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
    "target": "test",
}
CONFIG_MAP: Obj = {
    "metadata": {"name": "source", "namespace": "team", "resourceVersion": "5"},
    "data": {"main.py": "print()\n", "Makefile": "all:\n"},
    "binaryData": {"logo.png": b64encode(b"\x89PNG").decode()},
}


def hash_of(spec: Obj | None = None, config_map: Obj | None = None) -> str:
    parsed = BlueprintSpec.model_validate({**SPEC, **(spec or {})})
    return build_job.content(parsed, build_job.context_digests({**CONFIG_MAP, **(config_map or {})}))


@pytest.mark.parametrize(
    ("spec", "config_map"),
    [
        ({"dockerfile": "FROM debian\nRUN make \n"}, {}),
        ({"dockerfile": "# a comment\nFROM debian\nRUN make\n"}, {}),
        ({"buildArgs": [{"name": "A", "value": "1"}]}, {}),
        ({"buildArgs": [{"name": "A", "value": "1"}, {"name": "B", "value": "3"}]}, {}),
        ({"buildArgs": [{"name": "A", "value": "2"}, {"name": "B", "value": "1"}]}, {}),
        ({"buildArgs": None}, {}),
        ({"target": "production"}, {}),
        ({"target": None}, {}),
        ({}, {"data": {"main.py": "print(1)\n", "Makefile": "all:\n"}}),
        ({}, {"data": {"main.py": "print()\n", "makefile": "all:\n"}}),
        ({}, {"data": {"main.py": "all:\n", "Makefile": "print()\n"}}),
        ({}, {"data": {"main.py": "print()\n", "Makefile": "all:\n", "more": ""}}),
        ({}, {"binaryData": {"logo.png": b64encode(b"\x89PNF").decode()}}),
        ({}, {"binaryData": None}),
    ],
)
def test_each_input_makes_another_image(spec: Obj, config_map: Obj) -> None:
    assert hash_of(spec, config_map) != hash_of()


@pytest.mark.parametrize(
    ("spec", "config_map"),
    [
        ({"resources": {"limits": {"cpu": "8"}}}, {}),
        ({"buildArgs": [*reversed(SPEC["buildArgs"])]}, {}),
        ({}, {"data": dict(reversed(CONFIG_MAP["data"].items()))}),
        ({}, {"metadata": {"name": "source", "resourceVersion": "6", "labels": {"x": "y"}}}),
        (
            {},
            {
                "data": {"main.py": "print()\n"},
                "binaryData": {"logo.png": "iVBORw==", "Makefile": b64encode(b"all:\n").decode()},
            },
        ),
        ({"context": {"configMap": {"name": "the-same-files"}}}, {}),
    ],
    ids=["resources", "order of arguments", "order of files", "metadata", "text as binary", "name"],
)
def test_what_is_no_input_makes_no_other_image(spec: Obj, config_map: Obj) -> None:
    assert hash_of(spec, config_map) == hash_of()


def test_an_upgrade_of_the_operator_builds_nothing_anew() -> None:
    assert hash_of() == "f68b8dc44273cf2045ac7eb01e65cd1a", "every blueprint would be built again"


def test_digests_are_those_of_the_files() -> None:
    digests = build_job.context_digests(CONFIG_MAP)
    assert digests["logo.png"] == hashlib.sha256(b"\x89PNG").hexdigest()
    assert list(digests) == sorted(digests)
    assert build_job.context_digests({"metadata": {}}) == {}


# --- the Job ---


def job(**changes: Any) -> Obj:
    spec = BlueprintSpec.model_validate({**SPEC, **changes})
    return build_job.job(existing("Blueprint", "project"), spec, "0" * 32, {}, SETTINGS)


@pytest.mark.parametrize("text", VERBATIM)
def test_build_arguments_arrive_as_written(text: str) -> None:
    [container] = job(buildArgs=[{"name": "A", "value": text}])["spec"]["template"]["spec"]["containers"]
    environment = {"ASSAY_RUN": "a variable of the container"}
    assert f"--opt=build-arg:A={text}" in [expand(one, environment) for one in container["command"]]


def test_two_contents_of_one_blueprint_have_two_jobs() -> None:
    assert build_job.job_name("p", "a" * 32) != build_job.job_name("p", "b" * 32)


@pytest.mark.parametrize(
    ("registry", "expected"),
    [
        (RegistrySettings(push="push.test", pull="pull.test"), {}),
        (
            RegistrySettings(push="push.test:5000/team", pull="pull.test", insecure=True),
            {"push.test:5000": {"http": True, "insecure": True}},
        ),
        (
            RegistrySettings(push="push.test", pull="pull.test", mirrors={"hub.test": "mirror.test:1"}),
            {"hub.test": {"mirrors": ["mirror.test:1"]}},
        ),
        (
            RegistrySettings(push="push.test", pull="p", insecure=True, mirrors={"hub.test": "push.test"}),
            {
                "hub.test": {"mirrors": ["push.test"]},
                "push.test": {"http": True, "insecure": True},
            },
        ),
        (
            RegistrySettings(push="push.test", pull="p", insecure=True, mirrors={"push.test": "mirror.test"}),
            {
                "push.test": {"mirrors": ["mirror.test"], "http": True, "insecure": True},
                "mirror.test": {"http": True, "insecure": True},
            },
        ),
    ],
    ids=["https", "http", "mirror", "mirror is the registry", "the registry has a mirror"],
)
def test_buildkitd_reads_its_configuration(registry: RegistrySettings, expected: Obj) -> None:
    assert tomllib.loads(build_job.buildkitd_config(registry)).get("registry", {}) == expected


def test_without_a_push_secret_nothing_is_mounted() -> None:
    settings = SETTINGS.replace(registry=SETTINGS.registry.model_copy(update={"push_secret": "push"}))
    spec = BlueprintSpec.model_validate(SPEC)
    with_secret = build_job.job(existing("Blueprint", "p"), spec, "0" * 32, {}, settings)
    assert "DOCKER_CONFIG" in str(with_secret)
    assert "DOCKER_CONFIG" not in str(job())


# --- the builder's script, run by a real shell with a buildctl of ours ---

BUILDCTL = """#!/bin/sh
echo "$@" >"$ROOT/arguments"
for argument; do
  [ -z "$previous" ] || echo '{"containerimage.digest": "sha256:1"}' >"$argument"
  case $argument in --metadata-file) previous=1 ;; *) previous= ;; esac
done
exit "${BUILDCTL_EXIT:-0}"
"""


def build(tmp_path: Path, files: dict[str, str], hashed: dict[str, str] | None = None, code: int = 0) -> int:
    """Run the script of a Job made for `hashed` where the ConfigMap's volume has `files`."""
    [container] = job()["spec"]["template"]["spec"]["containers"]
    shell, option, script, *arguments = container["command"]
    script = re.sub(r"/(?=assay/in|assay/context|tmp/|dev/termination-log)", f"{tmp_path}/", script)
    # As the kubelet lays it out: files are links into a folder that is replaced as a whole.
    volume, data = tmp_path / "assay" / "context", tmp_path / "assay" / "context" / "..2026_01_01"
    for folder in (data, tmp_path / "assay" / "in", tmp_path / "tmp", tmp_path / "dev", tmp_path / "bin"):
        folder.mkdir(parents=True)
    (volume / "..data").symlink_to(data.name)
    for name, content in files.items():
        (data / name).write_text(content)
        (volume / name).symlink_to(f"..data/{name}")
    digests = build_job.context_digests({"data": files if hashed is None else hashed})
    manifest = build_job.job(
        existing("Blueprint", "p"), BlueprintSpec.model_validate(SPEC), "0" * 32, digests, SETTINGS
    )
    annotations = manifest["spec"]["template"]["metadata"]["annotations"]
    (tmp_path / "assay" / "in" / "context.sha256").write_text(annotations["files.assay.dev/context.sha256"])
    buildctl = tmp_path / "bin" / "buildctl-daemonless.sh"
    buildctl.write_text(BUILDCTL)
    buildctl.chmod(0o755)
    environment = {
        "PATH": f"{buildctl.parent}:{os.environ['PATH']}",
        "ROOT": str(tmp_path),
        "BUILDCTL_EXIT": str(code),
    }
    return subprocess.run([shell, option, script, *arguments], env=environment, check=False).returncode


def message(tmp_path: Path) -> str:
    path = tmp_path / "dev" / "termination-log"
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize(
    "files",
    [
        {"Makefile": "all:\n", "main.py": "print()\n"},
        {".dockerignore": "secret\n", "Makefile": "all:\n"},
        {"-n": "like an option\n", "A_b-c.D": ""},
        {"one": "no newline"},
    ],
    ids=["plain", "dot file", "odd names", "no newline"],
)
def test_the_context_is_what_the_config_map_has(tmp_path: Path, files: dict[str, str]) -> None:
    assert build(tmp_path, files) == 0
    copied = {path.name: path.read_text() for path in (tmp_path / "tmp" / "context").iterdir()}
    assert copied == files
    assert message(tmp_path) == '{"containerimage.digest": "sha256:1"}\n'
    assert "--opt=target=test" in (tmp_path / "arguments").read_text()


@pytest.mark.parametrize(
    ("mounted", "hashed"),
    [({"a": "new"}, {"a": "old"}), ({"a": "x"}, {"a": "x", "b": "gone"})],
    ids=["edited", "removed"],
)
def test_a_context_that_changed_meanwhile_is_not_built(
    tmp_path: Path, mounted: dict[str, str], hashed: dict[str, str]
) -> None:
    assert build(tmp_path, mounted, hashed) != 0
    assert message(tmp_path).strip() == build_job.CONTEXT_CHANGED
    assert not (tmp_path / "arguments").exists()


def test_a_failed_build_leaves_the_message_to_the_log(tmp_path: Path) -> None:
    assert build(tmp_path, {"a": "x"}, code=3) == 3
    assert message(tmp_path) == ""
