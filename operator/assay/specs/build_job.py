"""Blueprint → build Job: BuildKit in a user-namespaced pod pushes to the registry and reports the digest."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

from assay.api.blueprint import BlueprintSpec
from assay.settings import RegistrySettings, Settings

from . import names, pod_parts

CONTAINER = "build"
CONTEXT_CHANGED = "build-context-changed"
_IN = "/assay/in"
_CONTEXT = "/assay/context"

# The context is copied because a ConfigMap's files are links, and checked because it may have been edited
# between the operator's reading (which made the content hash) and the pod's mounting.
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


def content(spec: BlueprintSpec, context: Mapping[str, str] | None) -> str:
    """The content hash: equal hash, equal image, one build for all.

    `context` maps file name to the SHA-256 of its content (see `context_digests`).
    """
    return names.content_hash(
        {
            "dockerfile": spec.dockerfile,
            "context": dict(context or {}),
            "buildArgs": {argument.name: argument.value for argument in spec.build_args or ()},
            "target": spec.target,
        }
    )


def context_digests(config_map: Mapping[str, Any]) -> dict[str, str]:
    """File name → SHA-256 of a ConfigMap's files."""
    texts = {name: text.encode() for name, text in (config_map.get("data") or {}).items()}
    binaries = {name: b64decode(data) for name, data in (config_map.get("binaryData") or {}).items()}
    return {name: hashlib.sha256(data).hexdigest() for name, data in sorted({**texts, **binaries}.items())}


def tag(registry_host: str, content_hash: str) -> str:
    """The image of that content in the registry."""
    return f"{registry_host}/assay/blueprints:{content_hash}"


def digest_reference(registry: RegistrySettings, digest: str) -> str:
    """The built image as nodes pull it."""
    return f"{registry.pull}/assay/blueprints@{digest}"


def job_name(blueprint: str, content_hash: str) -> str:
    """Name of the Job that builds this content for this blueprint."""
    return names.child_name(blueprint, "build", content_hash[:8])


def job(
    blueprint: Mapping[str, Any],
    spec: BlueprintSpec,
    content_hash: str,
    context: Mapping[str, str] | None,
    settings: Settings,
) -> dict[str, Any]:
    """The Job that builds and pushes the image."""
    name = blueprint["metadata"]["name"]
    labels = {names.BLUEPRINT: name, names.CONTENT_HASH: content_hash}
    files = {"Dockerfile": spec.dockerfile or "", "buildkitd.toml": buildkitd_config(settings.registry)}
    mounts: list[dict[str, Any]] = [
        {"name": "in", "mountPath": _IN, "readOnly": True},
        {"name": "state", "mountPath": "/var/lib/buildkit"},
    ]
    volumes: list[dict[str, Any]] = [{"name": "state", "emptyDir": {}}]
    environment = {"BUILDKITD_FLAGS": f"--config {_IN}/buildkitd.toml"}
    if spec.context:
        files["context.sha256"] = "".join(f"{digest}  {file}\n" for file, digest in (context or {}).items())
        mounts.append({"name": "context", "mountPath": _CONTEXT, "readOnly": True})
        volumes.append({"name": "context", "configMap": {"name": spec.context.config_map.name}})
    if settings.registry.push_secret:
        environment["DOCKER_CONFIG"] = "/assay/registry"
        mounts.append({"name": "registry", "mountPath": "/assay/registry", "readOnly": True})
        volumes.append(_registry_volume(settings.registry.push_secret))
    volumes.append(pod_parts.files_volume("in", {file: file for file in files}))
    container = {
        "name": CONTAINER,
        "image": settings.builder_image,
        "imagePullPolicy": "IfNotPresent",
        "command": ["sh", "-c", _SCRIPT, "build", *_arguments(blueprint, spec, content_hash, settings)],
        "env": [{"name": key, "value": value} for key, value in environment.items()],
        "resources": spec.resources.model_dump(exclude_none=True) if spec.resources else {},
        "securityContext": {
            "capabilities": {"add": ["SYS_ADMIN"]},  # in the pod's own user namespace only
            "seccompProfile": {"type": "Unconfined"},  # RUN steps join a session keyring
            "appArmorProfile": {"type": "Unconfined"},
        },
        "terminationMessagePolicy": "FallbackToLogsOnError",
        "volumeMounts": mounts,
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": names.metadata(blueprint, job_name(name, content_hash), "builder", labels),
        "spec": {
            "backoffLimit": 0,
            "activeDeadlineSeconds": settings.build_seconds,
            "template": {
                "metadata": {
                    "labels": names.labels("builder", labels),
                    "annotations": pod_parts.file_annotations(files),
                },
                "spec": {
                    "hostUsers": False,
                    "restartPolicy": "Never",
                    "automountServiceAccountToken": False,
                    "enableServiceLinks": False,
                    "containers": [container],
                    "volumes": volumes,
                },
            },
        },
    }


def buildkitd_config(registry: RegistrySettings) -> str:
    """buildkitd.toml: which registries speak plain http, and which mirror serves which host."""
    insecure = {registry.push.split("/")[0], *registry.mirrors.values()} if registry.insecure else set()
    lines: list[str] = []
    for host in sorted({*registry.mirrors, *insecure}):
        lines.append(f"[registry.{json.dumps(host)}]")
        if mirror := registry.mirrors.get(host):
            lines.append(f"  mirrors = [{json.dumps(mirror)}]")
        if host in insecure:
            lines += ["  http = true", "  insecure = true"]
    return "\n".join(lines) + "\n"


def _arguments(
    blueprint: Mapping[str, Any], spec: BlueprintSpec, content_hash: str, settings: Settings
) -> list[str]:
    host = settings.registry.push
    metadata = blueprint["metadata"]
    # Layers of a blueprint's earlier contents; BuildKit decides which of them it can use.
    cache = f"{host}/assay/cache:{names.content_hash([metadata['namespace'], metadata['name']])}"
    output = f"type=image,name={tag(host, content_hash)},push=true,oci-mediatypes=true"
    arguments = [
        "--progress=plain",
        "--frontend=dockerfile.v0",
        f"--local=dockerfile={_IN}",
        f"--output={output}",
    ]
    arguments += ["--local=context=/tmp/context", f"--import-cache=type=registry,ref={cache}"]
    arguments += [f"--export-cache=type=registry,ref={cache},mode=max,ignore-error=true"]
    arguments += [f"--opt=build-arg:{a.name}={pod_parts.literal(a.value)}" for a in spec.build_args or ()]
    return [*arguments, f"--opt=target={spec.target}"] if spec.target else arguments


def _registry_volume(secret: str) -> dict[str, Any]:
    items = [{"key": ".dockerconfigjson", "path": "config.json"}]
    return {"name": "registry", "secret": {"secretName": secret, "items": items}}
