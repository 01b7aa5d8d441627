import asyncio
from typing import Any, cast

from assay.engine.events import Recorder, shorten
from assay.kube.client import Client
from assay.kube.errors import Forbidden
from tests.unit.engine.virtual import run

OBJ = {
    "apiVersion": "example.dev/v1",
    "kind": "Thing",
    "metadata": {"namespace": "ns", "name": "a", "uid": "u", "resourceVersion": "7"},
}


class Poster:
    def __init__(self) -> None:
        self.posted: list[dict[str, Any]] = []
        self.error: Exception | None = None

    async def create(self, obj: dict[str, Any]) -> dict[str, Any]:
        if self.error:
            raise self.error
        self.posted.append(obj)
        return obj


def recorder() -> tuple[Poster, Recorder]:
    poster = Poster()
    return poster, Recorder(cast(Client, poster), "example-operator")


def test_an_event_says_who_what_and_why() -> None:
    poster, events = recorder()
    run(events.emit(OBJ, "Normal", "Started", "it has begun", "Start"))
    (event,) = poster.posted
    assert event["apiVersion"] == "events.k8s.io/v1"
    assert event["metadata"]["namespace"] == "ns"
    assert event["metadata"]["name"].startswith("a.")
    assert event["regarding"] == {
        "apiVersion": "example.dev/v1",
        "kind": "Thing",
        "namespace": "ns",
        "name": "a",
        "uid": "u",
        "resourceVersion": "7",
    }
    assert (event["type"], event["reason"], event["action"]) == ("Normal", "Started", "Start")
    assert event["note"] == "it has begun"
    assert event["reportingController"] == "example-operator"
    assert event["eventTime"].endswith("Z")
    assert len(event["eventTime"]) == len("2026-01-01T00:00:00.000000Z")


def test_the_same_event_is_posted_once_in_ten_minutes() -> None:
    async def main() -> int:
        poster, events = recorder()
        for wait in (0, 1, 500, 100, 1):
            await asyncio.sleep(wait)
            await events.emit(OBJ, "Normal", "Started", "x", "Start")
        await events.emit(OBJ, "Normal", "Started", "y", "Start")
        return len(poster.posted)

    assert run(main()) == 3


def test_a_failure_is_not_raised_and_not_taken_for_posted() -> None:
    async def main() -> int:
        poster, events = recorder()
        poster.error = Forbidden(403, "Forbidden", "the namespace is terminating")
        await events.emit(OBJ, "Warning", "Failed", "x", "Run")
        poster.error = None
        await events.emit(OBJ, "Warning", "Failed", "x", "Run")
        await events.emit({"metadata": {}}, "Warning", "Failed", "x", "Run")
        return len(poster.posted)

    assert run(main()) == 1


def test_long_messages_are_cut_between_characters() -> None:
    assert shorten("abc", 3) == "abc"
    cut = shorten("é" * 600, 1024)
    assert len(cut.encode()) <= 1024
    assert cut.endswith("é…")


def test_an_object_of_the_cluster_gets_its_events_in_default() -> None:
    poster, events = recorder()
    run(events.emit({"metadata": {"name": "n", "uid": "u"}}, "Normal", "R", "m", "A"))
    assert poster.posted[0]["metadata"]["namespace"] == "default"
