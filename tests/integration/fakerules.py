"""What the API server refuses for every kind; there are no schemas."""

import re

from tests.integration.fakecollection import Collection, Fault, Json, Slot

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_LABEL_VALUE = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?")
_OTHER_NAMESPACE = "the namespace of the provided object does not match the namespace sent on the request"


def check_new(where: Collection, slot: Slot, obj: Json) -> None:
    """Refuse an object that cannot be created."""
    resource, meta, (namespace, name) = where.resource, obj["metadata"], slot
    if (obj.get("apiVersion"), obj.get("kind")) != (resource.api_version, resource.kind):
        raise Fault(400, "BadRequest", f"the object is not a {resource.api_version} {resource.kind}")
    if meta.setdefault("namespace", namespace) != namespace:
        raise Fault(400, "BadRequest", _OTHER_NAMESPACE)
    if meta.get("resourceVersion"):
        raise Fault(500, "", "resourceVersion should not be set on objects to be created")
    if not _NAME.fullmatch(name) or len(name) > 253:
        raise where.invalid(name, f"metadata.name: Invalid value: {name}")
    _check_labels(where, obj)
    if slot in where.objects:
        raise Fault(409, "AlreadyExists", f'{where.qualified} "{name}" already exists')


def check_change(where: Collection, old: Json, wanted: Json) -> None:
    """Refuse a change that cannot be."""
    meta, old_meta = wanted.get("metadata") or {}, old["metadata"]
    name = old_meta["name"]
    if meta.get("name", name) != name:
        raise Fault(400, "BadRequest", f"the name of the object ({meta['name']}) is not that of the request")
    if meta.get("namespace", old_meta.get("namespace")) != old_meta.get("namespace"):
        raise Fault(400, "BadRequest", _OTHER_NAMESPACE)
    if meta.get("resourceVersion") not in (None, old_meta["resourceVersion"]):
        raise where.conflict(
            name, "the object has been modified; please apply your changes to the latest version"
        )
    if meta.get("uid") not in (None, old_meta["uid"]):
        raise where.invalid(name, "metadata.uid: field is immutable")
    new_finalizers = set(meta.get("finalizers") or ()).difference(old_meta.get("finalizers") or ())
    if old_meta.get("deletionTimestamp") and new_finalizers:
        why = "no new finalizers can be added if the object is being deleted"
        raise where.invalid(name, f"metadata.finalizers: Forbidden: {why}")
    _check_labels(where, wanted)


def _check_labels(where: Collection, obj: Json) -> None:
    for key, value in ((obj.get("metadata") or {}).get("labels") or {}).items():
        if not _LABEL_VALUE.fullmatch(value):
            raise where.invalid(
                obj["metadata"].get("name", ""), f"metadata.labels: Invalid value: {key}={value}"
            )
