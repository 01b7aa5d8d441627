"""ScenarioRun → Devbox and scorer Job: what a file to read would not show."""

from __future__ import annotations

import re
from typing import Any

import pytest

from assay.api.devbox import Devbox, DevboxSpec, File
from assay.specs import devbox, devbox_pod, names, run_job
from assay.specs.devbox import STATEMENT_IN_ENV_MAX
from tests.unit.specs import objects
from tests.unit.specs.commands import flags
from tests.unit.specs.devboxes import a_devbox, plan
from tests.unit.specs.expansion import VERBATIM, expand
from tests.unit.specs.objects import IMAGE, SETTINGS, Obj, pinned, run

RUN = run()
BOX = objects.devbox("box")
REFERENCE = {"patch": "the gold patch"}


def environment_of(made: Obj) -> dict[str, str]:
    """The variables of a devbox as its command sees them."""
    seen: dict[str, str] = {}
    for variable in made["spec"]["env"]:
        seen[variable["name"]] = expand(variable.get("value", ""), seen)
    return seen


@pytest.mark.parametrize("length", [STATEMENT_IN_ENV_MAX, STATEMENT_IN_ENV_MAX + 1])
def test_a_long_statement_is_in_its_file_only(length: int) -> None:
    statement = "ä" * (length // 2) + "x" * (length % 2)
    made = devbox.devbox(RUN, pinned(problemStatement=statement))
    assert made["spec"]["files"] == [{"name": "problem.md", "content": statement}]
    environment = environment_of(made)
    assert environment["ASSAY_PROBLEM_FILE"] == "/.assay/files/problem.md"
    assert environment.get("ASSAY_PROBLEM_STATEMENT") == (
        statement if length <= STATEMENT_IN_ENV_MAX else None
    )


@pytest.mark.parametrize("text", VERBATIM)
def test_statement_and_parameters_arrive_as_written(text: str) -> None:
    given = run(parameters=[{"name": "p", "value": text}])
    environment = environment_of(devbox.devbox(given, pinned(problemStatement=text)))
    assert environment["ASSAY_PROBLEM_STATEMENT"] == text
    assert environment["ASSAY_PARAM_P"] == text


@pytest.mark.parametrize("agent", [{"type": "Nop"}, {"type": "Command", "command": ["solve"]}])
def test_the_reference_reaches_no_other_agent(agent: Obj) -> None:
    made = devbox.devbox(RUN, pinned(agent, referenceOutput=REFERENCE))
    assert REFERENCE["patch"] not in str(made)


def test_scripts_of_scorers_reach_no_devbox() -> None:
    assert "make check && echo" not in str(devbox.devbox(RUN, pinned()))


def test_the_agents_environment_reaches_no_scorer() -> None:
    agent = {"type": "Command", "command": ["solve"], "env": [{"name": "SECRET", "value": "x"}]}
    made = pinned(agent | {"envFrom": [{"secretRef": {"name": "model"}}]}, referenceOutput=REFERENCE)
    given = run(parameters=[{"name": "p", "value": "parameter"}])
    text = str(objects.scorer_jobs(given, made, BOX, SETTINGS))
    assert not [word for word in ("SECRET", "model", "parameter", "the gold patch") if word in text]


def test_our_variables_win() -> None:
    agent = {"type": "Command", "command": ["x"], "env": [{"name": "ASSAY_SCENARIO", "value": "forged"}]}
    assert environment_of(devbox.devbox(RUN, pinned(agent)))["ASSAY_SCENARIO"] == "fix-it"


# --- scorer ---


def functions(count: int, **more: Any) -> dict[str, Any]:
    made = [
        {"name": f"f{number}", "type": "BashScript", "bashScript": {"script": f"echo {number}"}, **more}
        for number in range(count)
    ]
    return {"scoringContract": {"scoringFunctions": made}}


def job(**changes: Any) -> Obj:
    [made] = objects.scorer_jobs(RUN, pinned(**changes), BOX, SETTINGS)
    return made


@pytest.mark.parametrize(("count", "bytes_each"), [(1, 4080), (2, 4080), (3, 4080), (4, 3056), (32, 368)])
def test_messages_fit_into_what_the_kubelet_keeps(count: int, bytes_each: int) -> None:
    containers = job(**functions(count))["spec"]["template"]["spec"]["containers"]
    sizes = [int(flags(one)["message-bytes"][0]) for one in containers]
    assert sizes == [bytes_each] * count
    assert max(sizes) < 4096
    assert sum(sizes) < 12288


@pytest.mark.parametrize(
    ("timeouts", "scenario_seconds", "expected"),
    [((None, None), 300, (300, 300)), ((60, None), 300, (60, 300)), ((60, 900), 300, (60, 900))],
)
def test_timeouts(timeouts: tuple[int | None, ...], scenario_seconds: int, expected: tuple[int, int]) -> None:
    changes = functions(2)
    for function, seconds in zip(changes["scoringContract"]["scoringFunctions"], timeouts, strict=True):
        function["timeoutSeconds"] = seconds
    made = job(**changes, timeouts={"scoringSeconds": scenario_seconds})
    containers = made["spec"]["template"]["spec"]["containers"]
    assert tuple(int(flags(c)["timeout"][0]) for c in containers) == expected
    # All functions run side by side; the Job's own end comes after the last of them.
    assert made["spec"]["activeDeadlineSeconds"] > max(expected)


def test_the_devbox_owns_the_job() -> None:
    """A claim in use by a pod, even by one that has ended, is not freed: both go together."""
    [owner] = job()["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"]) == ("Devbox", BOX.uid)


