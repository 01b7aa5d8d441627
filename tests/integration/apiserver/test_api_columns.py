"""What a real API server prints of our kinds: its JSONPath decides which columns can be."""

from __future__ import annotations

from typing import Any

import pytest

from assay.our_resources import OURS
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakecollection import Json
from tests.integration.kubelet import now

SPECS: dict[str, Json] = {
    "ScenarioRun": {"scenarioRef": {"name": "x"}, "agent": {"type": "Nop"}},
    "BenchmarkRun": {"benchmarkRef": {"name": "x"}, "agent": {"type": "Nop"}},
    "Devbox": {"image": "x"},
    "Blueprint": {"image": "x"},
    "DiskSnapshot": {"devboxRef": {"name": "x"}},
}


def is_(type_: str, status: str, reason: str) -> Json:
    """A condition."""
    return {"type": type_, "status": status, "reason": reason, "lastTransitionTime": now()}


def printed(real_api: RealApi, kind: str, status: Json) -> Json:
    """The columns of an object with this status."""
    resource = OURS[kind]
    body = {"apiVersion": resource.api_version, "kind": kind, "metadata": {"name": "a", "namespace": "ns"}}
    real_api.create({**body, "spec": SPECS[kind]})
    try:
        real_api.patch_status(resource, "ns", "a", status)
        return real_api.columns(resource, "ns", "a")
    finally:
        real_api.delete(resource, "ns", "a")


WAITS = [is_("Complete", "False", "FailedMount")]
FAILED = [is_("Complete", "False", "OOMKilled"), is_("Failed", "True", "OOMKilled")]
SCORED = [is_("Complete", "True", "Scored")]


@pytest.mark.parametrize(
    ("kind", "status", "reason"),
    [
        ("ScenarioRun", {"conditions": WAITS}, "FailedMount"),
        ("ScenarioRun", {"conditions": FAILED}, "OOMKilled"),
        ("ScenarioRun", {"conditions": SCORED}, "Scored"),
        ("BenchmarkRun", {"conditions": WAITS}, "FailedMount"),
        ("BenchmarkRun", {"conditions": FAILED}, "OOMKilled"),
        ("Devbox", {"reason": "Error", "conditions": [is_("Ready", "False", "Finished")]}, "Error"),
        ("Blueprint", {"conditions": [is_("Ready", "False", "QuotaExceeded")]}, "QuotaExceeded"),
        ("DiskSnapshot", {"conditions": [is_("Ready", "False", "DiskNotReady")]}, "DiskNotReady"),
    ],
)
def test_the_reason_is_what_an_object_waits_for_or_ended_by(
    real_api: RealApi, kind: str, status: Json, reason: str
) -> None:
    assert printed(real_api, kind, status)["Reason"] == reason


@pytest.mark.parametrize(
    ("ends", "waiting", "expected"),
    [
        (None, None, (None, None)),
        ([("Completed", 3)], [("FailedMount", 2), ("Unschedulable", 1)], (None, "FailedMount")),
        ([("Completed", 3), ("Error", 2), ("DeadlineExceeded", 1)], None, ("Error", None)),
    ],
)
def test_a_benchmark_run_shows_what_most_runs_wait_for_and_how_most_agents_failed(
    real_api: RealApi, ends: Any, waiting: Any, expected: tuple[str | None, str | None]
) -> None:
    counted = {"agentEnds": ends, "waiting": waiting}
    status = {
        field: [{"reason": reason, "count": count} for reason, count in found]
        for field, found in counted.items()
        if found
    }
    shown = printed(real_api, "BenchmarkRun", {"conditions": SCORED, **status})
    assert (shown["AgentEnd"], shown["WaitsFor"]) == expected
