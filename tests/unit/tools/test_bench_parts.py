"""What the bench makes of what the cluster and the kernel say."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from tests.tools import bench, cpu, floor, operator_metrics, phases, sampling

UID, HASH = "91ce6cc5-81ad-4a6f-9d3c-5d6b7ad7b6f1", "464863bdd4b2939a6174ef31140a2237"
STAT = "/proc/{pid}/stat {pid} ({name}) S 1 1 1 0 -1 0 0 0 0 0 {ticks} 20 0"
RUN = {phases.RUN_LABEL: "r"}


def _accounts(file: str, root: str, pod: str, amounts: tuple[str, ...]) -> str:
    names = (
        file,
        f"{root}/{file}",
        pod.format(HASH) + f"/{file}",
        pod.format(UID.replace("-", "_")) + f"/{file}",
    )
    processes = (
        STAT.format(pid=217, name="kubelet", ticks="100 100 20 30"),
        STAT.format(pid=9, name="a (b) c", ticks="7 7 7 7"),
    )
    return "\n".join((*(f"{name} {amount}" for name, amount in zip(names, amounts, strict=True)), *processes))


@pytest.mark.parametrize(
    "text",
    [
        _accounts(
            "cpuacct.usage",
            "kubelet/kubepods",
            "kubelet/kubepods/burstable/pod{}",
            ("10000000000", "6000000000", "1000000000", "500000000"),
        ),
        _accounts(
            "cpu.stat",
            "kubelet.slice/kubelet-kubepods.slice",
            "kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-burstable.slice/kubelet-kubepods-burstable-pod{}.slice",
            ("usage_usec 10000000", "usage_usec 6000000", "usage_usec 1000000", "usage_usec 500000"),
        ),
    ],
    ids=["cgroup v1", "cgroup v2"],
)
def test_what_is_in_no_program_s_account_is_left_over(text: str) -> None:
    assert cpu.parse(text, {HASH: "etcd", UID: "operator"}) == {
        "etcd": 1.0,
        "operator": 0.5,
        "kubelet": 2.0,
        "kubelet's children": 0.5,
        cpu.WORK: 4.5,
        cpu.REST: 1.5,
    }


def test_a_pod_that_has_come_since_is_work() -> None:
    text = _accounts(
        "cpuacct.usage", "kubelet/kubepods", "kubelet/kubepods/pod{}", ("0", "3000000000", "2", "3")
    )
    assert cpu.parse(text, {})[cpu.WORK] == 3.0


def test_pods_are_known_by_their_names_and_static_ones_by_their_hash() -> None:
    static = {
        "namespace": "kube-system",
        "name": "etcd-n",
        "uid": "u1",
        "annotations": {"kubernetes.io/config.hash": HASH},
    }
    others = [
        {"namespace": "assay-system", "name": "assay-operator-x", "uid": "u2"},
        {"namespace": "registry", "name": "registry-x", "uid": "u3"},
    ]
    assert cpu.groups([{"metadata": one} for one in (static, *others)]) == {
        HASH: "etcd",
        "u2": "operator",
        "u3": "other pods of the cluster",
    }


def test_cpu_seconds_are_an_item_s_and_shares_are_of_what_comes_last() -> None:
    rows = cpu.table({"floor": {"etcd": 1.0}, "Assay": {"etcd": 1.0, cpu.REST: 3.0}}, 4)
    assert rows[2:] == [
        f"| {cpu.REST} | 0.000 | 0.750 | 75 % |",
        "| etcd | 0.250 | 0.250 | 25 % |",
        "| all | 0.250 | 1.000 | 100 % |",
    ]


def test_a_run_is_pinned_and_scored_when_its_status_says_so() -> None:
    run: dict[str, Any] = {"kind": "ScenarioRun", "metadata": {"name": "r"}}
    assert phases.reached(run) == ("r", ["run created"])
    run["status"] = {"pinned": {"image": "x"}, "completionTime": "x"}
    assert phases.reached(run) == ("r", ["run created", "pinned", "scored"])


def test_the_marks_of_a_run_s_pod() -> None:
    assert phases.reached({"kind": "Job", "metadata": {"name": "r", "labels": RUN}}) == ("r", ["Job created"])
    pod: dict[str, Any] = {
        "kind": "Pod",
        "metadata": {"name": "r-x", "labels": RUN},
        "spec": {"nodeName": "n"},
    }
    assert phases.reached(pod) == ("r", ["pod created", "pod scheduled"])
    waiting: list[dict[str, Any]] = [{"state": {"waiting": {}}}]
    pod["status"] = {"initContainerStatuses": [{"state": {"running": {}}}], "containerStatuses": waiting}
    assert phases.reached(pod)[1][2:] == ["agent started"]
    pod["status"] = {"initContainerStatuses": [{"state": {"terminated": {}}}], "containerStatuses": waiting}
    assert phases.reached(pod)[1][2:] == ["agent started", "agent ended"]


def test_functions_have_ended_when_all_have() -> None:
    pod: dict[str, Any] = {"kind": "Pod", "metadata": {"name": "r-x", "labels": RUN}}
    pod["status"] = {"containerStatuses": [{"state": {"terminated": {}}}, {"state": {"running": {}}}]}
    assert phases.reached(pod) == ("r", ["pod created", "functions started"])
    pod["status"]["containerStatuses"].pop()
    assert phases.reached(pod)[1][-1] == "functions ended"


@pytest.mark.parametrize(("percent", "expected"), [(50, 2.0), (95, 4.0), (100, 4.0), (1, 1.0)])
def test_percentiles_are_values_that_were_seen(percent: int, expected: float) -> None:
    assert phases.percentile([1.0, 2.0, 3.0, 4.0], percent) == expected


def test_phases_are_of_the_runs_that_were_seen_at_both_ends() -> None:
    rows = phases.table(
        {"1 in flight": [{"run created": 1.0, "pinned": 1.5, "scored": 4.0}, {"run created": 2.0}]}
    )
    assert rows[2] == "| run created → pinned | 0.50 0.50 |"
    assert rows[3] == "| pinned → Job created | - |"
    assert rows[-1] == "| run created → scored | 3.00 3.00 |"


def test_a_floor_s_item_that_fails_is_not_taken_for_done() -> None:
    def pod(**status: Any) -> bool | None:
        return floor.pod_end({"status": status})

    assert pod(phase="Pending") is None
    assert pod(containerStatuses=[{"state": {"running": {}}}]) is None
    assert pod(containerStatuses=[{"state": {"terminated": {"exitCode": 0}}}]) is True
    assert pod(containerStatuses=[{"state": {"terminated": {"exitCode": 1}}}]) is False
    assert pod(phase="Failed", containerStatuses=[{"state": {"waiting": {}}}]) is False
    assert floor.job_end({}) is None
    assert (
        floor.job_end({"status": {"conditions": [{"type": "SuccessCriteriaMet", "status": "True"}]}}) is None
    )
    assert floor.job_end({"status": {"conditions": [{"type": "Complete", "status": "True"}]}}) is True
    assert floor.job_end({"status": {"conditions": [{"type": "Failed", "status": "True"}]}}) is False


def test_requests_are_counted_a_run_and_reads_are_no_writes() -> None:
    def text(creates: int, lists: int) -> str:
        return (
            "# TYPE assay_api_requests counter\n"
            f'assay_api_requests_total{{verb="create",resource="pods",code="201"}} {creates}\n'
            f'assay_api_requests_total{{verb="create",resource="pods",code="409"}} 1\n'
            f'assay_api_requests_total{{verb="list",resource="pods",code="200"}} {lists}\n'
            "# TYPE process_resident_memory_bytes gauge\nprocess_resident_memory_bytes 1024\n"
        )

    before, after = operator_metrics.parse(text(5, 5)), operator_metrics.parse(text(9, 6))
    assert after.memory_bytes == 1024
    assert operator_metrics.table(before, after, 2)[2:] == [
        "| create pods | 2.00 |",
        "| all writes | 2.00 |",
        "| requests of all kinds | 2.50 |",
    ]


def test_samples_of_idle_cpus_do_not_count() -> None:
    counts = Counter({"runc": 3 * sampling.HERTZ, "iptables": sampling.HERTZ, "swapper": 9999})
    assert sampling.table(counts, 2)[2:] == ["| runc | 1.500 | 75 % |", "| iptables | 0.500 | 25 % |"]


def test_ratios_are_ours_by_the_floors() -> None:
    assert bench.row("8 | 1", 20, (20.0, 10.0, 15.0)) == (
        "| 8 | 1 | 20.0 (60.0) | 10.0 (120.0) | 15.0 (80.0) | 0.75 | 1.50 |"
    )
