"""Root file systems copied onto the volume: for clusters without user namespaces. No privilege, some losses."""

from __future__ import annotations

from tests.tools.kube import apply, condition, get, wait

from .disks import execute, snapshot
from .objects import bash, command, eventually, finished, obj, python_image, scenario, scenario_run, shell


def test_run_without_privileges(namespace: str) -> None:
    copied = scenario(
        "copied",
        command("answer", "grep", "-qx", "42", "/root/answer"),
        bash("deleted", "test ! -e /usr/share/doc && test -e /etc/passwd && echo 1 || echo 0"),
        bash("own-copy", "rm -rf /root/answer; echo 0.5"),
        {"name": "clean", "type": "BashScript", "root": "Clean", "bashScript": {"script": _CLEAN}},
    )
    copied["spec"]["environment"] = {
        "image": python_image(),
        "rootFilesystem": "Copy",
        "disk": {"size": "512Mi"},
    }
    agent = shell("echo 42 > /root/answer; rm -rf /usr/share/doc; echo lost > /at-the-root")
    apply(namespace, copied, scenario_run("run", "copied", agent, snapshotPolicy="Always"))
    pod = eventually(_agent_pod(namespace), 120, lambda: str(get(namespace, "pods")))
    assert pod["spec"].get("hostUsers", True)
    context = pod["spec"]["containers"][0].get("securityContext") or {}
    assert "add" not in (context.get("capabilities") or {})
    run = finished(namespace, "run")
    assert [score["score"] for score in run["status"]["scores"]] == [1.0, 1.0, 0.5, 1.0], run["status"]
    wait(namespace, "DiskKept", "scenariorun/run")
    kept = get(namespace, "disksnapshot", "run")["status"]
    assert kept["rootFilesystem"] == "Copy"
    assert "etc" in kept["directories"]
    rescore = {"scenarioRef": {"name": "copied"}, "rescore": {"scenarioRunRef": {"name": "run"}}}
    apply(namespace, obj("ScenarioRun", "again", rescore))
    assert finished(namespace, "again")["status"]["score"] == run["status"]["score"]


def test_devbox_says_how_its_disk_is_mounted_and_why(namespace: str) -> None:
    spec = {"image": python_image(), "disk": {"size": "512Mi"}}
    apply(
        namespace,
        obj("Devbox", "auto", spec),
        obj("Devbox", "copy", {**spec, "rootFilesystem": "Copy"}),
    )
    wait(namespace, "Ready", "devbox/auto", "devbox/copy")
    auto, copy = (get(namespace, "devbox", name)["status"] for name in ("auto", "copy"))
    assert execute(namespace, "copy", "id", "-u") == "0\n"
    assert (auto["rootFilesystem"], copy["rootFilesystem"]) == ("Overlay", "Copy")
    assert auto["rootFilesystemReason"]
    assert copy["rootFilesystemReason"]
    probed = get("assay-system", "configmap", "assay-root-filesystems")["data"]
    assert any('"overlay": true' in result or '"overlay":true' in result for result in probed.values())
    apply(namespace, snapshot("frozen", "copy"))
    wait(namespace, "Ready", "disksnapshot/frozen")
    apply(namespace, obj("Devbox", "next", {"diskSnapshotRef": {"name": "frozen"}}))
    wait(namespace, "Ready", "devbox/next")
    assert get(namespace, "devbox", "next")["status"]["rootFilesystem"] == "Copy"
    assert condition(get(namespace, "devbox", "next"), "Ready")["status"] == "True"


_CLEAN = """
test -e /usr/share/doc || { echo no pristine root; exit 1; }
! touch /devbox/x 2>/dev/null || { echo writable; exit 1; }
test ! -e /devbox/usr/share/doc && test $(cat /devbox/root/answer) = 42 && echo 1 || echo 0
"""


def _agent_pod(namespace: str):  # type: ignore[no-untyped-def]
    def look() -> dict[str, object] | None:
        pods = get(namespace, "pods", "-l", "app.kubernetes.io/component=devbox")
        ours = [pod for pod in pods if pod["metadata"]["labels"].get("assay.dev/pod-role", "run") == "run"]
        return ours[0] if ours else None

    return look
