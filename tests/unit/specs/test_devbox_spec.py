"""ScenarioRun → Devbox: what of scenario, agent and template reaches it."""

from __future__ import annotations

from typing import Any

import pytest

from assay.specs import devbox
from tests.unit.specs.objects import Obj, pinned, run

RUN = run()


def environment(**changes: Any) -> Obj:
    return {"environment": {"blueprintRef": {"name": "project"}, **changes}}


def spec_of(agent: Obj | None = None, spec: Obj | None = None, **changes: Any) -> Obj:
    made: Obj = devbox.devbox(run(**(spec or {})), pinned(agent, **changes))["spec"]
    return made


@pytest.mark.parametrize(
    ("template", "agent", "scenario", "expected"),
    [
        (None, None, None, None),
        (None, None, "Any", "Any"),
        (None, "Internet", "Any", "Internet"),
        ("None", "Internet", "Any", "None"),
    ],
)
def test_the_network_of_the_run_then_of_the_agent_counts(
    template: str | None, agent: str | None, scenario: str | None, expected: str | None
) -> None:
    def network(egress: str | None) -> Obj:
        return {"network": {"egress": egress}} if egress else {}

    command = {"type": "Command", "command": ["solve"]}
    made = spec_of({**command, **network(agent)}, network(template), **environment(**network(scenario)))
    assert made.get("network", {}).get("egress") == expected


@pytest.mark.parametrize("type_", ["Reference", "Nop"])
@pytest.mark.parametrize(
    ("agent", "spec"),
    [
        ({"args": ["x"]}, {}),
        ({"env": [{"name": "BASH_ENV", "value": "/planted"}]}, {}),
        ({"envFrom": [{"secretRef": {"name": "planted"}}]}, {}),
        ({"resources": {"limits": {"memory": "1Ki"}}}, {}),
        ({"network": {"egress": "Any"}}, {}),
        ({}, {"network": {"egress": "Any"}}),
        ({}, {"parameters": [{"name": "planted", "value": "x"}]}),
    ],
)
def test_what_does_nothing_of_its_own_takes_nothing_from_the_runner(
    type_: str, agent: Obj, spec: Obj
) -> None:
    """Whatever got in before the API server refused it."""
    reference = {"secretKeyRef": {"name": "gold", "key": "fix.diff"}}
    contract = environment(network={"egress": "None"}, resources={"limits": {"memory": "1Gi"}})
    plain = spec_of({"type": type_}, referenceOutput=reference, **contract)
    assert spec_of({"type": type_, **agent}, spec, referenceOutput=reference, **contract) == plain
    assert plain["network"] == {"egress": "None"}
    assert plain["resources"] == {"limits": {"memory": "1Gi"}}


def test_what_the_environment_and_the_template_say() -> None:
    scheduling = {"nodeSelector": {"disk": "fast"}, "priorityClassName": "low"}
    made = spec_of(None, {"scheduling": scheduling}, **environment(launchCommands=["make db", "make seed"]))
    assert made["launchCommands"] == ["make db", "make seed"]
    assert made["scheduling"] == scheduling


def test_a_disk_to_begin_from_takes_the_place_of_the_image() -> None:
    forked = pinned().model_copy(update={"disk_snapshot": "kept", "root_filesystem": "Copy"})
    made = devbox.devbox(RUN, forked)["spec"]
    assert made["diskSnapshotRef"] == {"name": "kept"}
    assert "image" not in made
    assert (made["rootFilesystem"], made["operatingMode"]) == ("Copy", "Running")
    assert made["user"] == "1000:1000"


@pytest.mark.parametrize(("kind", "expected"), [(None, "patch"), ("Patch", "patch"), ("Script", "script")])
def test_a_reference_from_a_secret_is_mounted_not_copied(kind: str | None, expected: str) -> None:
    key = {"name": "gold", "key": "fix.diff"}
    reference = {"secretKeyRef": key, **({"kind": kind} if kind else {})}
    made = spec_of({"type": "Reference"}, referenceOutput=reference)
    assert made["referenceFrom"] == key
    assert [file["name"] for file in made["files"]] == ["problem.md"]
    assert made["command"][-2:] == [expected, "/.assay/files/reference"]


@pytest.mark.parametrize("agent", [{"type": "Nop"}, {"type": "Command", "command": ["solve"]}])
def test_a_secret_reference_reaches_no_other_agent(agent: Obj) -> None:
    made = spec_of(agent, referenceOutput={"secretKeyRef": {"name": "gold", "key": "fix.diff"}})
    assert "gold" not in str(made)


def test_a_run_without_a_scenario_has_no_label_of_one() -> None:
    scorer = {"scorer": {"scorerRef": {"name": "judge"}}, "environment": {"image": "x"}}
    dry_run = run(scenarioRef=None, agent=None, dryRun=scorer)
    made = devbox.devbox(dry_run, pinned({"type": "Nop"}))
    assert "assay.dev/scenario" not in made["metadata"]["labels"]
    assert "ASSAY_SCENARIO" not in str(made["spec"])
