"""ScenarioRun → its claim and its Job: what a file to read would not show."""

from __future__ import annotations

import re
from typing import Any

import pytest

from assay.api.disksnapshot import DiskSnapshotStatus
from assay.api.scenariorun import PinnedRun
from assay.specs import names, run_job
from assay.specs.devbox_pod import DEADLINE_SLACK
from tests.unit.specs.commands import flags
from tests.unit.specs.objects import SETTINGS, Obj, pinned, pinned_functions, run
from tests.unit.specs.run_jobs import beside, job, placed, pod, reaching

GATE = "10.96.0.1:443"
SECRETS = {
    "type": "Command",
    "command": ["solve"],
    "env": [
        {"name": "BOTH", "value": "agent"},
        {"name": "AGENT_KEY", "valueFrom": {"secretKeyRef": {"name": "model", "key": "key"}}},
    ],
    "envFrom": [{"secretRef": {"name": "agents"}}],
    "resources": {"limits": {"memory": "2Gi"}},
}


def containers(made: PinnedRun, **more: Any) -> tuple[Obj, dict[str, Obj]]:
    """The agent's container, and those of functions by name."""
    spec = pod(made, **more)["spec"]
    [agent] = spec["initContainers"]
    return agent, {one["name"]: one for one in spec["containers"]}


def mounts(container: Obj) -> dict[str, Obj]:
    return {one["name"]: one for one in container["volumeMounts"]}


def variables(container: Obj) -> set[str]:
    return {one["name"] for one in container.get("env", ())}


ALL = placed(
    pinned_functions(agent=SECRETS, environment={"image": "x", "env": [{"name": "BOTH", "value": "e"}]})
)

# --- the pod ---


def test_the_agent_is_the_only_init_container_and_begins_once_on_its_disk() -> None:
    agent, functions = containers(ALL)
    assert agent["name"] == "devbox"
    assert "restartPolicy" not in agent, "a sidecar would live on"
    assert flags(agent)["run"] == ["uid-of-r"]
    assert flags(agent)["timeout"] == ["600"]
    assert list(functions) == beside(ALL)
    assert not [one for one in functions.values() if "run" in flags(one)]
    assert "readinessProbe" not in agent, "an init container cannot have one"


def test_only_the_agent_writes_to_the_disk() -> None:
    agent, functions = containers(ALL)
    assert not mounts(agent)["disk"].get("readOnly")
    assert all(mounts(one)["disk"]["readOnly"] for one in functions.values())
    [disk] = [one for one in pod(ALL)["spec"]["volumes"] if one["name"] == "disk"]
    assert disk["persistentVolumeClaim"] == {"claimName": "r"}


def test_every_mount_has_its_volume() -> None:
    spec = pod(ALL)["spec"]
    volumes = [one["name"] for one in spec["volumes"]]
    assert len(volumes) == len(set(volumes))
    mounted = {name for one in (*spec["initContainers"], *spec["containers"]) for name in mounts(one)}
    assert mounted == set(volumes)


def test_the_agent_sees_no_file_of_a_function() -> None:
    agent, _ = containers(ALL)
    assert set(mounts(agent)) == {"disk", "toolbox", "files"}
    [files] = [one for one in pod(ALL)["spec"]["volumes"] if one["name"] == "files"]
    assert [one["path"] for one in files["downwardAPI"]["items"]] == ["problem.md"]


def test_functions_share_no_files_with_each_other_or_the_agent() -> None:
    agent, functions = containers(ALL)
    common = {"disk", "scratch", "toolbox", "tools", "image"}
    seen = [set(mounts(one)) - common for one in (agent, *functions.values())]
    everything = [name for names_ in seen for name in names_]
    assert len(everything) == len(set(everything))
    parts = [mounts(one)["scratch"]["subPath"] for one in functions.values()]
    assert len(parts) == len(set(parts))


def test_secrets_of_functions_are_mounted_by_their_functions_only() -> None:
    volumes = {
        one["name"]
        for one in pod(ALL)["spec"]["volumes"]
        if any("secret" in source for source in one.get("projected", {}).get("sources", ()))
    }
    agent, functions = containers(ALL)
    users = {name for name, one in functions.items() if volumes & mounts(one).keys()}
    assert users == {"hidden", "tests"}
    assert not volumes & mounts(agent).keys()
    assert "hidden" not in str(agent)


def test_the_agents_reference_from_a_secret_is_mounted_by_the_agent_only() -> None:
    secret = {"secretKeyRef": {"name": "references", "key": "fix-it"}}
    made = placed(pinned_functions(agent={"type": "Reference"}, referenceOutput=secret))
    agent, functions = containers(made)
    [volume] = [one["name"] for one in pod(made)["spec"]["volumes"] if "'references'" in str(one)]
    assert volume in mounts(agent)
    assert not [name for name, one in functions.items() if volume in mounts(one)]


