"""What a real API server lets people change of a run."""

from __future__ import annotations

import pytest

from assay.api.benchmarkrun import BenchmarkRunSpec
from assay.api.scenariorun import ScenarioRunSpec
from assay.kube.errors import Invalid
from assay.our_resources import OURS
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakecollection import Json

SPECS: dict[str, Json] = {
    "ScenarioRun": {"scenarioRef": {"name": "s"}, "agent": {"type": "Nop"}},
    "BenchmarkRun": {"benchmarkRef": {"name": "b"}, "agent": {"type": "Nop"}},
}
# Another value for each field of a spec, which would be taken in a new run.
OTHERS: dict[str, Json] = {
    "ScenarioRun": {
        "scenarioRef": {"name": "other"},
        "agent": {"type": "Reference"},
        "rescore": {"scenarioRunRef": {"name": "old"}},
        "dryRun": {"scorer": {"scorerRef": {"name": "x"}}, "environment": {"image": "x"}},
        "parameters": [{"name": "a", "value": "b"}],
        "attempt": 2,
        "snapshotPolicy": "Always",
        "snapshotRetention": {"ttlSeconds": 60},
        "volumeSnapshotClassName": "fast",
        "keepDevbox": {"when": "Always"},
        "network": {"egress": "None"},
        "retry": {"limit": 0},
        "scheduling": {"nodeSelector": {"a": "b"}},
        "activeDeadlineSeconds": 60,
    },
    "BenchmarkRun": {
        "benchmarkRef": {"name": "other"},
        "rescore": {"benchmarkRunRef": {"name": "old"}},
        "agent": {"type": "Reference"},
        "parameters": [{"name": "a", "value": "b"}],
        "attempts": 2,
        "activeDeadlineSeconds": 60,
        "template": {"snapshotPolicy": "Always"},
        "baseline": {"benchmarkRunRef": {"name": "old"}},
    },
}
FREE = {"ScenarioRun": {"suspend", "cancel"}, "BenchmarkRun": {"suspend", "cancel", "parallelism"}}
FIXED = [(kind, field) for kind, fields in OTHERS.items() for field in fields]


@pytest.fixture
def api(real_api: RealApi) -> RealApi:
    for kind, spec in SPECS.items():
        body = {"apiVersion": OURS[kind].api_version, "kind": kind, "spec": spec}
        if real_api.get(OURS[kind], "ns", "r") is None:
            real_api.create({**body, "metadata": {"namespace": "ns", "name": "r"}})
    return real_api


def change(api: RealApi, kind: str, **spec: object) -> Json:
    found: Json = api.patch(OURS[kind], "ns", "r", {"spec": spec})["spec"]
    return found


@pytest.mark.parametrize(
    ("kind", "model"), [("ScenarioRun", ScenarioRunSpec), ("BenchmarkRun", BenchmarkRunSpec)]
)
def test_each_field_of_a_spec_is_tried_here(
    kind: str, model: type[ScenarioRunSpec] | type[BenchmarkRunSpec]
) -> None:
    names = {field.alias or name for name, field in model.model_fields.items()}
    assert names == OTHERS[kind].keys() | FREE[kind]


@pytest.mark.parametrize(("kind", "field"), FIXED)
def test_nothing_else_of_a_run_may_be_changed(api: RealApi, kind: str, field: str) -> None:
    with pytest.raises(Invalid, match="of a run may be changed: create another run"):
        change(api, kind, **{field: OTHERS[kind][field]})


@pytest.mark.parametrize("kind", SPECS)
def test_nothing_may_be_taken_away(api: RealApi, kind: str) -> None:
    with pytest.raises(Invalid, match="of a run may be changed"):
        change(api, kind, agent=None)


@pytest.mark.parametrize("kind", SPECS)
def test_a_run_is_suspended_resumed_and_canceled_and_that_is_not_taken_back(api: RealApi, kind: str) -> None:
    for value in (True, False, True, None):
        assert change(api, kind, suspend=value).get("suspend") == value
    assert change(api, kind, cancel=False)["cancel"] is False
    assert change(api, kind, cancel=True, suspend=True)["cancel"] is True
    for value in (False, None):
        with pytest.raises(Invalid, match="cancel cannot be taken back"):
            change(api, kind, cancel=value)
    assert change(api, kind, suspend=False)["suspend"] is False, "what is canceled may still be resumed"
    api.clear()


def test_parallelism_may_be_changed(api: RealApi) -> None:
    assert change(api, "BenchmarkRun", parallelism=9)["parallelism"] == 9
