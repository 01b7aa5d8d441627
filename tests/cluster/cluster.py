"""The kind cluster: reused when healthy, started again when stopped, created when absent."""

from __future__ import annotations

import fcntl
import json
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from . import addons, control_plane, engine, images, node, pins, tools
from .cache import cache_root, clear_scratch, scratch
from .console import ClusterError, Step, capture, say, step, succeeds
from .source import Source, choose

READY_SECONDS = 240
# Written on the node when creation is complete, so that one cut short is recognised and made again.
_STAMP = "/kind/assay-created"
# Where the host has DMI data kind mounts over it, and the kernel then refuses a fresh sysfs to user namespaces.
_DMI = (
    "/sys/class/dmi/id/product_name",
    "/sys/class/dmi/id/product_uuid",
    "/sys/devices/virtual/dmi/id/product_uuid",
)


def name() -> str:
    """The cluster's name."""
    return os.environ.get("ASSAY_CLUSTER_NAME") or pins.CLUSTER_NAME


def node_name() -> str:
    """The node's name, also that of its container."""
    return f"{name()}-control-plane"


def kubeconfig_path() -> Path:
    """The cluster's own kubeconfig; the user's default one is never touched."""
    suffix = "" if name() == pins.CLUSTER_NAME else f"-{name()}"
    return cache_root() / f"kubeconfig{suffix}"


def run_kubectl(*arguments: str, stdin: str | None = None) -> str:
    """Run kubectl against the cluster and return what it prints."""
    command = ["kubectl", "--kubeconfig", str(kubeconfig_path()), *arguments]
    env = {**os.environ, "PATH": tools.search_path()}
    result = subprocess.run(command, input=stdin, capture_output=True, text=True, env=env)
    if result.returncode:
        raise ClusterError(f"kubectl {' '.join(arguments)}: {result.stderr.strip()}")
    return result.stdout


def ensure() -> None:
    """Have the cluster up and ready."""
    os.environ["PATH"] = tools.search_path()
    begin = time.monotonic()
    with _lock():
        clear_scratch()
        engine.ensure()
        tools.ensure("kind", "kubectl")
        source = _stamp()
        if source is None:
            _remove_half_made()
            source = _create()
        elif _state() != "running":
            with step("start the node"):
                capture("docker", "start", node_name())
        _free_sysfs()
        if not kubeconfig_path().exists() or not ready():
            capture("kind", "export", "kubeconfig", "--name", name(), "--kubeconfig", kubeconfig_path())
            with step("wait for the API server", "about 15 s") as current:
                _wait(current, _answers)
        # Before waiting for what runs: it may be what this checkout mends.
        if not addons.current(source, run_kubectl):
            if source is Source.REGISTRIES:
                node.load_missing_images(node_name(), addons.image_names(source))
            addons.apply(source, run_kubectl)
            addons.wait_for_rollouts(run_kubectl)
        if not ready():
            with step("wait until everything is ready", "about 40 s") as current:
                _wait(current, ready)
        if source is Source.REGISTRIES:
            images.load_base_images()
        control_plane.ensure(source)
        tools.ensure("helm")
    say(
        f"cluster {name()} is ready ({source}, {time.monotonic() - begin:.1f} s); kubeconfig {kubeconfig_path()}"
    )


def source() -> Source:
    """Where the images of the cluster that is there come from."""
    os.environ["PATH"] = tools.search_path()
    if (found := _stamp()) is None:
        raise ClusterError(f"there is no complete cluster {name()}: make cluster")
    return found


def delete() -> None:
    """Delete the cluster; the cache and the engine stay."""
    os.environ["PATH"] = tools.search_path()
    with _lock():
        if engine.running() and _state():
            with step("delete the cluster"):
                capture("docker", "rm", "--force", "--volumes", node_name(), timeout=180)
        kubeconfig_path().unlink(missing_ok=True)


def status() -> str:
    """One word on the cluster: ``absent``, ``stopped``, ``starting`` or ``ready``."""
    os.environ["PATH"] = tools.search_path()
    state = _state() if engine.running() else "stopped"
    if state != "running":
        return "stopped" if state else "absent"
    return "ready" if ready() else "starting"


def ready() -> bool:
    """Whether every pod of the cluster's own namespaces runs, and has been started since the node was."""
    try:
        pods = json.loads(
            run_kubectl("get", "pods", "--all-namespaces", "--output=json", "--request-timeout=5s")
        )
    except ClusterError:
        return False
    since = _node_started()
    found = [pod for pod in pods["items"] if pod["metadata"]["namespace"] in addons.NAMESPACES]
    present = {pod["metadata"]["namespace"] for pod in found}
    return present == set(addons.NAMESPACES) and all(_pod_ready(pod, since) for pod in found)


