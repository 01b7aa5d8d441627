"""Which image an environment means: a blueprint's, or one in a registry."""

from __future__ import annotations

from assay.api import conditions
from assay.api.blueprint import BlueprintImage, BlueprintStatus
from assay.api.meta import EnvVar
from assay.clock import monotonic
from assay.reconcile.common.context import Context
from assay.reconcile.references.errors import ReferenceNotReady
from assay.registry.image import ImageConfig, ImageNotFound, Reference, RegistryUnavailable

RETRY_SECONDS = 30.0
RECENT_SECONDS = 600.0
UNAVAILABLE = "RegistryUnavailable"


def of_blueprint(ctx: Context, namespace: str, name: str) -> BlueprintImage:
    """The image that a blueprint has now."""
    blueprint = ctx.cache.get("Blueprint", namespace, name)
    if blueprint is None:
        raise ReferenceNotReady(
            "BlueprintNotFound", f"there is no Blueprint {name} in namespace {namespace}: create it"
        )
    status = BlueprintStatus.model_validate(blueprint.get("status") or {})
    ready = conditions.find(status.conditions, "Ready")
    current = ready and ready.observed_generation == blueprint["metadata"].get("generation", 1)
    if not (ready and current and ready.status == "True" and status.image):
        why = f"{ready.reason}: {ready.message}" if ready else "it was not looked at yet"
        raise ReferenceNotReady("BlueprintNotReady", f"Blueprint {name} has no image: {why}")
    return status.image


async def of_reference(ctx: Context, reference: str) -> BlueprintImage:
    """An image in a registry, pinned by the digest it has now."""
    try:
        config = await ctx.images.resolve(reference)
    except ImageNotFound as error:
        raise ReferenceNotReady("ImageNotFound", str(error), RETRY_SECONDS) from error
    except RegistryUnavailable as error:
        raise ReferenceNotReady(UNAVAILABLE, str(error), RETRY_SECONDS) from error
    return described(pinned(reference, config.digest), config)


async def recent(ctx: Context, reference: str) -> BlueprintImage:
    """The same, as it was not long ago: for what is asked often, while registries count who asks.

    A registry that does not answer changes nothing of what is known.
    """
    known = ctx.tags.get(reference)
    if known is None or monotonic() - known[0] >= RECENT_SECONDS:
        try:
            known = ctx.tags[reference] = monotonic(), await of_reference(ctx, reference)
        except ReferenceNotReady as missing:
            if known is None or missing.reason != UNAVAILABLE:
                raise
    return known[1]


def pinned(reference: str, digest: str) -> str:
    """The reference by digest."""
    image = Reference.parse(reference)
    return f"{image.host}/{image.repository}@{digest}"


def described(reference: str, config: ImageConfig) -> BlueprintImage:
    """An image with what its configuration says."""
    return BlueprintImage(
        reference=reference,
        user=config.user,
        working_dir=config.working_dir,
        env=[EnvVar.model_validate(variable) for variable in config.env],
        entrypoint=list(config.entrypoint),
        command=list(config.command),
    )
