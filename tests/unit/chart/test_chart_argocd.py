"""Health of our kinds in Argo CD."""

from typing import Any

import pytest
import yaml

from assay.api import KINDS
from tests.unit.chart.chart import ROOT, refusal, template

ARGOCD = ROOT / "manifests/argocd"
PREFIX = "resource.customizations.health.assay.dev_"
CHECKS: dict[str, str] = yaml.safe_load((ARGOCD / "argocd-cm.yaml").read_text())["data"]


def _condition(type_: str, status: str, reason: str = "Why") -> dict[str, str]:
    return {"type": type_, "status": status, "reason": reason}


def _health(kind: str, *conditions: dict[str, str], observed: int = 2) -> str:
    lupa: Any = pytest.importorskip("lupa", reason="pip install lupa to run the health checks")
    runtime = lupa.LuaRuntime(unpack_returned_tuples=True)
    obj: dict[str, Any] = {"metadata": {"generation": 2}}
    if conditions:
        obj["status"] = {"observedGeneration": observed, "conditions": list(conditions)}
    runtime.globals().obj = runtime.table_from(obj, recursive=True)
    health = runtime.execute(CHECKS[f"{PREFIX}{kind}"])
    assert isinstance(health.message, str)
    return str(health.status)


def test_each_kind_has_a_check() -> None:
    assert CHECKS.keys() == {f"{PREFIX}{kind.name}" for kind in KINDS}


@pytest.mark.parametrize("kind", [kind.name for kind in KINDS])
def test_status_must_be_of_this_generation(kind: str) -> None:
    good = [_condition(type_, "True", "Completed") for type_ in ("Ready", "Complete", "Finished")]
    assert _health(kind) == "Progressing"
    assert _health(kind, *good) == "Healthy"
    assert _health(kind, *good, observed=1) == "Progressing"


def test_health_of_definitions() -> None:
    assert _health("Scenario", _condition("Ready", "False", "BlueprintNotReady")) == "Progressing"
    assert _health("Blueprint", _condition("Ready", "False", "Building")) == "Progressing"
    assert _health("Blueprint", _condition("Ready", "False", "BuildFailed")) == "Degraded"


def test_health_of_devboxes() -> None:
    ended = _condition("Ready", "False", "Finished")
    assert _health("Devbox", _condition("Ready", "True")) == "Healthy"
    assert _health("Devbox", _condition("Ready", "False", "ImagePullBackOff")) == "Progressing"
    assert _health("Devbox", ended, _condition("Finished", "True", "Completed")) == "Healthy"
    assert _health("Devbox", ended, _condition("Finished", "True", "OOMKilled")) == "Degraded"
    assert _health("Devbox", _condition("Suspended", "True", "DiskKept")) == "Suspended"


@pytest.mark.parametrize("kind", ["ScenarioRun", "BenchmarkRun"])
def test_health_of_runs(kind: str) -> None:
    assert _health(kind, _condition("Complete", "False")) == "Progressing"
    assert _health(kind, _condition("Complete", "False"), _condition("Failed", "True")) == "Degraded"


@pytest.mark.parametrize("kind", ["ScenarioRun", "BenchmarkRun"])
@pytest.mark.parametrize("is_first", [True, False])
def test_health_of_runs_that_are_or_were_suspended(kind: str, is_first: bool) -> None:
    def health(suspended: str, *others: dict[str, str]) -> str:
        one = _condition("Suspended", suspended)
        return _health(kind, *((one, *others) if is_first else (*others, one)))

    unfinished, failed = _condition("Complete", "False"), _condition("Failed", "True")
    assert health("True", unfinished) == "Suspended"
    assert health("False", unfinished) == "Progressing"
    assert health("True", _condition("Complete", "True")) == "Healthy"
    assert health("True", unfinished, failed) == "Degraded"


def test_application_has_values_that_the_chart_takes() -> None:
    application = yaml.safe_load((ARGOCD / "application.yaml").read_text())
    source = application["spec"]["source"]
    assert (ROOT / source["path"] / "Chart.yaml").exists()
    push = source["helm"]["valuesObject"]["settings"]["registry"]["push"]
    assert template(f"settings.registry.push={push}").returncode == 0
    assert "schema" in refusal("settings.registry.to=x")
