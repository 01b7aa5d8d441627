"""One case for each product of `assay.specs`: a function that makes its manifests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from assay.api.benchmarkrun import BenchmarkRun
from assay.api.blueprint import Blueprint
from assay.api.devbox import DevboxSpec
from assay.api.disksnapshot import DiskSnapshot, DiskSnapshotStatus, Lineage
from assay.api.meta import EnvVar
from assay.api.scenariorun import ScenarioRun
from assay.settings import RegistrySettings, Settings
from assay.specs import (
    build_job,
    devbox,
    devbox_pod,
    network_policies,
    probe_pod,
    run_job,
    scenario_run,
    volume_snapshot,
)
from tests.unit.specs import objects
from tests.unit.specs.devboxes import COPY, a_devbox, plan
from tests.unit.specs.objects import (
    IMAGE,
    SETTINGS,
    Obj,
    existing,
    from_yaml,
    pinned,
    pinned_functions,
    run,
)


def owned(**spec: Any) -> ScenarioRun:
    """A run of a BenchmarkRun."""
    return run("brun-fix-it-1", {"assay.dev/benchmark-run": "brun"}, **spec)


COPIED = ("hidden", "shared", "tests", "pattern")
PATCH = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-wrong\n+right\n"


def devbox_full() -> list[Obj]:
    labels = {"assay.dev/scenario-run": "box", "assay.dev/scenario": "fix-it", "other": "not inherited"}
    spec = DevboxSpec.model_validate(
        from_yaml("""
        image: pull.example.test/assay/blueprints@sha256:0
        user: agent:users
        workingDir: /src
        launchCommands: [service start, "cat >x <<EOF\\n$(date)\\nEOF"]
        command: [sh, -c]
        args: ["make $0", all]
        env:
        - {name: PLAIN, value: "1"}
        - {name: TOKEN, valueFrom: {secretKeyRef: {name: model, key: token}}}
        envFrom: [{secretRef: {name: model}}, {configMapRef: {name: model}, prefix: M_}]
        files: [{name: problem.md, content: "Do it.\\n"}, {name: notes, content: see above}]
        resources: {requests: {cpu: 500m, memory: 1Gi}, limits: {memory: 2Gi}}
        disk: {size: 5Gi, storageClassName: fast}
        network: {egress: None}
        scheduling:
          nodeSelector: {pool: agents}
          tolerations: [{key: agents, operator: Exists}]
          runtimeClassName: gvisor
          priorityClassName: low
          imagePullSecrets: [{name: pull}]
        referenceFrom: {name: references, key: fix-it}
        activeDeadlineSeconds: 600
        """)
    )
    box = a_devbox(spec, labels=labels)
    return [
        devbox_pod.claim(box, SETTINGS),
        devbox_pod.pod(box, plan(), SETTINGS),
        devbox_pod.pod(box, plan("idle"), SETTINGS),
    ]


def devbox_minimal() -> list[Obj]:
    box = a_devbox({"blueprintRef": {"name": "project"}})
    image = IMAGE.model_copy(update={"user": "", "working_dir": ""})
    return [devbox_pod.claim(box, SETTINGS), devbox_pod.pod(box, plan(image=image), SETTINGS)]


def devbox_copy() -> list[Obj]:
    box = a_devbox(
        from_yaml("""
        diskSnapshotRef: {name: frozen}
        user: "1001:1002"
        launchCommands: [service start]
        command: [make]
        files: [{name: notes, content: see above}]
        resources: {limits: {memory: 2Gi}}
        disk: {size: 1Gi}
        activeDeadlineSeconds: 600
        """)
    )
    frozen = DiskSnapshotStatus(volume_snapshot_name="frozen-1", restore_size="1610612736")
    return [
        devbox_pod.claim(box, SETTINGS, frozen),
        devbox_pod.pod(box, plan("prepare", COPY), SETTINGS),
        devbox_pod.pod(box, plan("run", COPY), SETTINGS),
    ]


def node_probe() -> list[Obj]:
    return [
        probe_pod.pod(a_devbox(), "0123abcd", ["node-1", "node-2"], SETTINGS),
        probe_pod.config_map("assay-system", {"0123abcd": "{}"}),
    ]


def run_command() -> list[Obj]:
    agent = from_yaml("""
    type: Command
    command: [solve, --fast]
    args: [--model, small]
    env: [{name: BOTH, value: agent}, {name: KEY, valueFrom: {secretKeyRef: {name: model, key: key}}}]
    envFrom: [{secretRef: {name: model}}]
    resources: {limits: {memory: 2Gi}}
    """)
    environment = from_yaml("""
    blueprintRef: {name: project}
    env: [{name: BOTH, value: environment}, {name: LANG, value: C.UTF-8}]
    resources: {limits: {memory: 1Gi}}
    disk: {size: 3Gi}
    """)
    given = owned(attempt=2, parameters=[{"name": "effort", "value": "high"}, {"name": "SEED", "value": "7"}])
    return [devbox.devbox(given, pinned(agent, environment=environment))]


def run_of(agent_type: str, **changes: Any) -> list[Obj]:
    return [devbox.devbox(owned(), pinned({"type": agent_type}, **changes))]


def scorer_jobs() -> list[Obj]:
    box = objects.devbox("brun-fix-it-1", nodeName="node-1")
    return objects.scorer_jobs(owned(), pinned(), box, SETTINGS)


def scorer_types() -> list[Obj]:
    environment = {"blueprintRef": {"name": "project"}, "env": [{"name": "LANG", "value": "C.UTF-8"}]}
    given = owned(scheduling={"nodeSelector": {"pool": "scorers"}, "imagePullSecrets": [{"name": "pull"}]})
    return objects.scorer_jobs(
        given, pinned_functions(environment=environment), objects.devbox("brun-fix-it-1"), SETTINGS
    )


def scorer_copy() -> list[Obj]:
    box = objects.devbox("brun-fix-it-1", rootFilesystem="Copy", directories=["etc", "usr"])
    return objects.scorer_jobs(owned(), pinned_functions(*COPIED), box, SETTINGS)


def run_jobs() -> list[Obj]:
    """Of functions of all types that may be in the agent's pod; and of the smallest run, on a disk from a snapshot."""
    environment = from_yaml("""
    blueprintRef: {name: project}
    env: [{name: BOTH, value: environment}, {name: LANG, value: C.UTF-8}]
    launchCommands: [service start]
    disk: {size: 3Gi, storageClassName: fast}
    """)
    agent = from_yaml("""
    type: Command
    command: [solve, --fast]
    env: [{name: BOTH, value: agent}, {name: KEY, valueFrom: {secretKeyRef: {name: model, key: key}}}]
    envFrom: [{secretRef: {name: model}}]
    resources: {limits: {memory: 2Gi}}
    """)
    given = owned(scheduling={"nodeSelector": {"pool": "agents"}, "imagePullSecrets": [{"name": "pull"}]})
    same_pod = ["hidden", "shared", "python", "tests", "plain", "pattern", "custom"]
    full = pinned_functions(agent=agent, environment=environment).model_copy(update={"same_pod": same_pod})
    small = pinned_functions("plain", agent={"type": "Nop"}).model_copy(update={"same_pod": ["plain"]})
    frozen = DiskSnapshotStatus(volume_snapshot_name="frozen-1", restore_size="1610612736")
    return [
        run_job.claim(given, full, SETTINGS),
        run_job.job(given, full, SETTINGS),
        run_job.claim(run(), small, SETTINGS, frozen),
        run_job.job(run(), small, SETTINGS),
    ]


