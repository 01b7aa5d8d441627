"""What the operator knows of the cluster: transformed objects, with indexes by owner and by other values."""

import logging
from collections import OrderedDict, defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from assay.clock import monotonic
from assay.kube import nesting
from assay.kube_object import KubeObject
from assay.logs import about

log = logging.getLogger(__name__)

Transform = Callable[[KubeObject], KubeObject]
_K = TypeVar("_K", bound=Hashable)
IndexFn = Callable[[KubeObject], Hashable | Iterable[Hashable] | None]

TOMBSTONE_SECONDS = 600.0
TOMBSTONES = 50_000


@dataclass(frozen=True, slots=True, order=True)
class Key:
    """Names an object, whether it exists or not; the namespace of a cluster-wide one is empty."""

    kind: str
    namespace: str
    name: str


class TooDeep(Exception):
    """An object is nested more deeply than the operator reads."""


@dataclass(slots=True)
class _Entry:
    obj: KubeObject
    uid: str
    version: int
    owner: str | None
    serial: int
    values: tuple[tuple[str, Hashable], ...]
    fault: str = ""
    """Why the object cannot be used; `obj` then only names it."""


class Cache:
    """An in-memory view of the cluster, fed by watches and listings in any order.

    Callers read the objects that they get and do not change them. A transform (client-go's term) reduces an object
    to what is worth keeping; it must keep `metadata.name`, `namespace`, `uid` and `resourceVersion`, and decides by
    `ownerReferences` whose child it is. Kinds without a transform are kept whole. `indexes` maps kind and index name to
    a function from the kept object to a value, several values (list, tuple, set) or None. An older version never
    replaces a newer one, and a deleted uid never comes back.

    An object that is nested too deeply, or that a transform or an index cannot take, stops nothing: it is logged, and
    is as if it were not there, but for `fault`.
    """

    def __init__(
        self,
        transforms: Mapping[str, Transform] | None = None,
        indexes: Mapping[str, Mapping[str, IndexFn]] | None = None,
    ) -> None:
        self._transforms = dict(transforms or {})
        self._index_fns = {kind: dict(fns) for kind, fns in (indexes or {}).items()}
        self._entries: defaultdict[str, dict[tuple[str, str], _Entry]] = defaultdict(dict)
        # Dicts as ordered sets: equal runs give equal orders, and removal is O(1).
        self._owned: defaultdict[tuple[str, str], dict[tuple[str, str], None]] = defaultdict(dict)
        self._indexed: defaultdict[tuple[str, str, Hashable], dict[tuple[str, str], None]] = defaultdict(dict)
        self._tombstones: OrderedDict[str, float] = OrderedDict()
        self._serial = 0

    def mark(self) -> int:
        """A mark of the present moment, for `put(listed_at=)` and `drop_missing`."""
        return self._serial

    def put(self, kind: str, obj: KubeObject, *, listed_at: int | None = None) -> bool:
        """Cache an object as seen; True if that changed anything but its resourceVersion.

        With `listed_at` the object comes from a consistent listing begun at that mark: it then also replaces
        a version stored before the mark, even a newer one (the cluster's etcd was restored from a backup).
        """
        meta = obj["metadata"]
        uid, slot = meta.get("uid", ""), _slot(meta)
        if uid in self._tombstones:
            return False
        version = _version(meta)
        old = self._entries[kind].get(slot)
        if old is not None and 0 <= version <= old.version:
            restored = listed_at is not None and old.serial <= listed_at and version != old.version
            if not restored:
                return False
        self._serial += 1
        entry = self._entry(kind, obj, version)
        changed = old is None or old.uid != uid or old.fault != entry.fault or not _same(old.obj, entry.obj)
        if old is not None:
            self._unindex(kind, slot, old)
        self._entries[kind][slot] = entry
        if entry.owner is not None:
            self._owned[kind, entry.owner][slot] = None
        for name, value in entry.values:
            self._indexed[kind, name, value][slot] = None
        return changed

    def remove(self, kind: str, obj: KubeObject) -> bool:
        """Forget a deleted object and remember its uid; True if it was stored.

        A newer object of the same name stays.
        """
        meta = obj["metadata"]
        uid, slot = meta.get("uid", ""), _slot(meta)
        if uid:
            self._bury(uid)
        old = self._entries[kind].get(slot)
        if old is None or (uid and old.uid != uid):
            return False
        del self._entries[kind][slot]
        self._unindex(kind, slot, old)
        return True

    def drop_missing(
        self, kind: str, mark: int, alive: set[str], namespace: str | None = None
    ) -> list[KubeObject]:
        """Remove what was stored before the mark and whose uid a later listing did not have; return the usable."""
        missing = [
            entry
            for (where, _), entry in self._entries[kind].items()
            if entry.serial <= mark and entry.uid not in alive and namespace in (None, where)
        ]
        for lost in missing:
            self.remove(kind, lost.obj)
        return [lost.obj for lost in missing if not lost.fault]

    def get(self, kind: str, namespace: str, name: str) -> KubeObject | None:
        """The stored object, or None."""
        entry = self._entries[kind].get((namespace or "", name))
        return entry.obj if entry and not entry.fault else None

    def fault(self, kind: str, namespace: str, name: str) -> str:
        """Why an object that exists cannot be used; empty if it can, or is not there."""
        entry = self._entries[kind].get((namespace or "", name))
        return entry.fault if entry else ""

    def all(self, kind: str, namespace: str | None = None) -> Iterator[KubeObject]:
        """All stored objects of a kind; the store may change while one iterates."""
        entries = list(self._entries[kind].items())
        return (entry.obj for (where, _), entry in entries if namespace in (None, where) and not entry.fault)

    def children(self, kind: str, owner_uid: str) -> list[KubeObject]:
        """The objects of a kind whose controller has this uid."""
        entries = self._entries[kind]
        return [entries[slot].obj for slot in self._owned.get((kind, owner_uid), ())]

    def find(self, kind: str, index: str, value: Hashable) -> list[KubeObject]:
        """The objects of a kind for which the named index gave this value."""
        if index not in self._index_fns.get(kind, {}):
            raise LookupError(f"{kind} has no index {index!r}")
        entries = self._entries[kind]
        return [entries[slot].obj for slot in self._indexed.get((kind, index, value), ())]

    def count(self, kind: str) -> int:
        """How many objects of a kind are stored."""
        return len(self._entries[kind])

    def _entry(self, kind: str, obj: KubeObject, version: int) -> _Entry:
        meta = obj["metadata"]
        uid = meta.get("uid", "")
        try:
            kept = self._reduce(kind, obj)
            values = tuple(self._values(kind, kept))
            return _Entry(kept, uid, version, _owner_uid(kept["metadata"]), self._serial, values)
        except Exception as error:
            fault = str(error) if isinstance(error, TooDeep) else f"{type(error).__name__}: {error}"
            name = {key: meta[key] for key in ("name", "namespace", "uid", "resourceVersion") if key in meta}
            stub = {"apiVersion": obj.get("apiVersion"), "kind": obj.get("kind"), "metadata": name}
            extra = about(kind, name.get("namespace", ""), name["name"])
            log.error("an object cannot be used: %s", fault, extra=extra)
            return _Entry(stub, uid, version, None, self._serial, (), fault)

    def _reduce(self, kind: str, obj: KubeObject) -> KubeObject:
        meta = obj["metadata"]
        if "managedFields" in meta:
            obj = {**obj, "metadata": {key: value for key, value in meta.items() if key != "managedFields"}}
        if nesting.is_deep(obj):
            raise TooDeep(
                f"it has more than {nesting.DEPTH_MAX} levels of lists and maps: nest it less deeply"
            )
        transform = self._transforms.get(kind)
        return transform(obj) if transform else obj

    def _values(self, kind: str, kept: KubeObject) -> Iterator[tuple[str, Hashable]]:
        for name, fn in self._index_fns.get(kind, {}).items():
            value = fn(kept)
            if isinstance(value, list | tuple | set | frozenset):
                yield from ((name, one) for one in dict.fromkeys(value))
            elif value is not None:
                assert isinstance(value, Hashable)
                yield name, value

    def _unindex(self, kind: str, slot: tuple[str, str], entry: _Entry) -> None:
        if entry.owner is not None:
            _discard(self._owned, (kind, entry.owner), slot)
        for name, value in entry.values:
            _discard(self._indexed, (kind, name, value), slot)

    def _bury(self, uid: str) -> None:
        time = monotonic()
        self._tombstones[uid] = time
        self._tombstones.move_to_end(uid)
        while self._tombstones:
            oldest, since = next(iter(self._tombstones.items()))
            if time - since < TOMBSTONE_SECONDS and len(self._tombstones) <= TOMBSTONES:
                break
            del self._tombstones[oldest]


def _discard(index: dict[_K, dict[tuple[str, str], None]], key: _K, slot: tuple[str, str]) -> None:
    members = index[key]
    del members[slot]
    if not members:
        del index[key]


def _slot(meta: Mapping[str, Any]) -> tuple[str, str]:
    return meta.get("namespace") or "", meta["name"]


def _version(meta: Mapping[str, Any]) -> int:
    """Resource versions are ordered integers (guaranteed since Kubernetes 1.35); -1 if it is not known."""
    try:
        return int(meta.get("resourceVersion") or -1)
    except ValueError:
        return -1


def _owner_uid(meta: Mapping[str, Any]) -> str | None:
    for reference in meta.get("ownerReferences") or ():
        if reference.get("controller"):
            return str(reference["uid"])
    return None


def _same(a: KubeObject, b: KubeObject) -> bool:
    """Equal but for the resourceVersion?"""
    if a == b:
        return True
    bare_a, bare_b = (
        {**obj, "metadata": {**obj.get("metadata", {}), "resourceVersion": None}} for obj in (a, b)
    )
    return bare_a == bare_b
