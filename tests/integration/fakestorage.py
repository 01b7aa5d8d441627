"""The objects behind the fake API server: versions, history for watches, patches, deletion, collection.

As on the real server: a write that changes nothing keeps the resourceVersion and is not seen by watches, and
an object whose owners are all gone is collected, even if created after them. Stored objects are never changed
in place.
"""

import copy
import threading
import uuid
from collections import defaultdict
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from assay.kube.resources import PODS, Resource
from tests.integration.fakecollection import Change, Collection, Fault, Json, Slot
from tests.integration.fakerules import check_change, check_new

_OWNED_BY_SERVER = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "deletionGracePeriodSeconds",
    "name",
    "namespace",
    "generateName",
)
_FIRST_STATUS: Mapping[str, Json] = {
    "Pod": {"phase": "Pending"},
    "PersistentVolumeClaim": {"phase": "Pending"},
    "Job": {},
}

P = ParamSpec("P")
R = TypeVar("R")


def _locked(method: Callable[Concatenate["Storage", P], R]) -> Callable[Concatenate["Storage", P], R]:
    @wraps(method)
    def locked(self: "Storage", /, *args: P.args, **kwargs: P.kwargs) -> R:
        with self.lock:
            return method(self, *args, **kwargs)

    return locked


class Storage:
    """Everything the cluster knows; whoever reads more than one thing holds `lock` (the server has its thread)."""

    def __init__(self) -> None:
        self.collections: dict[tuple[str, str], Collection] = {}
        self.version = 1000
        self.compacted = 0
        self.lock = threading.RLock()
        self.later: Callable[..., object] = lambda callback, *arguments: callback(*arguments)
        self.created: list[Callable[[Collection, Json], None]] = []
        self._places: dict[str, tuple[Collection, Slot]] = {}
        self._dependents: defaultdict[str, dict[str, None]] = defaultdict(dict)

    def add(self, resource: Resource) -> Collection:
        """Serve a resource."""
        return self.collections.setdefault((resource.group, resource.plural), Collection(resource))

    def collection(self, resource: Resource) -> Collection:
        """The objects of a resource."""
        return self.collections[resource.group, resource.plural]

    def get(self, where: Collection, slot: Slot) -> Json:
        """An object, not to be changed; NotFound."""
        try:
            return where.objects[slot]
        except KeyError:
            raise Fault(404, "NotFound", f'{where.qualified} "{slot[1]}" not found') from None

    @_locked
    def select(self, where: Collection, namespace: str | None, matches: Callable[[Json], bool]) -> list[Json]:
        """Objects in etcd's order."""
        slots = (slot for slot in sorted(where.objects) if namespace in (None, slot[0]))
        return [where.objects[slot] for slot in slots if matches(where.objects[slot])]

    @_locked
    def create(self, where: Collection, namespace: str, given: Json) -> Json:
        """Cache a new object."""
        resource, obj = where.resource, copy.deepcopy(given)
        meta: Json = obj.setdefault("metadata", {})
        if not meta.get("name") and meta.get("generateName"):
            meta["name"] = meta["generateName"] + uuid.uuid4().hex[:5]
        slot = (namespace, meta.get("name") or "")
        check_new(where, slot, obj)
        if namespace and ("", namespace) not in self.collections["", "namespaces"].objects:
            raise Fault(404, "NotFound", f'namespaces "{namespace}" not found')
        if not resource.namespaced:
            del meta["namespace"]
        meta["uid"] = str(uuid.uuid4())
        meta["creationTimestamp"] = _now()
        if where.has_generation:
            meta["generation"] = 1
        obj.pop("status", None)
        if resource.kind in _FIRST_STATUS:
            obj["status"] = dict(_FIRST_STATUS[resource.kind])
        stored = self._store(where, slot, obj, "ADDED", None)
        for callback in self.created:
            callback(where, stored)
        return stored

    @_locked
    def update(
        self, where: Collection, slot: Slot, change: Callable[[Json], Json], subresource: str | None = None
    ) -> Json:
        """Change an object, or only its status, by a function from the old one to the wanted one."""
        old = self.get(where, slot)
        wanted = change(copy.deepcopy(old))
        check_change(where, old, wanted)
        meta, old_meta = wanted.get("metadata") or {}, old["metadata"]
        if subresource == "status":
            new = {**old, "status": wanted.get("status")}
        else:
            kept = {key: old_meta[key] for key in _OWNED_BY_SERVER if key in old_meta}
            free = {key: value for key, value in meta.items() if key not in _OWNED_BY_SERVER}
            new = {**wanted, "metadata": {**free, **kept}, "status": old.get("status")}
        if new.get("status") is None:
            new.pop("status", None)
        new["metadata"] = {**new["metadata"], "resourceVersion": old_meta["resourceVersion"]}
        if new == old:
            return old
        if "generation" in old_meta and _essence(new) != _essence(old):
            new["metadata"]["generation"] = old_meta["generation"] + 1
        if old_meta.get("deletionTimestamp") and not new["metadata"].get("finalizers"):
            return self._erase(where, slot, new)
        return self._store(where, slot, new, "MODIFIED", old)

    @_locked
    def delete(self, where: Collection, slot: Slot, options: Json) -> Json:
        """Delete at once, or only mark if there are finalizers; dependents follow unless orphaned."""
        old = self.get(where, slot)
        for key, value in (options.get("preconditions") or {}).items():
            if (found := old["metadata"].get(key)) != value:
                raise where.conflict(slot[1], f"Precondition failed: {key} is {found}, not {value}")
        policy = options.get("propagationPolicy", "Background")
        if policy == "Orphan":
            self._orphan(old["metadata"]["uid"])
        elif policy == "Foreground":
            self._collect(old["metadata"]["uid"])
        held = bool(old["metadata"].get("finalizers"))
        if (held or where.resource == PODS) and not old["metadata"].get("deletionTimestamp"):
            old = self._store(where, slot, _leaving(old), "MODIFIED", old)  # a pod even if it goes at once
        return old if held else self._erase(where, slot, old)

    @_locked
    def compact(self) -> None:
        """Forget the history: watches from any earlier version get 410."""
        self.version += 1
        self.compacted = self.version
        for where in self.collections.values():
            where.lost = where.history[-1].version if where.history else where.lost
            where.history.clear()

    def _store(self, where: Collection, slot: Slot, obj: Json, type: str, before: Json | None) -> Json:
        obj = self._log(where, obj, type, before)
        where.objects[slot] = obj
        uid = obj["metadata"]["uid"]
        self._places[uid] = (where, slot)
        for owner in _owners(before):
            self._dependents[owner].pop(uid, None)
        owners = _owners(obj)
        for owner in owners:
            self._dependents[owner][uid] = None
        if owners and not any(owner in self._places for owner in owners):
            self.later(self._collect_one, uid)
        return obj

    def _log(self, where: Collection, obj: Json, type: str, before: Json | None) -> Json:
        self.version += 1
        obj = {**obj, "metadata": {**obj["metadata"], "resourceVersion": str(self.version)}}
        where.history.append(Change(self.version, type, obj, before))
        for listener in tuple(where.listeners):
            listener()
        return obj

    def _erase(self, where: Collection, slot: Slot, obj: Json) -> Json:
        old = where.objects.pop(slot)
        obj = self._log(where, obj, "DELETED", old)
        uid = obj["metadata"]["uid"]
        del self._places[uid]
        for owner in _owners(old):
            self._dependents[owner].pop(uid, None)
        self._collect(uid)
        return obj

    def _collect(self, owner: str) -> None:
        for uid in list(self._dependents.get(owner, ())):
            self._collect_one(uid, owner)

    @_locked
    def _collect_one(self, uid: str, leaving: str | None = None) -> None:
        if uid not in self._places:
            return
        where, slot = self._places[uid]
        owners = set(_owners(where.objects[slot])) - {leaving}
        if not any(owner in self._places for owner in owners):
            self.delete(where, slot, {})

    def _orphan(self, owner: str) -> None:
        for uid in list(self._dependents.get(owner, ())):
            where, slot = self._places[uid]

            def without(obj: Json) -> Json:
                references = obj["metadata"]["ownerReferences"]
                obj["metadata"]["ownerReferences"] = [one for one in references if one["uid"] != owner]
                return obj

            self.update(where, slot, without)


def merged(target: Any, patch: Any) -> Any:
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    result = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            result.pop(key, None)
        else:
            result[key] = merged(result.get(key), value)
    return result


def _leaving(obj: Json) -> Json:
    meta = {**obj["metadata"], "deletionTimestamp": _now(), "deletionGracePeriodSeconds": 0}
    if "generation" in meta:
        meta["generation"] += 1
    return {**obj, "metadata": meta}


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _essence(obj: Json) -> Json:
    return {key: value for key, value in obj.items() if key not in ("metadata", "status")}


def _owners(obj: Json | None) -> list[str]:
    return [one["uid"] for one in (obj or {}).get("metadata", {}).get("ownerReferences") or ()]
