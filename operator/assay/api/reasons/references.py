"""Why something that an object refers to cannot be used, now or ever."""

from .base import Reason


class ReferenceReason(Reason):
    """Reasons of all kinds that refer to others. The object goes on by itself once the reference can be used."""

    BLUEPRINT_NOT_FOUND = (
        "BlueprintNotFound",
        "The namespace has no Blueprint of that name.",
        "Create it.",
    )
    BLUEPRINT_NOT_READY = (
        "BlueprintNotReady",
        "The Blueprint has no image, or not yet.",
        "Look at the Blueprint.",
    )
    IMAGE_NOT_FOUND = (
        "ImageNotFound",
        "An image that the object names does not exist, may not be read, or has no variant for this architecture.",
        "Check name and tag, and the operator's credentials (`registry.dockerConfigSecret`). Tried every 30 s.",
    )
    REGISTRY_UNAVAILABLE = (
        "RegistryUnavailable",
        "The registry does not answer the operator, or limits its requests.",
        "Check `settings.registry`, network policies, certificates (`insecure` for plain http). Tried every 30 s.",
    )
    DISK_SNAPSHOT_NOT_FOUND = (
        "DiskSnapshotNotFound",
        "The namespace has no DiskSnapshot of that name.",
        "Create it.",
    )
    DISK_SNAPSHOT_NOT_READY = (
        "DiskSnapshotNotReady",
        "The DiskSnapshot cannot be used, or not yet.",
        "Wait for it, or look at its condition `Ready`.",
    )
    SCORER_NOT_FOUND = (
        "ScorerNotFound",
        "A Custom function names a Scorer that does not exist.",
        "Create the Scorer.",
    )
    SCORER_NOT_READY = (
        "ScorerNotReady",
        "The `parametersSchema` of a Custom function's Scorer is broken.",
        "Correct the Scorer.",
    )
    PARAMETERS_INVALID = (
        "ParametersInvalid",
        "The parameters of a Custom function break the schema of its Scorer.",
        "Correct the parameters; the message has path and rule.",
    )
    ROOT_CONFLICT = (
        "RootConflict",
        "A Custom function has root Merged, and it or its Scorer has an image of its own, whose root is always Clean.",
        "Leave out the image or `root: Merged`.",
    )
    CONFIG_MAP_NOT_FOUND = (
        "ConfigMapNotFound",
        "A scoring function of the run names a ConfigMap, or a key of one, that does not exist.",
        "Create what the message names. Looked for every 30 s.",
    )
    AGENT_NOT_FOUND = (
        "AgentNotFound",
        "The namespace has no Agent of that name.",
        "Create it.",
    )
    SCENARIO_NOT_FOUND = (
        "ScenarioNotFound",
        "A Scenario that the object names does not exist.",
        "Create the scenarios in the message.",
    )
    BENCHMARK_NOT_FOUND = (
        "BenchmarkNotFound",
        "The namespace has no Benchmark of that name.",
        "Create it.",
    )
    SCENARIO_RUN_NOT_FOUND = (
        "ScenarioRunNotFound",
        "The ScenarioRun to score again does not exist.",
        "Create it, or name one that has ended.",
    )
    SCENARIO_RUN_NOT_FINISHED = (
        "ScenarioRunNotFinished",
        "The ScenarioRun to score again has not ended.",
        "Wait for it, or name one that has ended.",
    )
    BENCHMARK_RUN_NOT_FOUND = (
        "BenchmarkRunNotFound",
        "The BenchmarkRun to score again does not exist.",
        "Create it, or name one that has ended.",
    )
    BENCHMARK_RUN_NOT_FINISHED = (
        "BenchmarkRunNotFinished",
        "The BenchmarkRun to score again has not ended.",
        "Wait for it, or name one that has ended.",
    )
    DEVBOX_NOT_FOUND = (
        "DevboxNotFound",
        "The namespace has no Devbox of that name.",
        "Create it.",
    )
    DISK_NOT_READY = (
        "DiskNotReady",
        "The Devbox or ScenarioRun has no disk yet, or no longer.",
        "Look at it; the snapshot is taken once the disk is there. A run deletes its disk soon after its end.",
    )
    VOLUME_SNAPSHOT_NOT_FOUND = (
        "VolumeSnapshotNotFound",
        "The VolumeSnapshot to import does not exist.",
        "Create it.",
    )
