"""Reasons of Devboxes."""

from .base import Reason


class DevboxReason(Reason):
    """What a Devbox does: the reasons of Ready and Suspended."""

    RUNNING = (
        "Running",
        "The command runs.",
    )
    IDLE = (
        "Idle",
        "The pod only stays up, for you to look around.",
    )
    BOOTING = (
        "Booting",
        "The root file system is being mounted.",
    )
    PREPARING = (
        "Preparing",
        "The image is being copied onto the disk.",
    )
    STOPPING = (
        "Stopping",
        "The pod is being stopped, because `operatingMode` changed; the disk stays.",
    )
    SUSPENDED = (
        "Suspended",
        "There is no pod; the disk stays.",
        "Set `operatingMode: Running` to go on.",
    )
    DISK_KEPT = (
        "DiskKept",
        "There is no pod; the disk stays.",
        "Set `operatingMode: Running` to go on.",
    )
    RESUMED = (
        "Resumed",
        "The Devbox was suspended or finished, and its command runs again, or is about to.",
    )
    DEADLINE_EXCEEDED = (
        "DeadlineExceeded",
        "The time of `activeDeadlineSeconds` is over; the pod is being stopped.",
    )
    FINISHED = (
        "Finished",
        "The command has ended, or will never run.",
        "See the condition `Finished`.",
    )


class EndReason(Reason):
    """How the command of a Devbox ended: the reasons of Finished, and of AgentFinished of a ScenarioRun."""

    COMPLETED = (
        "Completed",
        "The command ended with exit code 0.",
    )
    ERROR = (
        "Error",
        "The command ended with another exit code, which `status.exitCode` has.",
        "`status.message` has the end of the output.",
    )
    DEADLINE_EXCEEDED = (
        "DeadlineExceeded",
        "The command was stopped after `activeDeadlineSeconds` (of a run: `timeouts.agentSeconds`).",
    )
    OOM_KILLED = (
        "OOMKilled",
        "The command, of a run its agent, ran out of memory.",
        "Raise `resources.limits.memory` (of a scenario: of its environment).",
    )
    LAUNCH_FAILED = (
        "LaunchFailed",
        "A launch command failed.",
        "Correct `launchCommands`; `status.message` of the Devbox, `status.agent.message` of the run, and the log have "
        "their output.",
    )
    DISK_FULL = (
        "DiskFull",
        "The disk was full before anything began.",
        "Raise `disk.size` (of a scenario: `environment.disk.size`).",
    )
    NETWORK_OPEN = (
        "NetworkOpen",
        "The network of the cluster does not enforce the network policies of the pod.",
        "Use a network that does, or set `settings.networkGateSeconds: 0` to run without them. If a policy of yours "
        "opens the API server to agents, name another forbidden address in `settings.networkGateAddress`.",
    )
    BOOT_FAILED = (
        "BootFailed",
        "The root file system could not be made on the disk.",
        "The message names the cause: kernel, user namespaces, or the file system of the volume. Another "
        "StorageClass or `rootFilesystem: Copy` may help.",
    )
    USER_NOT_NUMERIC = (
        "UserNotNumeric",
        "The command will never run: the root file system is a Copy, and `user` is a name other than the image's.",
        "Create another Devbox with `uid[:gid]` as its user, or without one.",
    )
    EVICTED = (
        "Evicted",
        "The node ran short of memory or disk, and the kubelet ended the pod.",
        "Raise requests and limits: the pod may have used up what was short.",
    )
    PREEMPTED = (
        "Preempted",
        "The scheduler took the place of the pod for one of higher priority, or a queue suspended the Job of the run.",
        "The agent is not at fault: run it again.",
    )
    DRAINED = (
        "Drained",
        "Somebody evicted the pod through the API, for example to drain its node.",
        "The agent is not at fault: run it again.",
    )
    NODE_LOST = (
        "NodeLost",
        "The node of the pod was restarted, shut down, is gone, or could not be reached any more.",
        "The agent is not at fault: run it again.",
    )
    NODE_REFUSED = (
        "NodeRefused",
        "The node refused the pod or a container of it: kubelet, sandbox or container runtime. The message begins with "
        "their word: `StartError`, `UnexpectedAdmissionError`, `OutOfcpu`, ….",
        "See the message and the node. The agent is not at fault: run it again.",
    )
    POD_LOST = (
        "PodLost",
        "Somebody deleted the pod, or its Job, while the command ran.",
        "The agent is not at fault: run it again.",
    )
