"""Classes of nodes, and what the results of their probes mean."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from assay.reconcile.nodes import node_classes, node_probe
from assay.reconcile.nodes.node_probe import Probing
from assay.reconcile.nodes.probe_results import ProbeResult
from tests.unit.reconcile.nodes.nodes import INFO, TAINT, node


def test_equal_nodes_are_one_class() -> None:
    found = node_classes.classes([node("b"), node("a"), node("c", kernelVersion="5.4")])
    assert {one.kernel: hosts for one, hosts in found.items()} == {
        "6.12": ["host-a", "host-b"],
        "5.4": ["host-c"],
    }
    assert len({one.hash for one in found}) == 2


@pytest.mark.parametrize("field", INFO)
def test_whatever_decides_over_mounts_makes_another_class(field: str) -> None:
    other: dict[str, Any] = {field: "other"}
    assert len(node_classes.classes([node("a"), node("b", **other)])) == 2


def test_where_no_pod_comes_is_not_asked() -> None:
    master = node("master", {"taints": [TAINT]}, kernelVersion="5.4")
    cordoned = node("old", {"unschedulable": True}, kernelVersion="5.4")
    preferred = node("soft", {"taints": [{"key": "x", "effect": "PreferNoSchedule"}]})
    assert [one.kernel for one in node_classes.classes([master, cordoned, preferred])] == ["6.12"]
    assert [one.kernel for one in node_classes.classes([master, cordoned])] == ["5.4"], "all are tainted"
    assert node_classes.classes([cordoned]) == {}


PROBED = datetime(2026, 1, 2, 10, tzinfo=UTC)


def test_one_class_that_cannot_decides_for_all() -> None:
    classes = node_classes.classes([node("a"), node("b", kernelVersion="5.4")])
    good = {one.hash: ProbeResult("", PROBED) for one in classes}
    assert node_probe.verdict(classes, good).root_filesystem == "Overlay"
    old = next(one for one in classes if one.kernel == "5.4")
    bad = ProbeResult("assay-boot: no userxattr " + "x" * 2000, PROBED)
    mount = node_probe.verdict(classes, {**good, old.hash: bad})
    assert mount.root_filesystem == "Copy"
    assert "kernel 5.4" in mount.reason
    assert "no userxattr" in mount.reason
    assert len(mount.reason) <= 1024, "the limit of the status"


def test_without_nodes_nothing_speaks_against_overlays() -> None:
    assert node_probe.verdict({}, {}).root_filesystem == "Overlay"


def test_a_success_counts_for_ever_and_a_failure_for_an_hour() -> None:
    for hours, counts in ((0.9, True), (1.0, False)):
        now = PROBED + timedelta(hours=hours)
        assert ProbeResult("no", PROBED).is_current(now) is counts
        assert ProbeResult("", PROBED).is_current(now)


@pytest.mark.parametrize("error", ["", "cannot mount"])
def test_a_result_is_read_as_it_was_written(error: str) -> None:
    [node_class] = node_classes.classes([node("a")])
    result = ProbeResult(error, PROBED)
    text = result.dump(node_class)
    assert ProbeResult.parse(text) == result
    assert json.loads(text)["kernelVersion"] == "6.12"


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "null", '{"overlay": true}', '{"overlay": false, "error": "", "probedAt": "now"}'],
)
def test_what_we_did_not_write_is_no_result(text: str) -> None:
    assert ProbeResult.parse(text) is None


def test_probes_that_ended_go_before_another_one_is_created() -> None:
    create, wait, done = Probing(60.0, create={"kind": "Pod"}), Probing(5.0), Probing(0.0, delete=[{}])
    assert node_probe.together([wait, create]) == Probing(5.0, create={"kind": "Pod"})
    assert node_probe.together([wait, create, done]) == done
    assert node_probe.together([wait]) == wait
