"""Agent, Scorer and Benchmark: definitions have no children, only a condition that says whether they can be used."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from assay.api import conditions
from assay.api.agent import AgentStatus
from assay.api.benchmark import BenchmarkSpec, BenchmarkStatus
from assay.api.meta import Status
from assay.api.scorer import ScorerSpec, ScorerStatus
from assay.engine.store import Key

from . import objects, parameters
from .context import Context
from .naming import listed
from .objects import holds
from .outcome import Outcome, act
from .pace import paced
from .validation import is_validated

READY = "Ready"
USED_BY_MAX = 100


async def reconcile_agent(ctx: Context, key: Key) -> float | None:
    """An agent that passed the schema can be used."""
    agent = living(ctx, key)
    if agent is None:
        return None
    status = AgentStatus.model_validate(agent.get("status") or {})
    say(ctx, agent, status, "True", "Accepted", "")
    return await act(ctx, agent, Outcome(status), gate=READY)


async def reconcile_scorer(ctx: Context, key: Key) -> float | None:
    """Check the schema of its parameters and say who uses it."""
    scorer = living(ctx, key)
    if scorer is None:
        return None
    spec = ScorerSpec.model_validate(scorer["spec"])
    status = ScorerStatus.model_validate(scorer.get("status") or {})
    users = ctx.store.find("Scenario", "scorer", (key.namespace, key.name))
    names = sorted(str(one["metadata"]["name"]) for one in users)
    status.users, status.used_by = len(names), names[:USED_BY_MAX] or None
    try:
        parameters.check_schema(spec.parameters_schema or {})
    except parameters.SchemaInvalid as error:
        say(ctx, scorer, status, "False", "SchemaInvalid", str(error))
    else:
        say(ctx, scorer, status, "True", "Accepted", "")
    return await act(ctx, scorer, paced(ctx, scorer, Outcome(status), _is_news(scorer, status)), gate=READY)


async def reconcile_benchmark(ctx: Context, key: Key) -> float | None:
    """Count the benchmark's scenarios and say which are missing."""
    benchmark = living(ctx, key)
    if benchmark is None:
        return None
    spec = BenchmarkSpec.model_validate(benchmark["spec"])
    status = BenchmarkStatus.model_validate(benchmark.get("status") or {})
    found = {ref.name: ctx.store.get("Scenario", key.namespace, ref.name) for ref in spec.scenarios}
    missing = [name for name, scenario in found.items() if scenario is None]
    unready = [name for name, scenario in found.items() if scenario and not holds(scenario, READY)]
    unproved = [name for name, scenario in found.items() if scenario and not is_validated(scenario)]
    status.scenarios, status.missing = len(found), len(missing)
    status.ready = len(found) - len(missing) - len(unready)
    status.validated = len(found) - len(missing) - len(unproved)
    if not found:
        say(ctx, benchmark, status, "False", "Empty", "add scenarios to spec.scenarios")
    elif missing:
        say(ctx, benchmark, status, "False", "ScenarioNotFound", f"create {listed(missing)}")
    elif unready:
        say(ctx, benchmark, status, "False", "ScenarioNotReady", f"see {listed(unready)}")
    elif spec.require_validated and unproved:
        why = f"see the condition Validated of {listed(unproved)}"
        say(ctx, benchmark, status, "False", "ScenarioNotValidated", why)
    else:
        say(ctx, benchmark, status, "True", "ScenariosReady", "")
    return await act(
        ctx, benchmark, paced(ctx, benchmark, Outcome(status), _is_news(benchmark, status)), gate=READY
    )


def living(ctx: Context, key: Key) -> dict[str, Any] | None:
    """The object, unless it is gone or about to go."""
    obj = ctx.store.get(key.kind, key.namespace, key.name)
    return None if obj is None or obj["metadata"].get("deletionTimestamp") else obj


def say(
    ctx: Context,
    obj: Mapping[str, Any],
    status: Status,
    value: Literal["True", "False"],
    reason: str,
    message: str,
) -> None:
    """Put the condition Ready into the status."""
    status.phase = "Ready" if value == "True" else "NotReady"
    objects.say(obj, status, READY, value, reason, message, ctx.now())


def _is_news(obj: Mapping[str, Any], status: Status) -> bool:
    """Whether Ready says more than it did; else only counts have changed."""
    return _ready(Status.model_validate(obj.get("status") or {})) != _ready(status)


def _ready(status: Status) -> tuple[str, str, int | None] | None:
    found = conditions.find(status.conditions, READY)
    return (found.status, found.reason, found.observed_generation) if found else None
