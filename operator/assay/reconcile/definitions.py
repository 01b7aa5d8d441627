"""Scenario, Agent and Benchmark: definitions have no children, only a condition that says whether they can be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from assay.api import conditions
from assay.api.agent import AgentStatus
from assay.api.benchmark import BenchmarkSpec, BenchmarkStatus
from assay.api.meta import Status
from assay.api.scenario import ScenarioSpec, ScenarioStatus
from assay.engine.store import Key

from . import images
from .context import Context
from .outcome import Outcome, act

READY = "Ready"
NAMED_IN_MESSAGE = 10


async def reconcile_scenario(ctx: Context, key: Key) -> float | None:
    """Say whether the scenario's environment exists."""
    scenario = _living(ctx, key)
    if scenario is None:
        return None
    spec = ScenarioSpec.model_validate(scenario["spec"])
    status = ScenarioStatus.model_validate(scenario.get("status") or {})
    try:
        if spec.environment.blueprint_ref:
            images.of_blueprint(ctx, key.namespace, spec.environment.blueprint_ref.name)
    except images.NotAvailable as missing:
        _say(ctx, scenario, status, "False", missing.reason, missing.message)
    else:
        _say(ctx, scenario, status, "True", "ReferencesResolved", "")
    return await act(ctx, scenario, Outcome(status), gate=READY)


async def reconcile_agent(ctx: Context, key: Key) -> float | None:
    """An agent that passed the schema can be used."""
    agent = _living(ctx, key)
    if agent is None:
        return None
    status = AgentStatus.model_validate(agent.get("status") or {})
    _say(ctx, agent, status, "True", "Accepted", "")
    return await act(ctx, agent, Outcome(status), gate=READY)


async def reconcile_benchmark(ctx: Context, key: Key) -> float | None:
    """Count the benchmark's scenarios and say which are missing."""
    benchmark = _living(ctx, key)
    if benchmark is None:
        return None
    spec = BenchmarkSpec.model_validate(benchmark["spec"])
    status = BenchmarkStatus.model_validate(benchmark.get("status") or {})
    wanted = [ref.name for ref in spec.scenarios]
    found = {name: ctx.store.get("Scenario", key.namespace, name) for name in wanted}
    missing = [name for name, scenario in found.items() if scenario is None]
    unready = [name for name, scenario in found.items() if scenario and not _is_ready(scenario)]
    status.scenarios, status.missing = len(wanted), len(missing)
    status.ready = len(wanted) - len(missing) - len(unready)
    if not wanted:
        _say(ctx, benchmark, status, "False", "Empty", "add scenarios to spec.scenarios")
    elif missing:
        _say(ctx, benchmark, status, "False", "ScenarioNotFound", f"create {listed(missing)}")
    elif unready:
        _say(ctx, benchmark, status, "False", "ScenarioNotReady", f"see {listed(unready)}")
    else:
        _say(ctx, benchmark, status, "True", "ScenariosReady", "")
    return await act(ctx, benchmark, Outcome(status), gate=READY)


def listed(names: list[str]) -> str:
    """Some of the names, for a message."""
    more = len(names) - NAMED_IN_MESSAGE
    return ", ".join(names[:NAMED_IN_MESSAGE]) + (f" and {more} more" if more > 0 else "")


def _living(ctx: Context, key: Key) -> dict[str, Any] | None:
    obj = ctx.store.get(key.kind, key.namespace, key.name)
    return None if obj is None or obj["metadata"].get("deletionTimestamp") else obj


def _is_ready(obj: Mapping[str, Any]) -> bool:
    return conditions.is_true(Status.model_validate(obj.get("status") or {}).conditions, READY)


def _say(
    ctx: Context,
    obj: Mapping[str, Any],
    status: Status,
    value: Literal["True", "False"],
    reason: str,
    message: str,
) -> None:
    status.phase = "Ready" if value == "True" else "NotReady"
    generation = obj["metadata"].get("generation", 1)
    status.conditions = conditions.put(
        status.conditions, READY, value, reason, message, generation=generation, now=ctx.now()
    )
