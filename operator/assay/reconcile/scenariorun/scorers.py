"""Which scorer Jobs a ScenarioRun has, beside that of its agent. No I/O."""

from __future__ import annotations

from assay.api.reasons import ScenarioRunReason
from assay.api.scenariorun import ScenarioRunStatus
from assay.api.scoring import ScoringFunction
from assay.api.unparsed import is_live
from assay.specs import run_tries, scorer_job, texts
from assay.specs.scorer_job import LeftDisk, Scorers

from .observed import RunDecision, StartedRunView
from .retry import unscored
from .scorer_jobs import Failure


def apart(view: StartedRunView) -> Scorers:
    """The functions that work in pods of their own from the start."""
    return Scorers(_functions(view, beside=False))


def create(view: StartedRunView, status: ScenarioRunStatus, *wanted: Scorers) -> RunDecision:
    """Create Jobs, as long as there is a disk to score."""
    left = _left_disk(view)
    if left is None:
        message = "the disk was deleted before it was scored"
        return unscored(view, status, Failure(ScenarioRunReason.DEVBOX_LOST, message))
    jobs = [
        job for those in wanted for job in scorer_job.jobs(view.run, view.pinned, those, left, view.settings)
    ]
    carried = [one for job in jobs for one in texts.carried(job)]
    return RunDecision(status, create=[*view.observed.policies, *carried])


def create_missing(view: StartedRunView, status: ScenarioRunStatus, lost: set[str]) -> RunDecision:
    """Create those Jobs of the status that are lost."""
    decision = create(view, status, apart(view), _again(view))
    if decision.create:
        decision.create = [
            one for one in decision.create if one["kind"] != "Job" or one["metadata"]["name"] in lost
        ]
        decision.write = False
    return decision


def is_agents_pod_lost(view: StartedRunView, status: ScenarioRunStatus) -> bool:
    """Whether functions were to work in the agent's pod, and something has ended it, or has to."""
    job = view.observed.own_job
    is_waited_for = run_tries.name(view.run) in (status.scorer_jobs or ())
    return is_waited_for and (job is None or job.is_lost or job.agent_works)


def score_again(view: StartedRunView, status: ScenarioRunStatus) -> RunDecision:
    """Score in other pods what the agent left: its own pod is of no use any more, and an agent works once."""
    own = view.observed.own_job
    leaving = [own.obj] if own and is_live(own.obj) else []
    if own and own.agent_works:  # past its time; nothing is scored on which an agent works
        return RunDecision(status, delete=leaving)
    status, again = status.model_copy(), _again(view)
    others = [name for name in status.scorer_jobs or () if name != run_tries.name(view.run)]
    status.scorer_jobs = [*others, *again.names(view.run)]
    decision = create(view, status, again)
    decision.delete = leaving  # it may hold the volume on its node
    return decision


def _again(view: StartedRunView) -> Scorers:
    """The functions of the agent's pod, in pods of their own."""
    return Scorers(_functions(view, beside=True), again=True)


def _functions(view: StartedRunView, *, beside: bool) -> list[ScoringFunction]:
    """Those that work beside the agent, or the others."""
    of_agents_pod = view.pinned.same_pod or ()
    functions = view.pinned.scenario.scoring_contract.scoring_functions
    return [f for f in functions if (f.name in of_agents_pod) == beside]


def _left_disk(view: StartedRunView) -> LeftDisk | None:
    """The disk to score, if it is still there."""
    observed = view.observed
    if view.pinned.same_pod:
        pod = observed.own_job.newest_pod if observed.own_job else None
        node = (pod.get("spec") or {}).get("nodeName") if pod else None
        return LeftDisk(view.run, run_tries.name(view.run), node=node) if observed.live_claim else None
    if (devbox := observed.live_devbox) is None:
        return None
    status = devbox.status
    root, directories = status.root_filesystem or "Overlay", status.directories or ()
    return LeftDisk(devbox, devbox.name, root, directories, status.node_name)
