"""Whose variables reach what: nothing that is set in a container steers what of ours runs there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay.api.devbox import Devbox, DevboxSpec
from assay.api.meta import HANDED, PARAMETER
from assay.specs import devbox, devbox_pod, pod_parts
from assay.specs.pod_plan import MountPlan, PodRole
from tests.unit.specs import objects
from tests.unit.specs.commands import RUNNER, flags, line
from tests.unit.specs.devboxes import a_devbox, plan
from tests.unit.specs.expansion import VERBATIM, expand
from tests.unit.specs.golden_cases import CASES
from tests.unit.specs.objects import OVERLAY, SETTINGS, Obj, pinned, pinned_functions, run, scorer_jobs

RUN = run()
OVERLAID = objects.devbox("r", rootFilesystem="Overlay")
COPIED = objects.devbox("r", rootFilesystem="Copy", directories=["etc"])
FORGED = {
    "ASSAY_KEEP": "/.assay/disk",
    "ASSAY_NESTED_USERNS": "1",
    "ASSAY_GATE": "127.0.0.1:1",
    "ASSAY_ROOT": "Clean",
}


def containers(made: Obj) -> Iterator[Obj]:
    """All containers of a pod or Job."""
    spec = made["spec"].get("template", made)["spec"] if made["kind"] in ("Pod", "Job") else {}
    yield from (*spec.get("initContainers", ()), *spec.get("containers", ()))


def all_containers(case: str) -> Iterator[Obj]:
    """The containers of a golden case, without a builder, which runs nothing of ours."""
    for made in CASES[case]():
        yield from (one for one in containers(made) if one["name"] != "build")


@pytest.mark.parametrize("case", CASES)
def test_every_container_of_ours_is_started_by_the_runner(case: str) -> None:
    for one in all_containers(case):
        if one["command"][0].endswith("/busybox"):
            assert one["name"] == "assay-tools", "a container of our image, with no variable of others"
            assert not one.get("env")
        else:
            assert one["command"][0].endswith(RUNNER)


@pytest.mark.parametrize("case", CASES)
def test_no_container_may_send_raw_packets(case: str) -> None:
    for one in all_containers(case):
        capabilities = one["securityContext"]["capabilities"]
        assert {"NET_RAW", "ALL"} & {*capabilities["drop"]}
        assert not {"NET_RAW", "ALL"} & {*capabilities.get("add", ())}


@pytest.mark.parametrize("case", CASES)
def test_what_is_ours_is_in_no_environment(case: str) -> None:
    for one in all_containers(case):
        names = {variable["name"] for variable in one.get("env") or ()}
        ours = {name for name in names if name.startswith("ASSAY_") and not name.startswith(PARAMETER)}
        assert ours <= {*HANDED, "ASSAY_SCORER_CONTEXT"}


@pytest.mark.parametrize("role", ["run", "idle"])
@pytest.mark.parametrize("mount", [OVERLAY, MountPlan("Copy", "", ("etc",))], ids=["overlay", "copy"])
def test_names_that_the_schema_should_have_refused_mean_nothing(mount: MountPlan, role: PodRole) -> None:
    env = [{"name": name, "value": value} for name, value in {**FORGED, "ASSAY_RUN": "r"}.items()]
    spec = DevboxSpec.model_validate({"image": "i", "command": ["x"], "launchCommands": ["y"], "env": env})
    made = devbox_pod.pod(a_devbox(spec), plan(role, mount), SETTINGS)
    [one] = made["spec"]["containers"]
    assert flags(one)["hand"] == ["ASSAY_RUN"]
    assert "nested-user-namespaces" not in flags(one)


@pytest.mark.parametrize("box", [OVERLAID, COPIED], ids=["overlay", "copy"])
def test_an_author_s_variables_change_no_flag_of_what_scores(box: Devbox) -> None:
    env = [{"name": name, "value": value} for name, value in FORGED.items()]
    with_them, without = (
        [
            flags(one)
            for job in scorer_jobs(
                RUN, pinned_functions(environment={"image": "x", "env": given}), box, SETTINGS
            )
            for one in job["spec"]["template"]["spec"]["containers"]
        ]
        for given in (env, [])
    )
    assert with_them == without
    assert {name for given in without for name in given.get("hand", ())} == {"ASSAY_SCORER_CONTEXT"}


def test_the_contract_s_variables_reach_what_runs_its_functions_and_an_image_s_do_not() -> None:
    environment = {"image": "x", "env": [{"name": "UV_INDEX_URL", "value": "https://index"}]}
    made = scorer_jobs(RUN, pinned_functions("python", "hidden", environment=environment), COPIED, SETTINGS)
    commands = {
        one["name"]: line(one["command"]).words
        for job in made
        for one in job["spec"]["template"]["spec"]["containers"]
    }
    python, bash = line(commands["python"]), line(commands["hidden"])
    assert (python.name, python.words) == ("python", ["/.assay/files/script"])
    assert python.flags == {
        "keep": ["UV_INDEX_URL"],
        "requirements": ["/.assay/files/requirements"],
        "python-version": [">=3.11"],
    }
    assert (bash.name, bash.flags) == ("bash", {"keep": ["UV_INDEX_URL"], "descriptor": ["3"]})
    assert bash.words == ["/.assay/files/script"]


@pytest.mark.parametrize("text", VERBATIM)
def test_flags_arrive_as_written(text: str) -> None:
    command = pod_parts.runner("function", working_dir=text, restore=["a", text])
    environment = {"HOME": "/root", "ASSAY_RUN": "r", "date": "today"}
    assert [expand(word, environment) for word in command[2:]] == [
        f"--working-dir={text}",
        "--restore=a",
        f"--restore={text}",
    ]


def test_flags_that_say_nothing_are_left_out() -> None:
    absent = pod_parts.runner("boot", user="", timeout=None, hand=[], pids=0, nested_user_namespaces=False)
    assert absent == [pod_parts.RUNNER, "boot"]
    given = pod_parts.runner("boot", pids=1, nested_user_namespaces=True)
    assert given == [pod_parts.RUNNER, "boot", "--pids=1", "--nested-user-namespaces"]


def test_a_run_hands_to_its_agent_what_a_devbox_may_have() -> None:
    parameters = [{"name": "effort", "value": "high"}]
    made = devbox.devbox(run(parameters=parameters), pinned())
    names = [one["name"] for one in made["spec"]["env"]]
    assert sorted(names) == sorted([*HANDED, "ASSAY_PARAM_EFFORT"])
    spec = DevboxSpec.model_validate(made["spec"])
    assert pod_parts.handed(spec.env or ()) == names


@pytest.mark.parametrize("wanted", [False, True])
def test_user_namespaces_are_the_installation_s_to_allow(wanted: bool) -> None:
    settings = SETTINGS.replace(nested_user_namespaces=wanted)
    made = devbox_pod.pod(a_devbox(), plan(), settings)
    jobs = scorer_jobs(RUN, pinned(), OVERLAID, settings)
    for one in (container for pod in (made, *jobs) for container in containers(pod)):
        assert ("nested-user-namespaces" in flags(one)) is wanted
