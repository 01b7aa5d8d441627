"""All objects of a selection, kept up to date: list, watch, and begin again where the connection broke."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping
from typing import NamedTuple

from assay.kube_object import KubeObject

from .client import Client, Selection
from .errors import ApiError, Gone, TooManyRequests, Unavailable

PAUSE_MAX = 15.0
BREATH = 0.2
"""Seconds before a watch that the server ended begins anew."""


class Seen(NamedTuple):
    """The objects by name, as of the last change."""

    objects: Mapping[str, KubeObject]
    lost: ApiError | None = None
    """Why nothing newer is known: the connection is lost, and is tried again."""


async def follow(client: Client, selection: Selection) -> AsyncGenerator[Seen, None]:
    """The objects of a namespace, first all of them and then after each change, for ever.

    A lost connection is yielded and tried again, after a second and then ever longer. What is refused (Forbidden,
    NotFound) is raised.
    """
    objects: dict[str, KubeObject] = {}
    version, pause = "", 1.0
    while True:
        try:
            if not version:
                objects, version = await _listed(client, selection)
                yield Seen(objects)
            async for change in client.watch(selection, version):
                pause = 1.0
                version = change["object"]["metadata"]["resourceVersion"]
                if change["type"] != "BOOKMARK":
                    _apply(objects, change)
                    yield Seen(objects)
            await asyncio.sleep(BREATH)
        except Gone:
            version = ""
        except (Unavailable, TooManyRequests) as error:
            yield Seen(objects, error)
            await asyncio.sleep(pause)
            pause = min(PAUSE_MAX, pause * 2)


async def _listed(client: Client, selection: Selection) -> tuple[dict[str, KubeObject], str]:
    """All objects, and the version to watch from."""
    objects: dict[str, KubeObject] = {}
    version = ""
    async for page in client.pages(selection):
        objects |= {one["metadata"]["name"]: one for one in page["items"]}
        version = version or page["metadata"]["resourceVersion"]
    return objects, version


def _apply(objects: dict[str, KubeObject], change: KubeObject) -> None:
    name = change["object"]["metadata"]["name"]
    if change["type"] == "DELETED":
        objects.pop(name, None)
    else:
        objects[name] = change["object"]
