"""What disks cost, in one invocation: `python -m tests.tools.diskbench`.

Prints times of snapshot, restore, suspend, resume and re-score, and sizes beside the image's. It judges nothing.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from tests.e2e import disks, objects

from .kube import apply, condition, create_namespace, get, kubectl, run, wait

NAMESPACE = "assay-diskbench"
RUNS = 20
DELTA_MB = 20


def main() -> None:
    """Measure a devbox by hand, then a benchmark of runs that is scored again."""
    create_namespace(NAMESPACE)
    try:
        _devbox()
        _rescore()
    finally:
        kubectl("delete", "namespace", NAMESPACE, "--wait=false")


def _devbox() -> None:
    image = objects.python_image()
    _say("plain pod, created → ready", _timed(lambda: _plain_pod(image)))
    box = disks.devbox("box", image=image)
    _say("devbox, created → ready", _timed(lambda: _ready(box)))
    write = f"dd if=/dev/urandom of=/delta bs=1M count={DELTA_MB} status=none; rm -rf /usr/share/doc"
    disks.bash(NAMESPACE, "box", write)
    before = disks.python(NAMESPACE, "box", disks.MANIFEST)
    _say(f"snapshot of {DELTA_MB} MB", _timed(lambda: _ready(disks.snapshot("frozen", "box"))))
    restored = disks.devbox("restored", diskSnapshotRef={"name": "frozen"})
    _say("devbox from it, created → ready", _timed(lambda: _ready(restored)))
    after = disks.python(NAMESPACE, "restored", disks.MANIFEST)
    differing = set(before.splitlines()) ^ set(after.splitlines())
    print(f"manifest of the whole tree: {len(before.splitlines())} entries, {len(differing)} lines differ")
    _say("suspend", _timed(lambda: _mode("box", "Suspended", "Suspended")))
    _say("resume", _timed(lambda: _mode("box", "Running", "Ready")))
    kept = get(NAMESPACE, "disksnapshot", "frozen")["status"]
    content = get(NAMESPACE, "volumesnapshot", "frozen")["status"]["boundVolumeSnapshotContentName"]
    print(f"image: {_image_bytes(kept['image']['reference']) / 1e6:.1f} MB unpacked on the node")
    print(f"snapshot: restoreSize {kept['restoreSize']}, content {content}, {_stored(content)}")


def _rescore() -> None:
    score = objects.command("answer", "grep", "-qx", "42", "/answer")
    names = [f"s{number:02}" for number in range(RUNS)]
    apply(NAMESPACE, *(objects.scenario(name, score) for name in names))
    apply(NAMESPACE, objects.obj("Benchmark", "all", {"scenarios": [{"name": name} for name in names]}))
    spec = {"benchmarkRef": {"name": "all"}, "agent": objects.shell("echo 42 > /answer")}
    _say(f"{RUNS} runs", _timed(lambda: _run("plain", spec)))
    kept = {**spec, "template": {"snapshotPolicy": "Always"}}
    _say(f"{RUNS} runs that keep their disks", _timed(lambda: _run("kept", kept)))
    kubectl(
        *("wait", "-n", NAMESPACE, "--for=condition=DiskKept", "scenarioruns", "--timeout=300s"),
        *("-l", "assay.dev/benchmark-run=kept"),
    )
    _say(
        f"re-score of {RUNS} runs",
        _timed(lambda: _run("again", {"rescore": {"benchmarkRunRef": {"name": "kept"}}})),
    )
    previous_score = get(NAMESPACE, "benchmarkrun", "again")["status"]
    print(f"re-scored: score {previous_score['score']}, was {previous_score['previousScore']['score']}")


def _plain_pod(image: str) -> None:
    container = {"name": "main", "image": image, "command": ["sleep", "600"]}
    spec = {"containers": [container], "terminationGracePeriodSeconds": 0}
    apply(NAMESPACE, {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "plain"}, "spec": spec})
    wait(NAMESPACE, "Ready", "pod/plain")


def _ready(manifest: dict[str, object]) -> None:
    apply(NAMESPACE, manifest)
    name = manifest["metadata"]["name"]  # type: ignore[index]
    wait(NAMESPACE, "Ready", f"{str(manifest['kind']).lower()}/{name}")


def _mode(name: str, mode: str, awaited: str) -> None:
    disks.set_mode(NAMESPACE, name, mode)
    wait(NAMESPACE, awaited, f"devbox/{name}")


def _run(name: str, spec: dict[str, Any]) -> None:
    apply(NAMESPACE, objects.obj("BenchmarkRun", name, spec))
    finished = objects.finished(NAMESPACE, name, "benchmarkrun", timeout=900)
    assert finished["status"]["score"] == 1.0, condition(finished, "Complete")


def _timed(action: Callable[[], object]) -> float:
    start = time.monotonic()
    action()
    return time.monotonic() - start


def _say(what: str, seconds: float) -> None:
    print(f"{what:40} {seconds:6.1f} s", flush=True)


def _image_bytes(reference: str) -> int:
    digest = reference.rpartition("@")[2]
    for node in get("default", "nodes"):
        for image in node["status"].get("images") or ():
            if any(name.endswith(digest) for name in image["names"]):
                return int(image["sizeBytes"])
    return 0


def _stored(content: str) -> str:
    """What the hostpath driver of the kind cluster wrote for it: a file on the node, named by its handle."""
    handle = get("default", "volumesnapshotcontent", content)["status"].get("snapshotHandle", "")
    node = kubectl("get", "nodes", "-o", "jsonpath={.items[0].metadata.name}")
    size = run("docker", "exec", node, "stat", "-c", "%s", f"/var/lib/csi-hostpath-data/{handle}.snap")
    return f"{int(size) / 1e6:.1f} MB stored"


if __name__ == "__main__":
    main()
