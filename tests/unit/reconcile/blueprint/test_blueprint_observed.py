"""What is read of a blueprint's image, and when its registry is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from assay.api.blueprint import Blueprint
from assay.kube.errors import NotFound
from assay.kube.resources import Resource
from assay.kube_object import KubeObject
from assay.reconcile.blueprint.observed import Observed, observe
from assay.registry.image import ImageConfig, ImageNotFound, RegistryUnavailable
from assay.settings import Settings
from tests.unit.reconcile import contexts
from tests.unit.reconcile.blueprint.blueprints import (
    CONFIG,
    DIGEST,
    SUCCEEDED,
    built_from,
    content_of,
    ended,
    given,
    job,
    pod,
    ready,
)
from tests.unit.specs.objects import SETTINGS

CONTEXT: KubeObject = {"context": {"configMap": {"name": "source"}}}
IMAGE = {"reference": f"pull.example.test/x@{DIGEST}"}


class Registry:
    """Gives one answer, and keeps what it was asked for."""

    def __init__(self, answer: ImageConfig | Exception) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def resolve(self, reference: str) -> ImageConfig:
        self.asked.append(reference)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


class ConfigMaps(contexts.NoEvents):
    """An API server that has nothing but these, and the log of one build."""

    def __init__(self, config_maps: dict[str, KubeObject], log: str = "") -> None:
        self.log, self.config_maps = log, config_maps

    async def pod_log(self, *where: Any, **how: Any) -> str:
        return self.log or await super().pod_log(*where, **how)

    async def get(self, _: Resource, namespace: str, name: str) -> KubeObject:
        if name not in self.config_maps:
            raise NotFound(404, "NotFound", f'configmaps "{name}" not found')
        return self.config_maps[name]


async def read(
    blueprint: KubeObject,
    *others: KubeObject,
    registry: Registry | None = None,
    settings: Settings = SETTINGS,
    log: str = "",
    **config_maps: KubeObject,
) -> Observed:
    ctx = replace(
        contexts.context(*others),
        client=cast(Any, ConfigMaps(config_maps, log)),
        images=registry or Registry(AssertionError("the registry must not be asked")),
        settings=settings,
    )
    return await observe(ctx, Blueprint.parse(blueprint), ())


# --- an image that is given ---


async def test_an_image_that_is_given_is_asked_for() -> None:
    registry = Registry(CONFIG)
    observed = await read(given("example.test/x:1"), registry=registry)
    assert observed == Observed(answer=CONFIG)
    assert registry.asked == ["example.test/x:1"]


async def test_a_tag_that_moves_does_not_move_what_is_pinned() -> None:
    pinned = {"conditions": [ready("True", "ImagePinned")], "image": IMAGE}
    assert (await read(given(status=pinned))).is_settled


@pytest.mark.parametrize(
    "status",
    [
        {"conditions": [ready("True", "ImagePinned", generation=1)], "image": IMAGE},
        {"conditions": [ready("True", "ImagePinned", generation=2)]},
        {"conditions": [ready("False", "ImageNotFound", generation=2)], "image": IMAGE},
    ],
    ids=["of an earlier spec", "no image", "not ready"],
)
async def test_what_is_not_pinned_now_is_asked_for(status: KubeObject) -> None:
    missing = ImageNotFound("example.test/x:1 does not exist")
    observed = await read(given(generation=2, status=status), registry=Registry(missing))
    assert observed == Observed(answer=missing)


# --- one that is built ---


async def test_without_a_registry_to_push_to_nothing_is_read() -> None:
    settings = SETTINGS.replace(registry=SETTINGS.registry.model_copy(update={"push": ""}))
    assert await read(built_from(**CONTEXT), settings=settings) == Observed()


async def test_without_its_context_nothing_is_asked() -> None:
    assert await read(built_from(**CONTEXT)) == Observed()


async def test_the_context_is_part_of_the_content() -> None:
    hashes = set()
    for text in ("1", "2"):
        source = {"data": {"a": text}}
        observed = await read(built_from(**CONTEXT), registry=Registry(CONFIG), source=source)
        assert observed.content is not None
        assert set(observed.content.files) == {"a"}
        hashes.add(observed.content.hash)
    assert len(hashes) == 2


@pytest.mark.parametrize("answer", [CONFIG, ImageNotFound("no"), RegistryUnavailable("down")])
async def test_before_anything_is_built_the_registry_is_asked(answer: ImageConfig | Exception) -> None:
    registry, blueprint = Registry(answer), built_from()
    observed = await read(blueprint, registry=registry)
    assert observed == Observed(content=content_of(blueprint), answer=cast(Any, answer))
    assert registry.asked == [f"push.example.test/team/assay/blueprints:{content_of(blueprint).hash}"]


@pytest.mark.parametrize(
    ("condition", "settled"),
    [
        (ready("True", "ImageReady"), True),
        (ready("True", "ImageReady", generation=0), False),
        (ready("False", "BuildFailed"), True),
        (ready("False", "BuildFailed", generation=0), True),
        (ready("False", "ContextChanged"), False),
        (ready("False", "RegistryUnavailable"), False),
    ],
)
async def test_what_was_built_or_has_failed_is_not_read_again(condition: KubeObject, settled: bool) -> None:
    same = {"contentHash": content_of(built_from()).hash, "conditions": [condition], "image": IMAGE}
    observed = await read(built_from(status=same), registry=None if settled else Registry(CONFIG))
    assert observed.is_settled is settled
    edited = await read(built_from("FROM other\n", status=same), registry=Registry(CONFIG))
    assert not edited.is_settled


@pytest.mark.parametrize(
    "state",
    [{}, {"running": {}}, {"waiting": {"reason": "ContainerCreating"}}],
    ids=["no state", "running", "creating"],
)
async def test_while_the_job_goes_on_the_registry_is_not_asked(state: KubeObject) -> None:
    blueprint = built_from()
    own = job(blueprint, content_of(blueprint))
    observed = await read(blueprint, own, pod(own, **state))
    assert observed.job is not None
    assert (observed.job.ended, observed.job.hold.cause, observed.answer) == (None, None, None)


async def test_a_pod_that_cannot_start_is_noticed() -> None:
    blueprint = built_from()
    own = job(blueprint, content_of(blueprint))
    waiting = {"reason": "ErrImagePull", "message": "not found"}
    observed = await read(blueprint, own, pod(own, waiting=waiting))
    assert observed.job is not None
    assert observed.job.hold.cause == ("ErrImagePull", "not found")


async def test_once_the_build_has_pushed_the_registry_is_asked() -> None:
    blueprint = built_from()
    own = job(blueprint, content_of(blueprint))
    observed = await read(blueprint, own, ended(own, 0, SUCCEEDED), registry=Registry(CONFIG))
    assert observed.answer == CONFIG
    failed = await read(blueprint, own, ended(own, 1, "error: no"))
    assert failed.answer is None


async def test_of_a_failed_build_the_log_is_read_and_its_end_in_the_message_of_the_pod_if_that_is_gone() -> (
    None
):
    blueprint = built_from()
    own = job(blueprint, content_of(blueprint))
    pods = ended(own, 1, "error: no")
    observed = await read(blueprint, own, pods, log="the cause is here\nerror: no\n\x1b[2J")
    assert observed.job is not None
    assert observed.job.ended is not None
    assert observed.job.ended.log == "the cause is here\nerror: no\n"
    gone = await read(blueprint, own, pods)
    assert gone.job is not None
    assert gone.job.ended is not None
    assert gone.job.ended.log == "error: no"


NOTHING = Registry(ImageNotFound("no"))


def of_another() -> KubeObject:
    """Another blueprint of the same content."""
    metadata = {**built_from()["metadata"], "name": "other", "uid": "uid-of-other"}
    return {**built_from(), "metadata": metadata}


async def test_a_job_of_another_blueprint_builds_the_same() -> None:
    blueprint = built_from()
    content, nothing, other = content_of(blueprint), NOTHING, of_another()
    going_on = job(other, content)
    for status in ({}, {"conditions": [ready("False", "Building")]}, {"conditions": [ready("True", "X")]}):
        found = (await read(blueprint, {**other, "status": status}, going_on, registry=nothing)).elsewhere
        assert found == contexts_form(going_on)
    failed = job(other, content, type="Failed", status="True")
    assert (await read(blueprint, other, failed, registry=nothing)).elsewhere is None
    own = job(blueprint, content)
    assert (await read(blueprint, own)).elsewhere is None


async def test_a_build_that_cannot_start_holds_up_no_other_blueprint() -> None:
    blueprint, other = built_from(), of_another()
    held = {**other, "status": {"conditions": [ready("False", "QuotaExceeded")]}}
    observed = await read(blueprint, held, job(other, content_of(other)), registry=NOTHING)
    assert observed.elsewhere is None


async def test_a_job_that_a_label_alone_makes_a_build_holds_up_nothing() -> None:
    blueprint, other = built_from(), of_another()
    going_on, content = job(other, content_of(other)), content_of(blueprint)
    without = {key: value for key, value in going_on["metadata"].items() if key != "ownerReferences"}
    renamed = {**going_on, "metadata": {**going_on["metadata"], "name": "x"}}
    earlier = {**other, "metadata": {**other["metadata"], "uid": "uid-of-an-earlier-one"}}
    forged = [(other, {**going_on, "metadata": without}), (other, renamed), (earlier, going_on)]
    for owner, made in forged:
        observed = await read(blueprint, owner, made, registry=NOTHING)
        assert (observed.content, observed.elsewhere) == (content, None)


async def test_a_job_of_the_builds_name_that_the_blueprint_does_not_control_is_not_its_build() -> None:
    blueprint = built_from()
    own = job(blueprint, content_of(blueprint))
    forged = {**own, "metadata": {**own["metadata"], "ownerReferences": []}}
    observed = await read(blueprint, forged, ended(forged, 1, "error: no"), registry=NOTHING)
    assert observed.job is None


def contexts_form(obj: KubeObject) -> KubeObject:
    """The object as the cache keeps it."""
    found = contexts.context(obj).cache.get(
        obj["kind"], obj["metadata"]["namespace"], obj["metadata"]["name"]
    )
    assert found is not None
    return found


# --- deletion ---


def deleted(blueprint: KubeObject) -> KubeObject:
    leaving = {"deletionTimestamp": "2026-01-02T10:00:00Z", "generation": 2}
    return {**blueprint, "metadata": {**blueprint["metadata"], **leaving}}


async def test_for_one_that_goes_nothing_is_read() -> None:
    assert (await read(deleted(given()))).is_settled


async def test_deletion_does_not_unpin_an_image_that_others_need() -> None:
    pinned = {"conditions": [ready("True", "ImagePinned")], "image": IMAGE}
    ctx = replace(contexts.context(), images=Registry(AssertionError("it is pinned")))
    observed = await observe(ctx, Blueprint.parse(deleted(given(status=pinned))), ["Scenario a"])
    assert observed == Observed(["Scenario a"], is_settled=True)
