"""Reasons of Blueprints."""

from .base import Reason


class BlueprintReason(Reason):
    """Whether a Blueprint has an image, and whether it may be deleted."""

    IMAGE_READY = (
        "ImageReady",
        "The image was built, or the registry already has one of this content.",
    )
    IMAGE_PINNED = (
        "ImagePinned",
        "The image of `spec.image` exists; its digest is pinned.",
    )
    BUILDING = (
        "Building",
        "A Job builds the image.",
        "`kubectl logs -f job/NAME`; `status.build.job` has the name.",
    )
    BUILDING_ELSEWHERE = (
        "BuildingElsewhere",
        "Another Blueprint, maybe of another namespace, builds the same content.",
        "Wait. If that build fails, this Blueprint starts its own.",
    )
    BUILD_FAILED = (
        "BuildFailed",
        "A step of the Dockerfile failed (`status.build.failedStep`), the build took too long, or its Job failed.",
        "Fix the spec; the message has the end of the log. To build the same content again (a download failed), "
        "delete the Blueprint and apply it.",
    )
    CONTEXT_NOT_FOUND = (
        "ContextNotFound",
        "The ConfigMap of the build context does not exist.",
        'Create it with the label `assay.dev/build-context: "true"`. Without the label it is found within 30 s.',
    )
    CONTEXT_CHANGED = (
        "ContextChanged",
        "The ConfigMap of the build context changed while the build started.",
        'With the label `assay.dev/build-context: "true"` on it the new content builds by itself. Without it, change '
        "or re-create the Blueprint.",
    )
    REGISTRY_NOT_CONFIGURED = (
        "RegistryNotConfigured",
        "The Blueprint has a Dockerfile to build, and the operator has no registry to push to.",
        "Set `settings.registry.push`, or use `spec.image`.",
    )
    IN_USE = (
        "InUse",
        "The Blueprint is to be deleted; scenarios name it, or snapshots lie on its image.",
        "Delete those in the message first. Where the operator is gone for good: "
        """`kubectl patch blueprint NAME --type=merge -p '{"metadata":{"finalizers":null}}'`""",
    )
    NOT_IN_USE = (
        "NotInUse",
        "Nothing needs the Blueprint any more; it goes.",
    )
