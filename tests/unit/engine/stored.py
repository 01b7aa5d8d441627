"""Small objects as the cache stores them."""

from typing import Any


def obj(name: str, version: int = 1, *, uid: str = "", owner: str = "", **more: Any) -> dict[str, Any]:
    meta: dict[str, Any] = {
        "namespace": "ns",
        "name": name,
        "uid": uid or f"u-{name}",
        "resourceVersion": str(version),
    }
    if owner:
        meta["ownerReferences"] = [
            {"kind": "Other", "uid": "x"},
            {"kind": "Parent", "uid": owner, "controller": True},
        ]
    return {"metadata": meta, **more}


def names(objects: Any) -> list[str]:
    return [one["metadata"]["name"] for one in objects]
