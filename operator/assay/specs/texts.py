"""Texts that a pod sees as files: annotations of the pod, or ConfigMaps where they are too large for that.

Annotations cost no object to write and none to clean up. The API server takes 256 KiB of them for an object, and 1 MiB
in a ConfigMap.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from assay.kube_object import KubeObject

from . import names
from .names import FILES

ANNOTATIONS_MAX = 240 * 1024
"""Bytes of texts that annotations hold, keys included: the limit of apimachinery, with room for those of others."""


CONFIG_MAP_MAX = 1000 * 1024
"""Bytes of texts in a ConfigMap."""


def fit_annotations(annotations: Mapping[str, str]) -> bool:
    """Whether a pod can have all of these texts as annotations."""
    return sum(_size(key) + _size(text) for key, text in annotations.items()) <= ANNOTATIONS_MAX


def carried(manifest: KubeObject) -> list[KubeObject]:
    """A pod or Job whose texts are annotations, with the ConfigMaps that it needs before it; none if they fit.

    The ConfigMaps have the owner of the pod or Job. Their names say what is in them: one is never changed.
    """
    template = manifest["spec"]["template"] if manifest["kind"] == "Job" else manifest
    annotations = template["metadata"].get("annotations") or {}
    texts = {key: text for key, text in annotations.items() if key.startswith(f"{FILES}/")}
    if fit_annotations(texts):
        return [manifest]
    config_maps: list[KubeObject] = []
    volumes: list[KubeObject] = []
    for volume in template["spec"]["volumes"]:
        sources = []
        for source in _sources(volume):
            own = _config_maps(manifest, volume["name"], source, texts) if "downwardAPI" in source else []
            config_maps += own
            sources += [_projected(one, source) for one in own] or [source]
        is_changed = sources != _sources(volume)
        volumes.append({"name": volume["name"], "projected": {"sources": sources}} if is_changed else volume)
    kept = {key: text for key, text in annotations.items() if key not in texts}
    made = {
        **template,
        "metadata": {**template["metadata"], "annotations": kept},
        "spec": {**template["spec"], "volumes": volumes},
    }
    carrying = (
        {**manifest, "spec": {**manifest["spec"], "template": made}} if template is not manifest else made
    )
    return [*config_maps, carrying]


def _sources(volume: KubeObject) -> list[KubeObject]:
    return (volume.get("projected") or {}).get("sources") or [volume]


def _config_maps(
    manifest: KubeObject, volume: str, source: KubeObject, texts: Mapping[str, str]
) -> list[KubeObject]:
    """The ConfigMaps of the texts that a source of a volume takes from annotations, none too large."""
    parts: list[dict[str, str]] = [{}]
    for item in source["downwardAPI"]["items"]:
        name = _name(item)
        if sum(map(_size, parts[-1].values())) + _size(text := texts[f"{FILES}/{name}"]) > CONFIG_MAP_MAX:
            parts.append({})
        parts[-1][name] = text
    return [_config_map(manifest, volume, part) for part in parts]


def _config_map(manifest: KubeObject, volume: str, data: dict[str, str]) -> KubeObject:
    name = names.child_name(manifest["metadata"]["name"], volume, names.content_hash(data)[:8])
    metadata = {key: value for key, value in manifest["metadata"].items() if key != "annotations"}
    return {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {**metadata, "name": name},
        "immutable": True,
        "data": data,
    }


def _projected(config_map: KubeObject, source: KubeObject) -> KubeObject:
    """The source of a projected volume that has the files of a ConfigMap at the paths of the annotations."""
    paths = {_name(item): item["path"] for item in source["downwardAPI"]["items"]}
    items = [{"key": name, "path": paths[name]} for name in config_map["data"]]
    return {"configMap": {"name": config_map["metadata"]["name"], "items": items}}


def _name(item: Mapping[str, Any]) -> str:
    """The name of a text, by its annotation."""
    path = str(item["fieldRef"]["fieldPath"])
    return path.removeprefix(f"metadata.annotations['{FILES}/").removesuffix("']")


def _size(text: str) -> int:
    return len(text.encode())
