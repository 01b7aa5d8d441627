"""CPU time of the node by program, from the kernel's own accounts: short-lived processes count, too.

Programs that live in pods are read from their cgroups, others from the scheduler's statistics of their threads. What is
left of the pods are the containers of the work itself; what is left of the node is runc, the shims and other programs
that live shortly.
"""

from __future__ import annotations

import subprocess
from collections.abc import Mapping

NODE = "assay-control-plane"
PROGRAMS = {
    "kube-apiserver": "API server",
    "etcd": "etcd",
    "kubelet": "kubelet",
    "containerd": "containerd",
    "kube-scheduler": "scheduler, controllers",
    "kube-controller": "scheduler, controllers",
    "kube-router": "network",
    "kube-proxy": "network",
    "coredns": "network",
    "hostpathplugin": "CSI driver",
    "csi-provisioner": "CSI driver",
    "csi-snapshotter": "CSI driver",
    "csi-node-driver": "CSI driver",
    "snapshot-contro": "CSI driver",
    "python": "operator",
}
WORK, REST = "pods of the runs", "runc, shims and the rest"
# Lines `total NS`, `pods NS`, and `COMM pod|node NS` for each program that lives.
SCRIPT = r"""
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  usage() { awk '$1 == "usage_usec" { print $2 "000" }' "/sys/fs/cgroup$1/cpu.stat"; }
  path_of() { sed -n 's/^0:://p' "/proc/$1/cgroup"; }
else
  usage() { cat "/sys/fs/cgroup/cpuacct$1/cpuacct.usage"; }
  path_of() { sed -n 's/^[0-9]*:\(.*,\)*cpuacct\(,.*\)*:\//\//p' "/proc/$1/cgroup"; }
fi
echo "total $(usage /)"
for pods in /kubelet/kubepods /kubelet.slice/kubelet-kubepods.slice; do
  ns=$(usage $pods 2>/dev/null) && [ "${ns:-0}" -gt 0 ] && echo "pods $ns"
done
for dir in /proc/[0-9]*; do
  comm=$(cat "$dir/comm" 2>/dev/null) || continue
  case " $WANTED " in *" $comm "*) ;; *) continue ;; esac
  path=$(path_of "${dir#/proc/}")
  case $path in
    *kubepods*) echo "$comm pod $(usage "$path")" ;;
    *) echo "$comm node $(cat "$dir"/task/*/schedstat | awk '{ ns += $1 } END { printf "%.0f", ns }')" ;;
  esac
done
"""


def look() -> dict[str, float]:
    """CPU seconds since the node began, by group of programs."""
    wanted = " ".join(PROGRAMS)
    command = ["docker", "exec", "-e", f"WANTED={wanted}", NODE, "sh", "-c", SCRIPT]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return parse(done.stdout)


def parse(text: str) -> dict[str, float]:
    """The groups in the script's lines; what is in none is in one of the two remainders."""
    found: dict[str, float] = {}
    total = pods = 0.0
    for line in text.splitlines():
        name, *where, nanoseconds = line.split()
        seconds = int(nanoseconds) / 1e9
        if name == "total":
            total += seconds
        elif name == "pods":
            pods += seconds
        else:
            group = PROGRAMS[name]
            found[group] = found.get(group, 0.0) + seconds
            total -= seconds
            pods -= seconds if where == ["pod"] else 0.0
    return {**found, WORK: pods, REST: total - pods}


def table(before: Mapping[str, float], after: Mapping[str, float], runs: int) -> list[str]:
    """A line for each group: seconds a run and the share of all, the largest first."""
    used = {group: max(0.0, after[group] - before.get(group, 0.0)) for group in after}
    whole = sum(used.values()) or 1.0
    ordered = sorted(used.items(), key=lambda item: -item[1])
    lines = [
        f"  {seconds / runs:6.3f}  {100 * seconds / whole:3.0f} %  {group}" for group, seconds in ordered
    ]
    return [*lines, f"  {whole / runs:6.3f}  100 %  in all ({runs} runs)"]
