"""Objects and helpers of the integration tests."""

import asyncio
from collections.abc import Callable
from typing import Any

from assay.kube.resources import Resource, register

THINGS = register(Resource("things.example", "v1", "things", "Thing"))
CONTAINER = {"name": "main", "image": "example.test/x"}


def thing(name: str = "a", **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "things.example/v1",
        "kind": "Thing",
        "metadata": {"namespace": "ns", "name": name, **more.pop("metadata", {})},
        "spec": {"x": 1},
        **more,
    }


def pod(name: str, owner: dict[str, Any] | None = None, **labels: str) -> dict[str, Any]:
    meta: dict[str, Any] = {"namespace": "ns", "name": name, "labels": labels}
    if owner:
        meta["ownerReferences"] = [
            {
                "apiVersion": owner["apiVersion"],
                "kind": owner["kind"],
                "name": owner["metadata"]["name"],
                "uid": owner["metadata"]["uid"],
                "controller": True,
            }
        ]
    return {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": {"containers": [CONTAINER]}}


def named(obj: dict[str, Any]) -> dict[str, Any]:
    """What names an object, of whichever uid and version."""
    where = {key: obj["metadata"][key] for key in ("namespace", "name")}
    return {"apiVersion": obj["apiVersion"], "kind": obj["kind"], "metadata": where}


async def until(condition: Callable[[], object], seconds: float = 15.0) -> None:
    """Wait for something that happens elsewhere."""
    async with asyncio.timeout(seconds):
        while not condition():  # noqa: ASYNC110 (what is waited for is not ours)
            await asyncio.sleep(0.01)
