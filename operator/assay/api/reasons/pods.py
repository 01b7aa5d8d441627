"""What keeps pods and other children from being created, or a pod from starting."""

from .base import Reason

_CHECK_PULL = (
    "Check `settings.registry.pull`, `imagePullSecrets` of the ServiceAccount `default`, and the registry "
    "configuration of the node."
)
_CHECK_RUNTIME = (
    "See the message; `docs/install.md` has the requirements for image volumes and user namespaces."
)


class RejectionReason(Reason):
    """The API server rejects a pod, Job, claim, run or snapshot that the operator creates. Tried every 15 s."""

    POD_SECURITY_FORBIDDEN = (
        "PodSecurityForbidden",
        "The Pod Security level of the namespace rejects the pod.",
        "`kubectl label namespace NAME pod-security.kubernetes.io/enforce=privileged`",
    )
    QUOTA_EXCEEDED = (
        "QuotaExceeded",
        "A ResourceQuota is used up. The object waits for room in it.",
        "Raise the quota, or lower `parallelism`.",
    )
    NAME_TAKEN = (
        "NameTaken",
        "A pod, claim, Job, run or snapshot of that name exists and belongs to something else.",
        "Delete it, or use other names.",
    )
    NAMESPACE_TERMINATING = (
        "NamespaceTerminating",
        "The namespace is being deleted.",
    )
    FORBIDDEN = (
        "Forbidden",
        "RBAC or an admission plugin rejects the object.",
        "The message says which. With `settings.namespaces` the operator has rights in these namespaces only.",
    )
    INVALID = (
        "Invalid",
        "The API server finds the object invalid.",
        "See the message; mostly a resource quantity or an environment variable is wrong.",
    )


class PodReason(Reason):
    """A pod exists and does not start. The words are those of the scheduler and the kubelet, which go on trying.

    Others are the reasons of Events about the pod, such as `FailedMount`, or about its claim, such as
    `ProvisioningFailed`; the message has their words.
    """

    POD_STARTING = (
        "PodStarting",
        "The pod has a node and has not started for half a minute; nobody complains. Mostly its node pulls images.",
        "Wait. The message has the newest Event of the pod.",
    )

    UNSCHEDULABLE = (
        "Unschedulable",
        "No node fits the pod, or the volume cannot be provided.",
        "Check requests, StorageClass and the room on the nodes.",
    )
    ERR_IMAGE_PULL = (
        "ErrImagePull",
        "The node cannot pull the image, or the toolbox's image.",
        _CHECK_PULL,
    )
    IMAGE_PULL_BACK_OFF = (
        "ImagePullBackOff",
        "The node could not pull the image, or the toolbox's image, and waits before it tries again.",
        _CHECK_PULL,
    )
    ERR_IMAGE_NEVER_PULL = (
        "ErrImageNeverPull",
        "The pull policy forbids to pull the image, and the node does not have it.",
        "Correct the policy, or load the image onto the node.",
    )
    INVALID_IMAGE_NAME = (
        "InvalidImageName",
        "The name of the image is wrong.",
        "Correct it.",
    )
    CREATE_CONTAINER_CONFIG_ERROR = (
        "CreateContainerConfigError",
        "Mostly a Secret or ConfigMap that `env` or `envFrom` names does not exist.",
        "Create it; the pod then starts.",
    )
    CREATE_CONTAINER_ERROR = (
        "CreateContainerError",
        "The container runtime refuses to create the container.",
        _CHECK_RUNTIME,
    )
    RUN_CONTAINER_ERROR = (
        "RunContainerError",
        "The container runtime refuses to start the container.",
        _CHECK_RUNTIME,
    )