@pytest.mark.parametrize("node", [None, "node-1"])
def test_the_scorer_prefers_the_agents_node(node: str | None) -> None:
    box = objects.devbox("box", **({"nodeName": node} if node else {}))
    [whole] = objects.scorer_jobs(RUN, pinned(), box, SETTINGS)
    made = whole["spec"]["template"]["spec"]
    assert ("affinity" in made) is (node is not None)
    assert "required" not in str(made.get("affinity")), "it may be full, or gone"


def test_each_function_sees_its_own_script_only() -> None:
    made = job(**functions(2))["spec"]["template"]
    files = {v["name"]: v["downwardAPI"]["items"] for v in made["spec"]["volumes"] if "downwardAPI" in v}
    for container in made["spec"]["containers"]:
        [mount] = [m for m in container["volumeMounts"] if m["mountPath"] == "/.assay/files"]
        [item] = files[mount["name"]]
        assert f"'files.assay.dev/{container['name']}-script'" in item["fieldRef"]["fieldPath"]


def test_the_disk_is_read_only_for_scorers() -> None:
    spec = job(**functions(2))["spec"]["template"]["spec"]
    [disk] = [volume for volume in spec["volumes"] if volume["name"] == "disk"]
    assert disk["persistentVolumeClaim"] == {"claimName": "box", "readOnly": True}
    mounts = [m for c in spec["containers"] for m in c["volumeMounts"] if m["name"] == "disk"]
    assert [m["readOnly"] for m in mounts] == [True, True]


QUEUE = {"kueue.x-k8s.io/queue-name": "agents", "kueue.x-k8s.io/priority-class": "low"}


def test_what_names_a_queue_is_on_all_that_kueue_reads_and_no_other_label_is() -> None:
    given = run(labels={**QUEUE, "access": "database", "app.kubernetes.io/instance": "argo"})
    own = run_job.job(given, pinned().model_copy(update={"same_pod": ["tests", "lint"]}), SETTINGS)
    [scorers] = objects.scorer_jobs(given, pinned(), BOX, SETTINGS)
    box = devbox.devbox(given, pinned())
    parsed = Devbox.parse({**box, "metadata": {**box["metadata"], "uid": "uid-of-box"}})
    for made in (own, own["spec"]["template"], scorers, box, devbox_pod.pod(parsed, plan(), SETTINGS)):
        labels = made["metadata"]["labels"]
        assert QUEUE.items() <= labels.items()
        assert not {"access", "app.kubernetes.io/instance"} & labels.keys()


LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


@pytest.mark.parametrize(
    "pair",
    [
        ("a", "b"),
        ("a" * 63, "a" * 62 + "b"),
        ("a" * 30 + "x" + "a" * 32, "a" * 30 + "y" + "a" * 32),
        ("a" * 12 + "x" + "a" * 50, "a" * 12 + "y" + "a" * 50),
    ],
    ids=["short", "end differs", "middle differs", "beginning differs"],
)
def test_volumes_of_functions_are_labels_and_distinct(pair: tuple[str, str]) -> None:
    changes = functions(2)
    for function, name in zip(changes["scoringContract"]["scoringFunctions"], pair, strict=True):
        function["name"] = name
    volumes = [volume["name"] for volume in job(**changes)["spec"]["template"]["spec"]["volumes"]]
    assert all(LABEL.fullmatch(name) for name in volumes)
    assert len(set(volumes)) == len(volumes)


# --- devbox ---

ANNOTATION_NAME = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")


@pytest.mark.parametrize("name", ["problem.md", "a" * 63, "a" * 64, "_x", "x.", "x-", "README"])
def test_a_file_that_the_model_accepts_can_travel_as_an_annotation(name: str) -> None:
    try:
        file = File(name=name, content="x")
    except ValueError:
        return
    spec = DevboxSpec(image="i", files=[file])
    made = devbox_pod.pod(a_devbox(spec), plan(), SETTINGS)
    [key] = made["metadata"]["annotations"]
    prefix, _, rest = key.partition("/")
    assert prefix == names.FILES
    assert ANNOTATION_NAME.fullmatch(rest), "the API server refuses the pod"


@pytest.mark.parametrize(
    ("asked", "image", "expected"),
    [
        ((None, None), ("", ""), ("0", "/")),
        ((None, None), ("1000", "/src"), ("1000", "/src")),
        (("app", "/work"), ("1000", "/src"), ("app", "/work")),
        ((None, "/work"), ("1000", ""), ("1000", "/work")),
    ],
)
def test_who_runs_where(
    asked: tuple[str | None, str | None], image: tuple[str, str], expected: tuple[str, str]
) -> None:
    spec = DevboxSpec(image="i", user=asked[0], working_dir=asked[1])
    of = IMAGE.model_copy(update={"user": image[0], "working_dir": image[1]})
    made = devbox_pod.pod(a_devbox(spec), plan(image=of), SETTINGS)
    given = flags(made["spec"]["containers"][0])
    assert (given["user"], given["working-dir"]) == ([expected[0]], [expected[1]])
