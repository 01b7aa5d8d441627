"""The objects behind the fake API server: versions, history for watches, patches, deletion, collection.

As on the real server: a write that changes nothing keeps the resourceVersion and is not seen by watches, and
an object whose owners are all gone is collected, even if created after them. Stored objects are never changed
in place.
"""

import copy
import re
import threading
import uuid
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from assay.kube.resources import Resource

Json = dict[str, Any]
Slot = tuple[str, str]

_NAME = re.compile(r"[a-z0-9]([-.a-z0-9]*[a-z0-9])?")
_OWNED_BY_SERVER = (
    "uid",
    "creationTimestamp",
    "generation",
    "deletionTimestamp",
    "name",
    "namespace",
    "generateName",
)
_FIRST_STATUS: Mapping[str, Json] = {
    "Pod": {"phase": "Pending"},
    "PersistentVolumeClaim": {"phase": "Pending"},
}


class Fault(Exception):
    """An error the server answers with."""

    def __init__(self, status: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message
        self.headers: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True)
class Change:
    """One step of the history; `before` lets a watch with a selector tell who left it."""

    version: int
    type: str
    obj: Json
    before: Json | None


@dataclass(slots=True)
class Collection:
    """All objects of one resource."""

    resource: Resource
    has_status: bool = True
    objects: dict[Slot, Json] = field(default_factory=dict)
    history: list[Change] = field(default_factory=list)
    listeners: set[Callable[[], object]] = field(default_factory=set)
    lost: int = 0

    def since(self, version: int) -> list[Change]:
        """What happened after a version."""
        return self.history[bisect_right(self.history, version, key=lambda change: change.version) :]


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

    def add(self, resource: Resource, has_status: bool = True) -> Collection:
        """Serve a resource."""
        return self.collections.setdefault(
            (resource.group, resource.plural), Collection(resource, has_status)
        )

    def collection(self, resource: Resource) -> Collection:
        """The objects of a resource."""
        return self.collections[resource.group, resource.plural]

    def get(self, where: Collection, slot: Slot) -> Json:
        """An object, not to be changed; NotFound."""
        try:
            return where.objects[slot]
        except KeyError:
            raise Fault(404, "NotFound", f'{where.resource.plural} "{slot[1]}" not found') from None

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
        name = meta.get("name") or ""
        if not _NAME.fullmatch(name) or len(name) > 253:
            raise Fault(422, "Invalid", f'{resource.kind} "{name}" is invalid: metadata.name')
        if (obj.get("apiVersion"), obj.get("kind")) != (resource.api_version, resource.kind):
            raise Fault(400, "BadRequest", f"the object is not a {resource.api_version} {resource.kind}")
        if meta.setdefault("namespace", namespace) != namespace:
            raise Fault(400, "BadRequest", "the namespace of the object is not that of the request")
        if not resource.namespaced:
            del meta["namespace"]
        slot = (namespace, name)
        if slot in where.objects:
            raise Fault(409, "AlreadyExists", f'{resource.plural} "{name}" already exists')
        meta["uid"] = str(uuid.uuid4())
        meta["creationTimestamp"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        meta["generation"] = 1
        if where.has_status:
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
        meta, old_meta = wanted.get("metadata") or {}, old["metadata"]
        if meta.get("resourceVersion") not in (None, old_meta["resourceVersion"]):
            raise Fault(409, "Conflict", f'{where.resource.plural} "{slot[1]}": the object has been modified')
        if meta.get("uid") not in (None, old_meta["uid"]):
            raise Fault(409, "Conflict", f'{where.resource.plural} "{slot[1]}": the uid is another')
        if subresource == "status":
            new = {**old, "status": wanted.get("status")}
        else:
            kept = {key: old_meta[key] for key in _OWNED_BY_SERVER if key in old_meta}
            free = {key: value for key, value in meta.items() if key not in _OWNED_BY_SERVER}
            new = {**wanted, "metadata": {**free, **kept}}
            if where.has_status:
                new["status"] = old.get("status")
        if new.get("status") is None:
            new.pop("status", None)
        new["metadata"] = {**new["metadata"], "resourceVersion": old_meta["resourceVersion"]}
        if new == old:
            return old
        if _essence(new) != _essence(old):
            new["metadata"]["generation"] = old_meta["generation"] + 1
        if old_meta.get("deletionTimestamp") and not new["metadata"].get("finalizers"):
            return self._erase(where, slot, new)
        return self._store(where, slot, new, "MODIFIED", old)

    @_locked
    def delete(self, where: Collection, slot: Slot, options: Json) -> Json:
        """Delete at once, or only mark if there are finalizers; dependents follow unless orphaned."""
        old = self.get(where, slot)
        for key, value in (options.get("preconditions") or {}).items():
            if old["metadata"].get(key) != value:
                raise Fault(
                    409, "Conflict", f"precondition failed: {key} is {old['metadata'].get(key)}, not {value}"
                )
        policy = options.get("propagationPolicy", "Background")
        if policy == "Orphan":
            self._orphan(old["metadata"]["uid"])
        elif policy == "Foreground":
            self._collect(old["metadata"]["uid"])
        if not old["metadata"].get("finalizers"):
            return self._erase(where, slot, old)
        if old["metadata"].get("deletionTimestamp"):
            return old
        meta = {**old["metadata"], "deletionTimestamp": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
        meta["generation"] += 1
        return self._store(where, slot, {**old, "metadata": meta}, "MODIFIED", old)

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


def _essence(obj: Json) -> Json:
    return {key: value for key, value in obj.items() if key not in ("metadata", "status")}


def _owners(obj: Json | None) -> list[str]:
    return [one["uid"] for one in (obj or {}).get("metadata", {}).get("ownerReferences") or ()]
