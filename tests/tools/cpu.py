"""CPU time of the node by program, from the kernel's own accounts: short-lived processes count, too.

Pods are read from their cgroups. Those that are there before the measurement are known by name; what is left of all
pods is the work itself. kubelet and containerd are read from /proc/PID/stat, which also counts threads that have ended,
and children that were waited for. What is left of the node are shims, runc and systemd.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from .kube import get

NODE = "assay-control-plane"
TICKS_A_SECOND = 100  # of the kernel's interface, whatever its own clock
# By the first of these that the pod's namespace/name begins with.
PODS = {
    "kube-system/kube-apiserver": "API server",
    "kube-system/etcd": "etcd",
    "kube-system/kube-scheduler": "scheduler, controllers",
    "kube-system/kube-controller": "scheduler, controllers",
    "kube-system/": "network",
    "assay-system/": "operator",
    "csi/": "CSI drivers",
    "": "other pods of the cluster",
}
# (itself, its children): of containerd these are network plugins with iptables, and the starts of shims.
DAEMONS = {
    "kubelet": ("kubelet", "kubelet's children"),
    "containerd": ("containerd", "containerd's children: network plugins, shim starts"),
}
WORK, REST = "pods of the runs", "shims, runc and the rest of the node"
# Prints `FILE LINE` for the account of each cgroup and each process, in one process of its own.
SCRIPT = r"""
cd /sys/fs/cgroup
if [ -e cgroup.controllers ]; then file=cpu.stat; else cd cpuacct; file=cpuacct.usage; fi
pods="kubelet/kubepods kubelet.slice/kubelet-kubepods.slice"
set -- $file
for dir in $pods; do set -- "$@" $dir/$file $dir/*pod[0-9a-f]*/$file $dir/*/*pod[0-9a-f]*/$file; done
exec awk 'BEGIN { for (i = 1; i < ARGC; i++) if ((getline line < ARGV[i]) > 0) print ARGV[i], line }' \
  "$@" /proc/[0-9]*/stat
"""
Usage = dict[str, float]
"""CPU seconds by group of programs."""


@dataclass
class Meter:
    """Adds up the CPU time of the node during what is measured."""

    pods: Mapping[str, str]
    """Pod's id in cgroups → group."""
    used: dict[str, Usage] = field(default_factory=dict)

    @contextmanager
    def on(self, what: str) -> Iterator[None]:
        """Count the time of the block for `what`."""
        before = self._look()
        yield
        after, total = self._look(), self.used.setdefault(what, {})
        for group, seconds in after.items():
            # A pod that has been started anew begins at nothing.
            total[group] = total.get(group, 0.0) + max(0.0, seconds - before.get(group, 0.0))

    def _look(self) -> Usage:
        command = ["docker", "exec", NODE, "sh", "-c", SCRIPT]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        return parse(done.stdout, self.pods)


def lasting_pods() -> dict[str, str]:
    """The pods that are there now, as Meter wants them."""
    return groups(get("default", "pods", "--all-namespaces"))


def groups(pods: list[dict[str, Any]]) -> dict[str, str]:
    """A static pod's cgroup has the hash of its manifest, all others the uid."""
    found = {}
    for pod in pods:
        metadata = pod["metadata"]
        uid = metadata.get("annotations", {}).get("kubernetes.io/config.hash", metadata["uid"])
        name = f"{metadata['namespace']}/{metadata['name']}"
        found[uid] = next(group for prefix, group in PODS.items() if name.startswith(prefix))
    return found


def parse(text: str, pods: Mapping[str, str]) -> Usage:
    """The groups in the script's lines; what is in none is in one of the two remainders."""
    found: Usage = {}

    def add(group: str, seconds: float) -> float:
        found[group] = found.get(group, 0.0) + seconds
        return seconds

    node = all_pods = 0.0
    for line in text.splitlines():
        path, account = line.split(maxsplit=1)
        if path.startswith("/proc/"):
            program, _, rest = account.partition(" (")[2].rpartition(") ")
            # Fields 14 to 17: of itself in user and kernel mode, of waited children in both.
            ticks = [int(one) for one in rest.split()[11:15]]
            if program in DAEMONS:
                own, children = DAEMONS[program]
                node -= add(own, sum(ticks[:2]) / TICKS_A_SECOND) + add(
                    children, sum(ticks[2:]) / TICKS_A_SECOND
                )
            continue
        seconds = _seconds(account)
        if uid := re.search(r"pod([0-9a-f_-]{32,36})(\.slice)?/", path):
            if group := pods.get(uid[1].replace("_", "-")):
                all_pods -= add(group, seconds)
        elif "kubepods" in path:
            all_pods += seconds
            node -= seconds
        else:
            node += seconds
    return {**found, WORK: all_pods, REST: node}


def _seconds(account: str) -> float:
    """cgroup v1 has nanoseconds, v2 `usage_usec` with microseconds."""
    *microseconds, value = account.split()
    return int(value) / (1e6 if microseconds else 1e9)


def table(used: Mapping[str, Usage], items: int) -> list[str]:
    """Markdown: a row for each group; seconds an item of each that was measured, and the share of the last one's."""
    *_, last = used.values()
    totals = {what: sum(usage.values()) for what, usage in used.items()}
    rows = [f"| CPU seconds an item | {' | '.join(used)} | share |", "|---" + "|---:" * (len(used) + 1) + "|"]
    for group in sorted(last, key=lambda group: -last[group]):
        cells = " | ".join(f"{usage.get(group, 0.0) / items:.3f}" for usage in used.values())
        rows.append(f"| {group} | {cells} | {100 * last[group] / (sum(last.values()) or 1.0):.0f} % |")
    cells = " | ".join(f"{total / items:.3f}" for total in totals.values())
    return [*rows, f"| all | {cells} | 100 % |"]
