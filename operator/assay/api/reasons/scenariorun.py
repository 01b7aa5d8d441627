"""Reasons of ScenarioRuns and of their scores."""

from .base import Reason


class ScenarioRunReason(Reason):
    """What a run does, and why it ended without a score. Why its agent ended: EndReason."""

    PINNED = (
        "Pinned",
        "The run uses what `status.pinned` has.",
    )
    AGENT_WORKING = (
        "AgentWorking",
        "The agent works, or its pod is about to start.",
    )
    JOB_SUSPENDED = (
        "JobSuspended",
        "Something else, such as Kueue, has suspended a Job of the run, and resumes it when there is room.",
        "Look at the queue. The Job has the label `kueue.x-k8s.io/queue-name` of its run.",
    )
    RESTORING_DISK = (
        "RestoringDisk",
        "A kept disk is being restored, to score it again.",
    )
    RETRYING = (
        "Retrying",
        "The infrastructure ended a try. The agent starts over on a fresh disk, after 10 s, later up to 6 minutes.",
        "Wait. `status.lostTries` has the causes, `spec.retry` says how often.",
    )
    SCORING = (
        "Scoring",
        "The scoring functions run.",
    )
    SUSPENDED = (
        "Suspended",
        "The run is suspended (`spec.suspend`): it has no pods.",
        "Set `suspend: false` for it to begin or to go on.",
    )
    RESUMED = (
        "Resumed",
        "The run was suspended, and goes on. An agent that had not ended has begun again, on a fresh disk.",
    )
    SCORED = (
        "Scored",
        "The run has a score.",
    )
    CANCELED = (
        "Canceled",
        "Somebody set `spec.cancel`, of the run or of its BenchmarkRun.",
        "Create another run.",
    )
    RUN_DEADLINE_EXCEEDED = (
        "RunDeadlineExceeded",
        "The time of `spec.activeDeadlineSeconds` was over before the run had a score, and its agent had begun.",
        "Raise it above `timeouts.agentSeconds` and the time that scoring needs.",
    )
    PROVISIONING_DEADLINE_EXCEEDED = (
        "ProvisioningDeadlineExceeded",
        "The agent, or what scores a restored disk, had not begun after `settings.provisioningSeconds`, or when "
        "`spec.activeDeadlineSeconds` was over.",
        "The message has what it waited for. Cure that, and run it again.",
    )
    NO_REFERENCE_OUTPUT = (
        "NoReferenceOutput",
        "The agent is of type Reference, and the scenario has no `referenceOutput`.",
        "Add one, or use another agent.",
    )
    REFERENCE_NOT_APPLIED = (
        "ReferenceNotApplied",
        "The patch of the reference does not apply, or its script ended with an error.",
        "The message has the output. Check `workingDir` and the paths of the patch.",
    )
    NO_DISK_KEPT = (
        "NoDiskKept",
        "The run to score again kept no disk, or its disk is lost.",
        "Run the scenario again with `snapshotPolicy: Always`.",
    )
    SCORING_DEADLINE_EXCEEDED = (
        "ScoringDeadlineExceeded",
        "The pod of a scorer did not start and end within the longest timeout and 15 minutes.",
        "Look at the Events of the pod: image, node, volume.",
    )
    SCORER_NOT_STARTED = (
        "ScorerNotStarted",
        "Quota, scheduler or registry kept the pod of a scorer from starting until its time was over.",
        "The message has their words.",
    )
    DEVBOX_LOST = (
        "DevboxLost",
        "Somebody deleted the Devbox, or the claim of the run, before the disk was scored.",
        "Run it again.",
    )
    DISK_SNAPSHOT_DELETED = (
        "DiskSnapshotDeleted",
        "The DiskSnapshot was deleted since, by retention or by hand.",
    )
    DISK_NOT_KEPT = (
        "DiskNotKept",
        "The DiskSnapshot was not ready within an hour; the disk is deleted.",
        "See the DiskSnapshot.",
    )


WORKING = (ScenarioRunReason.AGENT_WORKING, ScenarioRunReason.RESTORING_DISK, ScenarioRunReason.SCORING)
"""What a run does; with any other reason of its condition Complete something keeps it from working, or it has ended."""


class ScoreReason(Reason):
    """Why a scoring function has no score. The run has the reason of the first function without one."""

    NO_SCORE = (
        "NoScore",
        "The last line that the script printed on standard output is no score.",
        "Print a float or `score=<float>` last.",
    )
    SCORE_OUT_OF_RANGE = (
        "ScoreOutOfRange",
        "The script printed a number below 0 or above 1.",
        "Scale it.",
    )
    NO_TEST_REPORT = (
        "NoTestReport",
        "The function is TestFiles with `junit`, and there is no report that can be read.",
        "Let the command write it into `$ASSAY_RESULTS`; the message says what is wrong.",
    )
    TIMEOUT = (
        "Timeout",
        "The function took longer than its `timeoutSeconds`.",
        "Raise it, or put `timeout` around what the agent wrote.",
    )
    OOM_KILLED = (
        "OOMKilled",
        "The scoring function ran out of memory.",
        "Raise `resources.limits.memory` of the environment, or use a larger node for the scorer.",
    )
    SCORER_FAILED = (
        "ScorerFailed",
        "The container or Job of the scorer failed before it reported a score.",
        "Fix what `assay-score: …` in the message says, and run again.",
    )