def test_variables_of_the_agent_reach_no_function() -> None:
    agent, functions = containers(ALL)
    assert {"AGENT_KEY", "ASSAY_RUN", "ASSAY_PROBLEM_FILE", "ASSAY_PROBLEM_STATEMENT"} <= variables(agent)
    for name, one in functions.items():
        given = {"ASSAY_SCORER_CONTEXT"} if name == "custom" else set()
        assert variables(one) - given <= {"BOTH"}, name
        assert {"name": "BOTH", "value": "e"} in one["env"], "the environment's, not the agent's"
        assert {"secretRef": {"name": "agents"}} not in one.get("envFrom", [])
    assert agent["resources"] == {"limits": {"memory": "2Gi"}}
    assert "resources" not in functions["plain"]


def test_variables_of_functions_do_not_reach_the_agent() -> None:
    made = placed(pinned_functions("judge", "hidden", agent=reaching("Any")))
    agent, functions = containers(made)
    assert {"LANG", "KEY"} <= variables(functions["judge"])
    assert not {"LANG", "KEY"} & variables(agent)
    assert agent["envFrom"] == []


# --- what they reach ---

GATED = SETTINGS.replace(network_gate_address=GATE)


@pytest.mark.parametrize(("egress", "equal"), [("Internet", "python"), ("Any", "judge")])
def test_functions_reach_nothing_or_what_the_agent_may(egress: str, equal: str) -> None:
    made = placed(pinned_functions(agent=reaching(egress)))
    template = pod(made, settings=GATED)
    assert template["metadata"]["labels"][names.EGRESS] == egress.lower()
    agent, functions = containers(made, settings=GATED)
    gate = [GATE] if egress == "Internet" else None
    for name, one in functions.items():
        given, added = flags(one), one["securityContext"]["capabilities"]["add"]
        has_network = name == equal
        assert ("no-network" in given) is not has_network, name
        assert ("NET_ADMIN" in added) is not has_network, name
        assert given.get("gate") == (gate if has_network else None), name
    assert flags(agent).get("gate") == gate
    assert "NET_ADMIN" not in agent["securityContext"]["capabilities"]["add"]
    assert "no-network" not in flags(agent)


def test_beside_an_agent_that_reaches_nothing_functions_still_have_a_network_of_their_own() -> None:
    made = placed(pinned_functions("plain", agent=reaching("None")))
    agent, functions = containers(made, settings=GATED)
    assert flags(agent)["gate"] == [GATE]
    assert flags(functions["plain"])["no-network"] == [""]
    assert "gate" not in flags(functions["plain"]), "it waits for no policy"
    assert pod(made)["metadata"]["labels"][names.EGRESS] == "none"


# --- limits ---


@pytest.mark.parametrize("count", [1, 2, 3, 11, 32])
def test_the_messages_of_all_containers_fit(count: int) -> None:
    functions = [
        {"name": f"f{number}", "type": "Command", "command": {"command": ["true"]}} for number in range(count)
    ]
    made = placed(pinned(scoringContract={"scoringFunctions": functions}))
    _, found = containers(made)
    sizes = [int(flags(one)["message-bytes"][0]) for one in found.values()]
    assert len(sizes) == count
    assert all(0 < size < 4096 for size in sizes)
    share = 12288 // (count + 1)
    assert all(size < share for size in sizes), "the agent's container has a share too"


def test_the_job_never_replaces_its_pod() -> None:
    spec = job(ALL)["spec"]
    assert (spec["backoffLimit"], spec["podReplacementPolicy"]) == (0, "Failed")
    assert "podFailurePolicy" not in spec, "it would let another pod take over"
    assert spec["template"]["spec"]["restartPolicy"] == "Never"
    assert (
        not {"completions", "parallelism", "activeDeadlineSeconds", "ttlSecondsAfterFinished"} & spec.keys()
    )


@pytest.mark.parametrize(("only", "longest"), [(("plain", "judge"), 300), (("judge",), 60)])
def test_the_pods_deadline_is_for_when_no_operator_runs(only: tuple[str, ...], longest: int) -> None:
    made = placed(pinned_functions(*only, agent=reaching("Any")))
    assert pod(made)["spec"]["activeDeadlineSeconds"] == 600 + longest + DEADLINE_SLACK


