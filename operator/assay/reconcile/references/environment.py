"""What a scenario's devbox begins from, and its scoring functions with their images."""

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

OfReference = Callable[[Context, str], Awaitable[BlueprintImage]]
"""An image in a registry by its name: as it is now, or as it was not long ago (module images)."""


class Base(NamedTuple):
    """What a devbox begins from."""

    image: BlueprintImage
    root_filesystem: RootFilesystem
    disk_snapshot: str | None = None


async def base_of(ctx: Context, namespace: str, environment: Environment, of_reference: OfReference) -> Base:
    """What a devbox of this environment begins from; an image in a registry is what `of_reference` says."""
    if environment.disk_snapshot_ref:
        return _from_snapshot(ctx, namespace, environment.disk_snapshot_ref.name)
    if environment.blueprint_ref:
        image = images.of_blueprint(ctx, namespace, environment.blueprint_ref.name)
    else:
        image = await of_reference(ctx, environment.image or "")
    return Base(image, environment.root_filesystem)


async def functions_of(
    ctx: Context, namespace: str, scenario: ScenarioSpec, of_reference: OfReference
) -> tuple[list[ScoringFunction], dict[str, BlueprintImage], list[PinnedScorer]]:
    """The contract's functions as their Scorers make them, images of their own by digest; these images, by
    function; the Scorers. ReferenceNotReady, InvalidReference: as of `scorers.resolve`, and for images.
    """
    functions, pinned_scorers = scorers.resolve(
        scenario.scoring_contract.scoring_functions, lambda name: ctx.cache.get("Scorer", namespace, name)
    )
    found = {f.name: await of_reference(ctx, f.image) for f in functions if f.image}
    by_digest = [
        f.model_copy(update={"image": found[f.name].reference}) if f.name in found else f for f in functions
    ]
    return by_digest, found, pinned_scorers


def _from_snapshot(ctx: Context, namespace: str, name: str) -> Base:
    disk = named(ctx, namespace, name)
    assert disk.image is not None
    return Base(disk.image, disk.root_filesystem or "Auto", name)
