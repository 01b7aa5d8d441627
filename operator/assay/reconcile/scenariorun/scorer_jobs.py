"""The Jobs of a run, as their pods report them. No I/O."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from assay.api.condition_types import ConditionType
from assay.api.reasons import AnyReason, EndReason, ScenarioRunReason, ScoreReason
from assay.api.scoring import ScoringFunction
from assay.api.unparsed import find_condition, holds, is_finished
from assay.kube_object import KubeObject
from assay.reconcile.common import node_words, pod_view
from assay.reconcile.common.pod_view import Cause
from assay.specs import devbox_container

from . import score_report

_OF_THE_NODE = (EndReason.NODE_REFUSED, EndReason.NODE_LOST)


class Failure(NamedTuple):
    """Why a run ends without a score."""

    reason: AnyReason
    message: str
    cure: str = ""
    """What people can do once the run has ended by it."""


@dataclass(frozen=True, slots=True)
class ScorerJob:
    """A Job with its pods."""

    obj: KubeObject
    pods: Sequence[KubeObject] = ()
    run: str = ""
    """The name of the run."""

    @property
    def name(self) -> str:
        """`metadata.name` of the Job."""
        return str(self.obj["metadata"]["name"])

    @property
    def is_of_agent(self) -> bool:
        """Whether the agent works in it, before its functions do."""
        return self.name == self.run

    @property
    def has_ended(self) -> bool:
        """Whether the Job has succeeded or given up."""
        return is_finished(self.obj)

    @property
    def is_suspended(self) -> bool:
        """Whether something else, such as Kueue, has suspended the Job: it has no pods then."""
        return holds(self.obj, ConditionType.SUSPENDED)

    @property
    def newest_pod(self) -> KubeObject | None:
        """The pod that was created last."""
        return max(self.pods, key=_created, default=None)

    @property
    def pod_works(self) -> bool:
        """Whether it has a pod that has not ended."""
        pod = self.newest_pod
        return pod is not None and not pod_view.view(pod, "").ended

    @property
    def may_work(self) -> bool:
        """Whether it has a pod that has not ended, or is about to have one."""
        return not self.has_ended and (self.pod_works or not self.pods)

    @property
    def agent_works(self) -> bool:
        """Whether an agent works in its pod."""
        pod = self.newest_pod
        return pod is not None and pod_view.runs(pod, devbox_container.CONTAINER)

    @property
    def is_lost(self) -> bool:
        """Whether its pod is gone, or something other than its containers ends it, so that they may never report."""
        pod = self.newest_pod
        if pod is None or self.has_ended:
            return self.has_ended
        seen = pod_view.view(pod, "")
        return bool(seen.killed_by) or seen.deleting or seen.ended or _is_stuck(pod)


def ends(job: ScorerJob, functions: Sequence[ScoringFunction]) -> Mapping[str, pod_view.Terminated]:
    """How the Job's functions ended, by name; empty until one of its pods has ended them all."""
    for pod in _newest_first(job):
        views = {
            f.name: pod_view.view(pod, f.name) for f in functions if pod_view.container_state(pod, f.name)
        }
        is_killed = any(view.killed_by for view in views.values())
        ended = {name: view.terminated for name, view in views.items() if _is_end(view)}
        if ended and len(ended) == len(views) and not is_killed:
            return {name: end for name, end in ended.items() if end}
    return {}


def _is_end(view: pod_view.PodView) -> bool:
    """Whether a function has ended: it was not stopped with its pod, and its node did not refuse it."""
    end = view.terminated
    if end is None or node_words.of_container(end.reason):
        return False
    return not view.deleting or score_report.parse(end) is not None


def is_without_sandbox(pod: KubeObject) -> bool:
    """Whether the node has lost the pod's sandbox before a function began: the kubelet makes no other one."""
    status = pod.get("status") or {}
    states = [one.get("state") or {} for one in status.get("containerStatuses") or ()]
    has_begun = any("running" in state or "terminated" in state for state in states)
    ready = find_condition(pod, "PodReadyToStartContainers")
    return not has_begun and ready is not None and ready["status"] == "False"


def _is_stuck(pod: KubeObject) -> bool:
    """Whether the kubelet starts no function in the agent's pod, though the agent's container has ended well.

    It takes an init container for failed in which the kernel has killed anything for want of memory, a child of a child
    even, and does not say so in the pod's phase (kuberuntime: isInitContainerFailed).
    """
    end = pod_view.view(pod, devbox_container.CONTAINER).terminated
    if end is None or end.exit_code != 0:
        return False
    return end.reason == EndReason.OOM_KILLED or is_without_sandbox(pod)


def failure(job: ScorerJob) -> Failure | None:
    """Why the Job failed; None while it has not."""
    found = find_condition(job.obj, ConditionType.FAILED)
    if found is None or found["status"] != "True":
        return None
    if found.get("reason") == EndReason.DEADLINE_EXCEEDED:  # Jobs use the same word
        message = "the scorer's pod did not end in time; see its events and logs"
        return Failure(ScenarioRunReason.SCORING_DEADLINE_EXCEEDED, message)
    if refused := _refusal(job):
        return Failure(*refused)
    message = _why_killed(job) or found.get("message") or "the scorer's Job failed; see its events and logs"
    return Failure(ScoreReason.SCORER_FAILED, message)


def troubled_pod(jobs: Sequence[ScorerJob], functions: Sequence[ScoringFunction]) -> pod_view.PodView | None:
    """The first pod that something keeps from starting."""
    views = (pod_view.view(pod, f.name) for job in jobs for pod in job.pods for f in functions)
    return next((view for view in views if view.trouble), None)


def _why_killed(job: ScorerJob) -> str | None:
    """What ended the pod before its functions could report anything: an init container, or the kubelet."""
    killed = (pod_view.view(pod, "").killed_by for pod in _newest_first(job))
    return next((f"{why[0]}: {why[1]}" for why in killed if why), None)


def _refusal(job: ScorerJob) -> Cause | None:
    """That the node refused the pod or one of its containers, or forgot it: no agent has a hand in that."""
    pod = job.newest_pod
    if pod is None:
        return None
    killed, ends = pod_view.view(pod, "").killed_by, pod_view.terminations(pod)
    if killed and killed.reason in _OF_THE_NODE:
        return killed
    said = ((node_words.of_container(end.reason), end) for end in ends)
    return next((Cause(reason, f"{end.reason}: {end.message}") for reason, end in said if reason), None)


def _newest_first(job: ScorerJob) -> list[KubeObject]:
    return sorted(job.pods, key=_created, reverse=True)


def _created(pod: KubeObject) -> str:
    return str(pod["metadata"].get("creationTimestamp"))
