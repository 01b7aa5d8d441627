"""What the cache keeps of objects: enough for all that read it, in the shape that the API has."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api.conditions import is_finished
from assay.api.scenariorun import ScenarioRun, ScenarioRunStatus
from assay.reconcile.benchmarkrun.child_run import ChildRun
from assay.reconcile.common import pod_view
from assay.reconcile.watch.transforms import TRANSFORMS
from assay.specs import devbox_pod, names, run_content
from tests.unit.reconcile.caches import cache_of, owner
from tests.unit.reconcile.child_runs import child, scored, unscored, with_agent, with_lost
from tests.unit.reconcile.contexts import condition
from tests.unit.reconcile.statuses import STATUSES, pod
from tests.unit.specs.objects import Obj, existing, pinned

PINNED = pinned(problemStatement="p" * 1000).model_dump(by_alias=True, exclude_none=True, mode="json")


def is_part(kept: Any, whole: Any) -> bool:
    """Whether all that is kept stands at the same place of the whole; lists may have lost items."""
    if isinstance(kept, dict) and isinstance(whole, dict):
        return all(key in whole and is_part(value, whole[key]) for key, value in kept.items())
    if isinstance(kept, list) and isinstance(whole, list):
        return all(any(is_part(one, other) for other in whole) for one in kept)
    return bool(kept == whole)


@pytest.mark.parametrize("which", STATUSES)
def test_a_trimmed_pod_looks_the_same(which: str) -> None:
    whole = pod(which)
    whole["spec"]["containers"] = [{"name": "devbox", "env": [{"name": "SECRET", "value": "x" * 1000}]}]
    whole["metadata"]["annotations"] = {f"{names.FILES}/problem.md": "x" * 1000}
    trimmed = TRANSFORMS["Pod"](whole)
    one, other = pod_view.view(whole, "devbox"), pod_view.view(trimmed, "devbox")
    for field in ("deleting", "node", "started_at", "terminated", "ended", "trouble", "killed_by"):
        assert getattr(one, field) == getattr(other, field), field
    assert "x" * 1000 not in str(trimmed)
    assert is_part(trimmed, whole)


def test_a_trimmed_pod_still_says_why_its_disk_is_mounted_so() -> None:
    whole = pod("running")
    whole["metadata"]["annotations"] = {names.ROOT_FILESYSTEM_REASON: "asked for", "other": "x"}
    trimmed = TRANSFORMS["Pod"](whole)
    assert trimmed["metadata"]["annotations"] == {names.ROOT_FILESYSTEM_REASON: "asked for"}
    assert devbox_pod.mount_of(trimmed).reason == "asked for"


ENDED = [
    scored("passed", 1.0, True),
    scored("failed", 0.25),
    unscored("lost", "PodLost"),
    with_agent(scored("no-program", 0.0), "Error", 127),
    with_agent(unscored("killed", "OOMKilled"), "OOMKilled", 137),
    with_lost(scored("begun-anew", 1.0, True), 2),
]


def as_written(run: Obj) -> Obj:
    """With all that the status of a run that has ended holds."""
    status = dict(run["status"])
    noise = {**condition("AgentFinished", "True", "Completed"), "message": "m" * 100}
    status["conditions"] = [noise, *status["conditions"]]
    status["pinned"] = PINNED
    status["scores"] = [{"name": "tests", "weight": 1, "state": "Complete", "message": "m" * 1000}]
    return {**run, "status": status}


of_each_end = pytest.mark.parametrize(
    "run", [as_written(one) for one in ENDED], ids=[one["metadata"]["name"] for one in ENDED]
)


@of_each_end
def test_a_trimmed_run_counts_the_same_and_is_small(run: Obj) -> None:
    run = {**run, "status": {**run["status"], "restarts": 2}}
    trimmed = TRANSFORMS["ScenarioRun"](run)
    assert len(str(trimmed)) < 1500
    assert "m" * 1000 not in str(trimmed)
    assert ChildRun.of(trimmed, "s", 1) == ChildRun.of(run, "s", 1)


def test_runs_of_equal_content_share_the_text_of_its_hash() -> None:
    """There may be tens of thousands of them."""
    one, other = (
        TRANSFORMS["ScenarioRun"](child("r", phase="Failed", pinned={"contentHash": "".join(["ab", "cd"])}))
        for _ in range(2)
    )
    assert one["status"]["pinned"]["contentHash"] is other["status"]["pinned"]["contentHash"]


@of_each_end
def test_a_trimmed_run_can_be_parsed_and_has_ended(run: Obj) -> None:
    parsed = ScenarioRun.parse(TRANSFORMS["ScenarioRun"](run))
    assert is_finished(parsed.status.conditions)
    assert parsed.status.score == run["status"].get("score")
    assert parsed.status.pinned is None


@pytest.mark.parametrize("owners", [[], owner("Scenario", "fix-it")], ids=["a run", "a validation run"])
@pytest.mark.parametrize("status", [{}, {"diskSnapshot": "kept"}], ids=["no disk", "a disk"])
@of_each_end
def test_a_trimmed_run_is_a_part_of_the_run(run: Obj, status: Obj, owners: list[Obj]) -> None:
    metadata = {**run["metadata"], "ownerReferences": owners}
    run = {**run, "metadata": metadata, "status": {**run["status"], **status}}
    trimmed = TRANSFORMS["ScenarioRun"](run)
    assert is_part(trimmed, run_content.marked(run) if owners else run)
    is_read = bool(status or owners)  # by a re-score, or by the scenario
    assert ("scores" in trimmed["status"]) == (is_read and "scores" in run["status"])


def test_of_what_a_validation_run_pinned_the_hash_is_kept() -> None:
    failed = {**condition("Failed", "True", "ReferenceNotApplied"), "message": "hunk 3 failed"}
    run = child("r", phase="Failed", conditions=[failed], pinned=PINNED)
    run["metadata"]["ownerReferences"] = owner("Scenario", "fix-it")
    trimmed = TRANSFORMS["ScenarioRun"](run)
    assert trimmed["status"]["pinned"] == {"contentHash": "abc"}
    assert trimmed["status"]["conditions"][0]["message"] == "hunk 3 failed"
    assert ScenarioRun.parse(trimmed).status.pinned is None
    del run["status"]["pinned"]
    assert "pinned" not in TRANSFORMS["ScenarioRun"](run)["status"]


def test_only_a_trimmed_pinned_is_read_as_absent() -> None:
    assert ScenarioRunStatus.model_validate({"pinned": PINNED}).pinned == pinned(problemStatement="p" * 1000)
    with pytest.raises(ValueError, match="pinned"):
        ScenarioRunStatus.model_validate({"pinned": {"contentHash": "abc", "scenarioGeneration": 1}})


@pytest.mark.parametrize("phase", [None, "Pending", "Running", "Scoring"])
def test_a_run_under_way_is_kept_whole(phase: str | None) -> None:
    run = child("r", phase=phase, pinned=PINNED) if phase else child("r")
    assert TRANSFORMS["ScenarioRun"](run) == run


@pytest.mark.parametrize(
    "changes",
    [{"data": {"file": "y" * 1000}}, {"data": {"other": "x" * 1000}}, {"binaryData": {"b": "eA=="}}],
)
def test_the_files_of_a_context_are_not_kept_but_a_change_is_seen(changes: Obj) -> None:
    config_map = {**existing("ConfigMap", "source"), "apiVersion": "v1", "data": {"file": "x" * 1000}}
    cache = cache_of(config_map)
    kept = cache.get("ConfigMap", "team", "source")
    assert kept is not None
    assert kept.keys() <= {"apiVersion", "kind", "metadata", "data"}
    assert kept["data"].keys() == {"file"}
    assert "x" * 1000 not in str(kept)

    def newer(version: str) -> Obj:
        return {**config_map, "metadata": {**config_map["metadata"], "resourceVersion": version}}

    assert not cache.put("ConfigMap", newer("8")), "no file has changed"
    assert cache.put("ConfigMap", {**newer("9"), **changes})
    assert not cache.put("ConfigMap", {**newer("9"), **changes})


def test_other_kinds_are_trimmed_to_a_part() -> None:
    annotations = {names.DISK: "{}", names.CONTENT_HASH: "abc", "other": "x"}
    for kind in ("Node", "NetworkPolicy", "VolumeSnapshot", "Job"):
        whole = existing(
            kind, "x", spec={"taints": [], "podSelector": {}}, status={"nodeInfo": {"os": "linux"}}
        )
        whole["metadata"]["annotations"] = annotations
        trimmed = TRANSFORMS[kind](whole)
        assert is_part(trimmed, whole)
        assert "other" not in trimmed["metadata"].get("annotations", {})


@pytest.mark.parametrize("kind", TRANSFORMS)
def test_what_is_kept_can_be_deleted_and_patched(kind: str) -> None:
    """uid and resourceVersion are the preconditions of every write."""
    run = as_written(ENDED[0]) if kind == "ScenarioRun" else existing(kind, "x", status={}, spec={})
    kept = TRANSFORMS[kind]({**run, "kind": kind})
    assert {"name", "namespace", "uid", "resourceVersion"} <= kept["metadata"].keys()
    assert {"apiVersion", "kind"} <= kept.keys()


@pytest.mark.parametrize(
    ("kind", "api_version", "owner", "is_child"),
    [
        ("ScenarioRun", "assay.dev/v1alpha1", "BenchmarkRun", True),
        ("ScenarioRun", "assay.dev/v1", "BenchmarkRun", True),
        ("ScenarioRun", "example.test/v1", "BenchmarkRun", False),
        ("ScenarioRun", "ASSAY.DEV/v1alpha1", "BenchmarkRun", False),
        ("Devbox", "v1", "ConfigMap", False),
        ("Devbox", "batch/v1", "Job", False),
        ("DiskSnapshot", "not-assay.dev/v1", "ScenarioRun", False),
        ("VolumeSnapshot", "example.test/v1", "DiskSnapshot", False),
        ("Job", "batch/v1", "CronJob", False),
        ("Job", "assay.dev/v1alpha1", "Devbox", True),
        ("Pod", "batch/v1", "Job", True),
        ("Pod", "apps/v1", "ReplicaSet", False),
    ],
)
def test_a_uid_beside_another_kind_makes_no_child(
    kind: str, api_version: str, owner: str, is_child: bool
) -> None:
    reference = {"apiVersion": api_version, "kind": owner, "name": "o", "uid": "u", "controller": True}
    other = {**reference, "controller": False}
    child = existing(kind, "x", owner_references=[other, reference], spec={}, status={})
    found = cache_of(child).children(kind, "u")
    assert bool(found) == is_child
    assert child["metadata"]["ownerReferences"] == [other, reference], "what was observed is not changed"
