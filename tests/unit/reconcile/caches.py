"""A cache as the operator has it, and owners of what is in it."""

from __future__ import annotations

from assay.engine.cache import Cache
from assay.reconcile.watch.indexes import INDEXES
from assay.reconcile.watch.transforms import TRANSFORMS
from tests.unit.specs.objects import Obj


def cache_of(*objects: Obj) -> Cache:
    """A cache with these objects, trimmed and indexed."""
    made = Cache(TRANSFORMS, INDEXES)
    for one in objects:
        made.put(one["kind"], one)
    return made


def owner(kind: str, name: str) -> list[Obj]:
    """The owner references of a child of that object."""
    return [
        {
            "apiVersion": "assay.dev/v1alpha1",
            "kind": kind,
            "name": name,
            "uid": f"uid-of-{name}",
            "controller": True,
        }
    ]