def test_names_are_as_long_as_the_api_allows() -> None:
    long = "n" * 63
    function = {"type": "PythonScript", "pythonScript": {"script": "x", "requirements": "x"}}
    tests = {
        "type": "TestFiles",
        "testFiles": {
            "files": [{"path": "t", "content": ""}],
            "command": ["t"],
            "junit": {"failToPass": ["t"]},
        },
    }
    contract = {"scoringFunctions": [{"name": long, **function}, {"name": "m" * 63, **tests}]}
    made = job(placed(pinned(scoringContract=contract)), run("r" * 63))
    spec = made["spec"]["template"]["spec"]
    found = [made["metadata"]["name"], *made["spec"]["template"]["metadata"]["labels"].values()]
    found += [one["name"] for part in ("volumes", "containers", "initContainers") for one in spec[part]]
    assert all(len(one) <= names.NAME_MAX for one in found)
    for key in made["spec"]["template"]["metadata"]["annotations"]:
        assert len(key.rpartition("/")[2]) <= names.NAME_MAX
    volumes = [one["name"] for one in spec["volumes"]]
    assert len(volumes) == len(set(volumes))
    assert made["metadata"]["name"] == "r" * 63, "people find it by the run's name"


def test_the_users_scheduling_is_the_pods() -> None:
    scheduling = {
        "nodeSelector": {"pool": "agents"},
        "priorityClassName": "low",
        "runtimeClassName": "gvisor",
    }
    spec = pod(ALL, run(scheduling=scheduling))["spec"]
    assert {key: spec[key] for key in scheduling} == scheduling
    assert "affinity" not in spec, "nothing of the run was on a node before"


def test_the_pod_has_a_user_namespace_and_no_access_to_the_api() -> None:
    spec = pod(ALL)["spec"]
    assert (spec["hostUsers"], spec["automountServiceAccountToken"]) == (False, False)
    assert not {"hostNetwork", "hostPID", "hostIPC", "shareProcessNamespace"} & spec.keys()
    for one in (*spec["initContainers"], *spec["containers"]):
        assert not one["securityContext"].get("privileged")
        assert "NET_RAW" in one["securityContext"]["capabilities"]["drop"]


def test_labels_name_the_run_and_no_devbox() -> None:
    labels = pod(ALL, run("b-1", {names.BENCHMARK_RUN: "b"}))["metadata"]["labels"]
    given = {key: labels[key] for key in (names.SCENARIO_RUN, names.SCENARIO, names.BENCHMARK_RUN)}
    assert given == {names.SCENARIO_RUN: "b-1", names.SCENARIO: "fix-it", names.BENCHMARK_RUN: "b"}
    assert names.DEVBOX not in labels, "its changes are the run's"


# --- the claim ---


def test_the_claim_and_the_job_are_the_runs() -> None:
    for made in (run_job.claim(run(), ALL, SETTINGS), job(ALL)):
        assert made["metadata"]["name"] == "r"
        [owner] = made["metadata"]["ownerReferences"]
        assert (owner["kind"], owner["uid"], owner["controller"]) == ("ScenarioRun", "uid-of-r", True)
        assert made["metadata"]["labels"][names.MANAGED_BY] == names.OPERATOR


@pytest.mark.parametrize(
    ("size", "restored", "storage"),
    [("3Gi", "1Gi", "3Gi"), ("3Gi", "5368709120", "5368709120"), (None, None, "1Gi")],
)
def test_the_claim_is_as_large_as_asked_for_and_holds_the_snapshot(
    size: str | None, restored: str | None, storage: str
) -> None:
    disk = {"disk": {"size": size, "storageClassName": "fast"}} if size else {}
    made = pinned(environment={"image": "x", **disk})
    snapshot = DiskSnapshotStatus(volume_snapshot_name="kept-1", restore_size=restored)
    spec = run_job.claim(run(), made, SETTINGS, snapshot)["spec"]
    assert spec["resources"]["requests"]["storage"] == storage
    assert spec["dataSource"]["name"] == "kept-1"
    assert spec.get("storageClassName") == ("fast" if size else None)
    assert "dataSource" not in run_job.claim(run(), made, SETTINGS)["spec"]


def test_every_text_arrives_as_it_was_written() -> None:
    """The kubelet expands `$(NAME)` in arguments and variables; annotations it copies."""
    made = placed(pinned_functions(agent={"type": "Nop"}, problemStatement="cost: $(HOME) $5\n"))
    annotations = pod(made)["metadata"]["annotations"]
    assert annotations["files.assay.dev/problem.md"] == "cost: $(HOME) $5\n"
    texts = [key for key in annotations if key.startswith(f"{names.FILES}/")]
    items = re.findall(r"metadata\.annotations\['([^']+)'\]", str(pod(made)["spec"]["volumes"]))
    assert sorted(items) == sorted(texts), "each is a file of one volume"
    assert annotations.keys() - texts == {"kubectl.kubernetes.io/default-container"}
