"""Resolves what a scenario refers to: the image or snapshot of its environment, and its scoring functions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import NamedTuple

from assay.api.blueprint import BlueprintImage
from assay.api.disk import RootFilesystem
from assay.api.scenario import Environment, ScenarioSpec
from assay.api.scenariorun import PinnedScorer
from assay.api.scoring import ScoringFunction
from assay.reconcile.common.context import Context
from assay.reconcile.references import images, scorers
from assay.reconcile.references.snapshots import named

ResolveImage = Callable[[Context, str], Awaitable[BlueprintImage]]
"""Resolves an image reference to a digest: `images.of_reference` (now) or `images.recent` (a while ago)."""


class Base(NamedTuple):
    """The image or DiskSnapshot that a devbox begins from."""

    image: BlueprintImage
    root_filesystem: RootFilesystem
    disk_snapshot: str | None = None


class Functions(NamedTuple):
    """The scoring functions of a contract, resolved."""

    functions: list[ScoringFunction]
    """With what their Scorers add; their own images by digest; where they work, if nothing is against it."""
    images: dict[str, BlueprintImage]
    """The functions' own images, by function name."""
    scorers: list[PinnedScorer]
    """The Scorers that the functions use."""


async def base_of(
    ctx: Context, namespace: str, environment: Environment, resolve_image: ResolveImage
) -> Base:
    """What a devbox of this environment begins from. ReferenceNotReady: it cannot be used yet."""
    if environment.disk_snapshot_ref:
        return base_of_snapshot(ctx, namespace, environment.disk_snapshot_ref.name)
    if environment.blueprint_ref:
        image = images.of_blueprint(ctx, namespace, environment.blueprint_ref.name)
    else:
        image = await resolve_image(ctx, environment.image or "")
    return Base(image, environment.root_filesystem)


def base_of_snapshot(ctx: Context, namespace: str, name: str) -> Base:
    """What a devbox begins from that restores a DiskSnapshot. ReferenceNotReady: it cannot be used yet."""
    disk = named(ctx, namespace, name)
    assert disk.image is not None  # `named` returns only snapshots that have one
    return Base(disk.image, disk.root_filesystem or "Overlay", name)


async def functions_of(
    ctx: Context, namespace: str, scenario: ScenarioSpec, resolve_image: ResolveImage
) -> Functions:
    """The scoring functions of a scenario. ReferenceNotReady, InvalidReference: of a Scorer or an image."""
    functions, pinned_scorers = scorers.resolve(
        scenario.scoring_contract.scoring_functions, lambda name: ctx.cache.get("Scorer", namespace, name)
    )
    found = {f.name: await resolve_image(ctx, f.image) for f in functions if f.image}
    by_digest = [
        f.model_copy(update={"image": found[f.name].reference}) if f.name in found else f for f in functions
    ]
    placed = [f.model_copy(update={"placement": f.placement or ctx.settings.placement}) for f in by_digest]
    return Functions(placed, found, pinned_scorers)
