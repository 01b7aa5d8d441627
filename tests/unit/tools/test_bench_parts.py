"""What the bench makes of what the cluster and the kernel say."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools import cpu, phases


def test_what_is_in_no_program_s_account_is_left_over() -> None:
    text = "total 10000000000\npods 6000000000\netcd pod 1000000000\nkubelet node 2000000000\npython pod 500000000\n"
    assert cpu.parse(text) == {"etcd": 1.0, "kubelet": 2.0, "operator": 0.5, cpu.WORK: 4.5, cpu.REST: 2.0}


def test_shares_are_of_what_was_used_meanwhile() -> None:
    lines = cpu.table({"etcd": 1.0, cpu.REST: 5.0}, {"etcd": 2.0, cpu.REST: 8.0}, 4)
    assert [line.split(maxsplit=3)[:2] for line in lines] == [
        ["0.750", "75"],
        ["0.250", "25"],
        ["1.000", "100"],
    ]


def test_marks_of_a_run_and_of_its_pods() -> None:
    run = {"metadata": {"name": "r"}, "status": {"pinned": {"image": "x"}, "completionTime": "x"}}
    assert phases.of_run(run) == ("r", ["run created", "pinned", "scored"])
    assert phases.of_run({"metadata": {"name": "r"}}) == ("r", ["run created"])
    labels: dict[str, Any] = {phases.RUN_LABEL: "r"}
    pod: dict[str, Any] = {"metadata": {"name": "r", "labels": labels}, "spec": {"nodeName": "n"}}
    ended: dict[str, Any] = {"containerStatuses": [{"state": {"terminated": {}}}]}
    assert phases.of_pod(pod)[1] == ["agent's pod created", "agent's pod scheduled"]
    assert phases.of_pod({**pod, "status": ended})[1][2:] == ["agent started", "agent ended"]
    scorer = {"metadata": {"name": "r-score-x", "labels": labels}, "status": ended}
    assert phases.of_pod(scorer) == ("r", ["functions' pod created", "functions ended"])


@pytest.mark.parametrize(("percent", "expected"), [(50, 2.0), (95, 4.0), (100, 4.0), (1, 1.0)])
def test_percentiles_are_values_that_were_seen(percent: int, expected: float) -> None:
    assert phases.percentile([1.0, 2.0, 3.0, 4.0], percent) == expected


def test_phases_are_those_that_were_seen_at_both_ends() -> None:
    runs = [{"run created": 1.0, "pinned": 1.5, "scored": 4.0}, {"run created": 2.0}]
    assert [line.split("  ")[-1] for line in phases.table(runs)] == [
        "run created → pinned",
        "run created → scored",
    ]
