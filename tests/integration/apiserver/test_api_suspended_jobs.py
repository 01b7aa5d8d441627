"""What the Job controller says of a Job that something suspends: the operator reads it as waiting in a queue."""

from __future__ import annotations

from assay.api.unparsed import holds
from assay.kube.resources import JOBS, PODS
from assay.reconcile.scenariorun.scorer_jobs import ScorerJob
from tests.integration.apiserver.either import an_object
from tests.integration.apiserver.realapi import RealApi
from tests.integration.fakecollection import Json


def job(api: RealApi) -> Json:
    found = api.get(JOBS, "ns", "a")
    assert found is not None
    return found


def suspend(api: RealApi, value: bool) -> None:
    api.patch(JOBS, "ns", "a", {"spec": {"suspend": value}})


def test_a_job_is_suspended_by_its_condition_and_its_time_begins_when_it_is_resumed(
    api_with_jobs: RealApi,
) -> None:
    api = api_with_jobs
    made = an_object(JOBS)
    made["spec"]["suspend"] = True
    api.create(made)
    api.wait(lambda: ScorerJob(job(api)).is_suspended)
    assert "startTime" not in job(api)["status"]
    assert api.all(PODS, "ns") == []
    suspend(api, False)
    api.wait(lambda: not ScorerJob(job(api)).is_suspended and api.all(PODS, "ns"))
    begun = job(api)["status"]["startTime"]
    assert begun
    suspend(api, True)
    api.wait(lambda: ScorerJob(job(api)).is_suspended)
    assert "startTime" not in job(api)["status"], "it begins anew"
    assert not holds(job(api), "Failed")
    assert all(one["metadata"].get("deletionTimestamp") for one in api.all(PODS, "ns"))