def build_full() -> list[Obj]:
    registry = RegistrySettings(
        push="push.example.test:5000/team",
        pull="pull.example.test/team",
        insecure=True,
        push_secret="push",
        mirrors={"docker.example.test": "mirror.example.test:5001"},
    )
    spec = from_yaml("""
        dockerfile: |
          FROM debian
          COPY . .
        context: {configMap: {name: source}}
        buildArgs: [{name: VERSION, value: "3.12"}, {name: PROXY, value: ""}]
        target: test
        resources: {limits: {cpu: "2", memory: 4Gi}}
    """)
    settings = SETTINGS.replace(registry=registry, build_seconds=1200)
    return [build(spec, settings, {"Makefile": "a" * 64, "main.py": "b" * 64})]


def build_minimal() -> list[Obj]:
    return [build({"dockerfile": "FROM debian\n"}, SETTINGS, {})]


def build(spec: Obj, settings: Settings, files: dict[str, str]) -> Obj:
    blueprint = Blueprint.parse(existing("Blueprint", "project", spec=spec))
    return build_job.job(blueprint, build_job.content(blueprint.spec, files), settings)


def benchmark_run() -> list[Obj]:
    spec = from_yaml("""
    benchmarkRef: {name: all}
    agent: {type: Command, command: [solve], env: [{name: KEY, value: x}]}
    parameters: [{name: effort, value: high}]
    attempts: 3
    """)
    run = BenchmarkRun.parse(existing("BenchmarkRun", "brun", spec=spec))
    return [scenario_run.scenario_run(run, "fix-it", 2)]


def volume_snapshots() -> list[Obj]:
    """Of a run's devbox, deleted with its DiskSnapshot; and one to retain, of a class."""
    labels = {"assay.dev/scenario-run": "r", "assay.dev/scenario": "fix-it", "other": "not inherited"}
    image = IMAGE.model_copy(update={"env": [EnvVar(name="A", value='"é')]})
    lineage = Lineage(devbox="r", scenario="fix-it", scenario_run="r")
    disk = volume_snapshot.FrozenDisk(image=image, lineage=lineage)
    copied = disk.model_copy(update={"root_filesystem": "Copy", "directories": ["etc", "usr"]})
    plain = {"devboxRef": {"name": "box"}}
    retained = {**plain, "deletionPolicy": "Retain", "volumeSnapshotClassName": "fast"}
    return [
        volume_snapshot.volume_snapshot(
            DiskSnapshot.parse(existing("DiskSnapshot", "frozen", labels=labels, spec=spec)),
            "box",
            one,
            SETTINGS,
        )
        for spec, one in ((plain, disk), (retained, copied))
    ]


CASES: dict[str, Callable[[], list[Obj]]] = {
    "volume-snapshots": volume_snapshots,
    "devbox-full": devbox_full,
    "devbox-minimal": devbox_minimal,
    "devbox-copy": devbox_copy,
    "probe": node_probe,
    "network-policies": lambda: network_policies.policies("team", SETTINGS),
    "run-command": run_command,
    "run-reference-patch": lambda: run_of("Reference", referenceOutput={"patch": PATCH}),
    "run-reference-script": lambda: run_of("Reference", referenceOutput={"script": "echo right >x\n"}),
    "run-nop": lambda: run_of("Nop", referenceOutput={"patch": PATCH}),
    "run-job": run_jobs,
    "scorer": scorer_jobs,
    "scorer-types": scorer_types,
    "scorer-copy": scorer_copy,
    "build-full": build_full,
    "build-minimal": build_minimal,
    "benchmark-run": benchmark_run,
}
