"""Blueprint → build Job: BuildKit in a user-namespaced pod pushes to the registry and reports the digest."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.api.blueprint import Blueprint, BlueprintSpec
from assay.kube_object import KubeObject
from assay.settings import RegistrySettings, Settings

from . import names, pod_parts

CONTAINER = "build"
CONTEXT_CHANGED = "build-context-changed"
_IN = "/assay/in"
_CONTEXT = "/assay/context"
_REGISTRY = "/assay/registry"

# The context is copied because the files of a mounted ConfigMap are links. It is checked because the ConfigMap may
# have been edited after the operator read it for the content hash, and before the pod mounted it.
_SCRIPT = f"""set -eu
mkdir -p /tmp/context
if [ -d {_CONTEXT} ]; then
  for file in {_CONTEXT}/* {_CONTEXT}/.[!.]*; do [ -f "$file" ] && cp -L "$file" /tmp/context/; done
  (cd /tmp/context && sha256sum -c {_IN}/context.sha256 >/dev/null 2>&1) \\
    || {{ echo {CONTEXT_CHANGED} >/dev/termination-log; exit 1; }}
fi
buildctl-daemonless.sh build "$@" --metadata-file /tmp/metadata.json
cp /tmp/metadata.json /dev/termination-log
"""


@dataclass(frozen=True, slots=True)
class Content:
    """What a build makes its image of."""

    hash: str
    """Equal hash, equal image: it is built once for all blueprints."""
    files: Mapping[str, str] = field(default_factory=dict)
    """The build context: file name → SHA-256 of its content (see `context_digests`)."""


def content(spec: BlueprintSpec, files: Mapping[str, str]) -> Content:
    """The content of a blueprint with these files in its build context."""
    hashed = {
        "dockerfile": spec.dockerfile,
        "context": dict(files),
        "buildArgs": {argument.name: argument.value for argument in spec.build_args or ()},
        "target": spec.target,
    }
    return Content(names.content_hash(hashed), files)


def context_digests(config_map: Mapping[str, Any]) -> dict[str, str]:
    """File name → SHA-256 of a ConfigMap's files."""
    texts = {name: text.encode() for name, text in (config_map.get("data") or {}).items()}
    binaries = {name: b64decode(data) for name, data in (config_map.get("binaryData") or {}).items()}
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted({**texts, **binaries}.items())}


def tag(push: str, content_hash: str) -> str:
    """The image of that content in the registry."""
    return f"{push}/assay/blueprints:{content_hash}"


def digest_reference(registry: RegistrySettings, digest: str) -> str:
    """The built image as nodes pull it."""
    return f"{registry.pull}/assay/blueprints@{digest}"


def job_name(blueprint: str, content_hash: str) -> str:
    """Name of the Job that builds this content for this blueprint."""
    return names.child_name(blueprint, "build", content_hash[:8])


def job(blueprint: Blueprint, content: Content, settings: Settings) -> KubeObject:
    """The Job that builds and pushes the image."""
    spec, registry = blueprint.spec, settings.registry
    labels = {names.BLUEPRINT: blueprint.name, names.CONTENT_HASH: content.hash}
    files = {"Dockerfile": spec.dockerfile or "", "buildkitd.toml": buildkitd_config(registry)}
    mounted: list[tuple[KubeObject, KubeObject]] = []
    if spec.context:
        files["context.sha256"] = "".join(f"{digest}  {file}\n" for file, digest in content.files.items())
        mounted.append(_context_volume(spec.context.config_map.name))
    if registry.push_secret:
        mounted.append(_registry_volume(registry.push_secret))
    template = {
        "metadata": {
            "labels": names.labels("builder", labels),
            "annotations": pod_parts.file_annotations(files),
        },
        "spec": {
            "hostUsers": False,
            "restartPolicy": "Never",
            "automountServiceAccountToken": False,
            "enableServiceLinks": False,
            "containers": [_container(blueprint, content, settings, [mount for mount, _ in mounted])],
            "volumes": [
                {"name": "state", "emptyDir": {}},
                *(volume for _, volume in mounted),
                pod_parts.files_volume("in", {file: file for file in files}),
            ],
        },
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": names.metadata(blueprint, job_name(blueprint.name, content.hash), "builder", labels),
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": settings.build_seconds,
            "template": template,
        },
    }


def buildkitd_config(registry: RegistrySettings) -> str:
    """buildkitd.toml: registries of plain http, and the mirrors of hosts."""
    insecure = {registry.push.split("/")[0], *registry.mirrors.values()} if registry.insecure else set()
    lines: list[str] = []
    for host in sorted({*registry.mirrors, *insecure}):
        lines.append(f"[registry.{json.dumps(host)}]")
        if mirror := registry.mirrors.get(host):
            lines.append(f"  mirrors = [{json.dumps(mirror)}]")
        if host in insecure:
            lines += ["  http = true", "  insecure = true"]
    return "\n".join(lines) + "\n"


def _container(
    blueprint: Blueprint, content: Content, settings: Settings, more_mounts: list[KubeObject]
) -> KubeObject:
    resources, push_secret = blueprint.spec.resources, settings.registry.push_secret
    environment = {"BUILDKITD_FLAGS": f"--config {_IN}/buildkitd.toml"}
    if push_secret:
        environment["DOCKER_CONFIG"] = _REGISTRY
    return {
        "name": CONTAINER,
        "image": settings.builder_image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", _SCRIPT, "build", *_arguments(blueprint, content, settings.registry.push)],
        "env": [{"name": key, "value": value} for key, value in environment.items()],
        "resources": resources.model_dump(exclude_none=True) if resources else {},
        "securityContext": {
            "capabilities": {"add": ["SYS_ADMIN"]},  # in the pod's own user namespace only
            "seccompProfile": {"type": "Unconfined"},  # RUN steps join a session keyring
            "appArmorProfile": {"type": "Unconfined"},
        },
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": [
            {"name": "in", "mountPath": _IN, "readOnly": True},
            {"name": "state", "mountPath": "/var/lib/buildkit"},
            *more_mounts,
        ],
    }


def _arguments(blueprint: Blueprint, content: Content, push: str) -> list[str]:
    """The arguments of buildctl."""
    spec = blueprint.spec
    # Layers of the blueprint's earlier contents. BuildKit decides which of them it can use again.
    cache = f"{push}/assay/cache:{names.content_hash([blueprint.namespace, blueprint.name])}"
    arguments = [
        "--progress=plain",
        "--frontend=dockerfile.v0",
        f"--local=dockerfile={_IN}",
        f"--output=type=image,name={tag(push, content.hash)},push=true,oci-mediatypes=true",
        "--local=context=/tmp/context",
        f"--import-cache=type=registry,ref={cache}",
        f"--export-cache=type=registry,ref={cache},mode=max,ignore-error=true",
    ]
    arguments += [f"--opt=build-arg:{a.name}={pod_parts.literal(a.value)}" for a in spec.build_args or ()]
    return [*arguments, f"--opt=target={spec.target}"] if spec.target else arguments


def _context_volume(config_map: str) -> tuple[KubeObject, KubeObject]:
    mount = {"name": "context", "mountPath": _CONTEXT, "readOnly": True}
    return mount, {"name": "context", "configMap": {"name": config_map}}


def _registry_volume(secret: str) -> tuple[KubeObject, KubeObject]:
    mount = {"name": "registry", "mountPath": _REGISTRY, "readOnly": True}
    items = [{"key": ".dockerconfigjson", "path": "config.json"}]
    return mount, {"name": "registry", "secret": {"secretName": secret, "items": items}}