def _pod_ready(pod: dict[str, Any], since: datetime) -> bool:
    containers = pod["status"].get("containerStatuses", [])
    # A killed node's pods are reported ready until the kubelet is back: only a start after the node's counts.
    starts = [c["state"].get("running", {}).get("startedAt") for c in containers if c["ready"]]
    fresh = all(start and datetime.fromisoformat(start) >= since for start in starts)
    return len(starts) == len(pod["spec"]["containers"]) and fresh


def _node_started() -> datetime:
    started = capture("docker", "inspect", "--format", "{{.State.StartedAt}}", node_name()).strip()
    return datetime.fromisoformat(started[:19] + "+00:00")


def _state() -> str:
    """The state of the node's container, empty if there is none."""
    return capture("docker", "inspect", "--format", "{{.State.Status}}", node_name(), check=False).strip()


def _stamp() -> Source | None:
    """The source of the cluster that exists; nothing if there is none, or only a half-made one."""
    with scratch() as folder:
        # Copied, for that works on a stopped node too.
        if succeeds("docker", "cp", f"{node_name()}:{_STAMP}", folder / "stamp"):
            return Source((folder / "stamp").read_text().strip())
    return None


def _remove_half_made() -> None:
    if _state():
        say("  the cluster was not completed: making it again")
        capture("docker", "rm", "--force", "--volumes", node_name(), timeout=180)


def _create() -> Source:
    source = choose()
    say(f"creating cluster {name()} (images from: {source})")
    if source is Source.REGISTRIES:
        node.ensure_image()
    # helm takes a minute to compile the first time, creating a cluster is mostly waiting.
    with ThreadPoolExecutor() as pool:
        helm = pool.submit(tools.ensure, "helm")
        with step("create the kind cluster", "about 30 s") as current, scratch() as folder:
            config = folder / "kind.json"
            config.write_text(json.dumps(kind_config(source)))
            options = ["--name", name(), "--config", str(config), "--kubeconfig", str(kubeconfig_path())]
            current.run("kind", "create", "cluster", *options)
        _free_sysfs()
        addons.apply(source, run_kubectl)
        with step("wait until everything is ready", "about 20 s") as current:
            _wait(current, ready)
        if source is Source.REGISTRIES:
            addons.push_base_images(node_name())
        helm.result()
    capture("docker", "exec", node_name(), "sh", "-c", f"echo {source} > {_STAMP}")
    return source


def kind_config(source: Source) -> dict[str, Any]:
    """kind's configuration for this machine."""
    kubelet: dict[str, Any] = {
        "kind": "KubeletConfiguration",
        "serializeImagePulls": False,
        "podPidsLimit": 4096,  # a devbox that forks for ever meets it, whatever users it becomes
    }
    if engine.cgroup_version() == 1:
        kubelet |= {"failCgroupV1": False, "cgroupDriver": "cgroupfs"}
    only: dict[str, Any] = {"role": "control-plane", "kubeadmConfigPatches": [json.dumps(kubelet)]}
    config: dict[str, Any] = {"kind": "Cluster", "apiVersion": "kind.x-k8s.io/v1alpha4", "nodes": [only]}
    if engine.lacks_sys_resource():
        config["featureGates"] = {"KubeletInUserNamespace": True}
    if source is Source.REGISTRIES:
        only["image"] = pins.NODE_IMAGE.removeprefix("docker.io/")
        config["networking"] = {"disableDefaultCNI": True}
    elif engine.cgroup_version() == 1:
        runc = 'plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options'
        config["containerdConfigPatches"] = [f"[{runc}]\nSystemdCgroup = false\n"]
    return config


def _answers() -> bool:
    """Whether the API server serves."""
    try:
        return run_kubectl("get", "--raw=/readyz", "--request-timeout=5s") == "ok"
    except ClusterError:
        return False


def _wait(current: Step, done: Callable[[], bool]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while not done():
        if time.monotonic() > deadline:
            for arguments in (
                ("get", "pods", "-A", "-o", "wide"),
                ("get", "events", "-A", "--sort-by=.lastTimestamp"),
            ):
                try:
                    current.note(run_kubectl(*arguments))
                except ClusterError as error:
                    current.note(str(error))
            raise current.fail(f"not ready after {READY_SECONDS} s")
        time.sleep(0.5)


def _free_sysfs() -> None:
    umount = "; ".join(f"umount {path} 2>/dev/null" for path in _DMI)
    capture("docker", "exec", node_name(), "sh", "-c", f"{umount}; true")


@contextmanager
def _lock() -> Iterator[None]:
    """One command at a time changes the cluster."""
    cache_root().mkdir(parents=True, exist_ok=True)
    with (cache_root() / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another command on the cluster")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
