"""Images in registries: asked rarely, and not forgotten while a registry is down."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast

import pytest

from assay.reconcile.common.known_images import SIZE, KnownImage
from assay.reconcile.references import images
from assay.reconcile.references.errors import ReferenceNotReady
from assay.registry.image import ImageConfig, RegistryUnavailable
from tests.unit.reconcile.contexts import NOWHERE, Registry, context


async def test_registries_are_not_asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    class Counting(Registry):
        async def resolve(self, reference: str) -> ImageConfig:
            asked.append(reference)
            return await super().resolve(reference)

    ctx = replace(context(), images=cast(Any, Counting()))
    time = 1000.0
    monkeypatch.setattr(images, "monotonic", lambda: time)
    for _ in range(3):
        await images.recent(ctx, "example.test/x")
    assert len(asked) == 1
    time += images.RECENT_SECONDS
    await images.recent(ctx, "example.test/x")
    assert len(asked) == 2


async def test_a_registry_that_is_down_takes_no_proof_away(monkeypatch: pytest.MonkeyPatch) -> None:
    class Down(Registry):
        async def resolve(self, reference: str) -> ImageConfig:
            raise RegistryUnavailable("example.test does not answer")

    ctx, time = context(), 1000.0
    monkeypatch.setattr(images, "monotonic", lambda: time)
    known = await images.recent(ctx, "example.test/x")
    time += images.RECENT_SECONDS
    down = replace(ctx, images=cast(Any, Down()))
    assert await images.recent(down, "example.test/x") == known
    with pytest.raises(ReferenceNotReady, match="RegistryUnavailable"):
        await images.recent(down, "example.test/y")
    time += images.RECENT_SECONDS
    ctx.known_images.put(NOWHERE, KnownImage(0.0, known))
    with pytest.raises(ReferenceNotReady, match="ImageNotFound"):
        await images.recent(ctx, NOWHERE)


async def test_scenarios_that_come_and_go_leave_a_bounded_memory() -> None:
    ctx = context()
    for number in range(SIZE + 500):
        await images.recent(ctx, f"example.test/x:{number}")
    assert len(ctx.known_images) == SIZE


def test_names_of_ours_are_taken_from_an_image() -> None:
    config = {"config": {"Env": ["PATH=/bin", "ASSAY_KEEP=/.assay/disk", "BASH_ENV=/x", "ASSAYER=a=b"]}}
    made = images.described("image@sha256:0", ImageConfig.parse("sha256:0", config))
    assert {one.name: one.value for one in made.env} == {"PATH": "/bin", "BASH_ENV": "/x", "ASSAYER": "a=b"}


@pytest.mark.parametrize("name", ["discovery.type", "app-mode", "1ST", "a b", "x" * 500])
def test_an_image_may_have_variables_whose_names_no_pod_may_give(name: str) -> None:
    made = images.described(
        "image@sha256:0", ImageConfig.parse("sha256:0", {"config": {"Env": [f"{name}=a=b"]}})
    )
    assert [(one.name, one.value) for one in made.env] == [(name, "a=b")]
