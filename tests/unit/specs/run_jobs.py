"""The Job of a run, as its builder makes it."""

from __future__ import annotations

from assay.api.scenariorun import PinnedRun, ScenarioRun
from assay.settings import Settings
from assay.specs import run_job
from tests.unit.specs.objects import SETTINGS, Obj, run


def reaching(egress: str) -> Obj:
    """An agent that may reach that. A Reference or Nop agent takes nothing from who runs it."""
    return {"type": "Command", "command": ["solve"], "network": {"egress": egress}}


def placed(made: PinnedRun, *own_pod: str) -> PinnedRun:
    """With the placement of each function resolved: SamePod, but for these."""
    contract = made.scenario.scoring_contract
    functions = [
        f.model_copy(update={"placement": "OwnPod" if f.name in own_pod else "SamePod"})
        for f in contract.scoring_functions
    ]
    contract = contract.model_copy(update={"scoring_functions": functions})
    return made.model_copy(
        update={"scenario": made.scenario.model_copy(update={"scoring_contract": contract})}
    )


def beside(made: PinnedRun, given: ScenarioRun | None = None, settings: Settings = SETTINGS) -> list[str]:
    """The functions that can be in it."""
    return run_job.functions_beside(given or run(), made, settings)


def job(made: PinnedRun, given: ScenarioRun | None = None, settings: Settings = SETTINGS) -> Obj:
    """The Job of a run, with the functions that can be in it."""
    given = given or run()
    made = made.model_copy(update={"same_pod": run_job.functions_beside(given, made, settings)})
    return run_job.job(given, made, settings)


def pod(made: PinnedRun, given: ScenarioRun | None = None, settings: Settings = SETTINGS) -> Obj:
    """The template of its pod."""
    found: Obj = job(made, given, settings)["spec"]["template"]
    return found
