"""What a node says of the end of a pod or container, as one of the ends that we know. No I/O.

The kubelet and container runtimes use words of their own, and new versions bring new ones: a run has one cause of a
closed list, and the word stands in its message.
"""

from __future__ import annotations

from assay.api.reasons import EndReason

# Words for a container whose first process ended.
_ENDED = ("", EndReason.ERROR, EndReason.COMPLETED, EndReason.OOM_KILLED)
# Words for a container of which the kubelet knows nothing more: its node was restarted.
_NOT_KNOWN = ("Unknown", "ContainerStatusUnknown")

_POD_WORDS = {
    EndReason.EVICTED.value: EndReason.EVICTED,
    EndReason.DEADLINE_EXCEEDED.value: EndReason.DEADLINE_EXCEEDED,
    EndReason.NODE_LOST.value: EndReason.NODE_LOST,
    "Preempting": EndReason.PREEMPTED,  # by the kubelet, for a critical pod of the node
    "Terminated": EndReason.NODE_LOST,  # the node is shut down; the next two are the same of older kubelets
    "NodeShutdown": EndReason.NODE_LOST,
    "Shutdown": EndReason.NODE_LOST,
}


def known(reason: str) -> EndReason:
    """The end with this reason, that of a Devbox; a word that an earlier version passed on is the node's."""
    return next((end for end in EndReason if end == reason), EndReason.NODE_REFUSED)


def of_container(word: str) -> EndReason | None:
    """What the reason of a terminated container means; None: its process ended, and its exit code says how."""
    if word in _ENDED:
        return None
    return EndReason.NODE_LOST if word in _NOT_KNOWN else EndReason.NODE_REFUSED


def of_pod(word: str, otherwise: EndReason = EndReason.NODE_REFUSED) -> EndReason:
    """What the reason of a pod means that has failed; `otherwise`: what any other word means."""
    return _POD_WORDS.get(word, otherwise)
