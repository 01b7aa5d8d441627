"""Whose variables reach what: nothing that is set in a container steers what of ours runs there."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from assay.api.devbox import Devbox, DevboxSpec
from assay.api.meta import HANDED, PARAMETER
from assay.specs import devbox, devbox_pod, pod_parts, scorer_job
from assay.specs.devbox_pod import Root
from tests.unit.specs import objects
from tests.unit.specs.commands import script
from tests.unit.specs.expansion import expand
from tests.unit.specs.objects import (
    IMAGE,
    OVERLAY,
    SETTINGS,
    Obj,
    existing,
    pinned,
    pinned_functions,
    run,
)
from tests.unit.specs.test_golden import CASES

RUN = run()
OVERLAID = objects.devbox("r", rootFilesystem="Overlay")
COPIED = objects.devbox("r", rootFilesystem="Copy", directories=["etc"])
FORGED = {
    "ASSAY_KEEP": "/.assay/disk",
    "ASSAY_NESTED_USERNS": "1",
    "ASSAY_CLOSED": "127.0.0.1 1 1",
    "ASSAY_ROOT": "Clean",
}


def containers(made: Obj) -> Iterator[Obj]:
    """All containers of a pod or Job."""
    spec = made["spec"].get("template", made)["spec"] if made["kind"] in ("Pod", "Job") else {}
    yield from (*spec.get("initContainers", ()), *spec.get("containers", ()))


@pytest.mark.parametrize("case", CASES)
def test_every_script_of_ours_is_kept_from_the_variables_of_its_container(case: str) -> None:
    for one in (container for made in CASES[case]() for container in containers(made)):
        words = one.get("command", [])
        shells = [at for at, word in enumerate(words) if word.endswith(("/toolbox/busybox", "/toolbox/bash"))]
        for at in shells:
            assert words[at + 1] in ("tail", "true", "cp") or words[at - 1] == "--", words
        if any("/toolbox/" in word and word.endswith(".sh") for word in words):
            script(words)


@pytest.mark.parametrize("case", CASES)
def test_what_steers_our_scripts_is_in_no_environment(case: str) -> None:
    for one in (container for made in CASES[case]() for container in containers(made)):
        names = {variable["name"] for variable in one.get("env") or ()}
        ours = {name for name in names if name.startswith("ASSAY_") and not name.startswith(PARAMETER)}
        assert ours <= {*HANDED, "ASSAY_SCORER_CONTEXT"}


@pytest.mark.parametrize("mode", ["run", "idle"])
@pytest.mark.parametrize("root", [OVERLAY, Root("Copy", "", ["etc"])], ids=["overlay", "copy"])
def test_names_that_the_schema_should_have_refused_mean_nothing(root: Root, mode: devbox_pod.Mode) -> None:
    env = [{"name": name, "value": value} for name, value in {**FORGED, "ASSAY_RUN": "r"}.items()]
    spec = DevboxSpec.model_validate({"image": "i", "command": ["x"], "launchCommands": ["y"], "env": env})
    made = devbox_pod.pod(existing("Devbox", "d"), spec, IMAGE, SETTINGS, root, mode)
    for one in containers(made):
        if one["command"][0] == pod_parts.ENVIRON:
            started = script(one["command"])
            assert not FORGED.keys() & {*started.control, *started.seen}
            assert "ASSAY_RUN" in started.seen


@pytest.mark.parametrize("box", [OVERLAID, COPIED], ids=["overlay", "copy"])
def test_an_author_cannot_steer_the_scripts_that_score(box: Devbox) -> None:
    env = [{"name": name, "value": value} for name, value in FORGED.items()]
    for job in scorer_job.jobs(RUN, pinned_functions(environment={"image": "x", "env": env}), box, SETTINGS):
        for one in job["spec"]["template"]["spec"]["containers"]:
            started = script(one["command"])
            assert "ASSAY_KEEP" not in {*started.control, *started.seen}
            assert started.control.get("ASSAY_NESTED_USERNS") is None
            assert set(started.seen) <= {"HOME", "ASSAY_SCORER_CONTEXT"}


def test_the_contract_s_variables_reach_what_runs_its_functions_and_an_image_s_do_not() -> None:
    environment = {"image": "x", "env": [{"name": "UV_INDEX_URL", "value": "https://index"}]}
    made = scorer_job.jobs(
        RUN, pinned_functions("python", "hidden", environment=environment), COPIED, SETTINGS
    )
    commands = {
        one["name"]: one["command"] for job in made for one in job["spec"]["template"]["spec"]["containers"]
    }
    python = script(script(commands["python"]).args[3:])
    assert (python.name, python.control) == ("python.sh", {})
    assert python.seen == ["HOME", "UV_INDEX_URL", "ASSAY_DEVBOX", "ASSAY_DEVBOX_WORKDIR", "ASSAY_RESULTS"]
    bash = script(commands["hidden"]).args[3:]
    assert bash == [
        pod_parts.ENVIRON,
        "bash",
        "UV_INDEX_URL",
        "--",
        "/.assay/toolbox/bash",
        "/.assay/files/script",
    ]


def test_control_variables_arrive_as_written() -> None:
    text = "$(HOME) $$ $"
    command = pod_parts.script("x.sh", control={"ASSAY_RESTORE": text})
    assert [expand(word, {"HOME": "/root"}) for word in command][3] == f"ASSAY_RESTORE={text}"


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
    made = devbox_pod.pod(existing("Devbox", "d"), DevboxSpec(image="i"), IMAGE, settings, OVERLAY)
    jobs = scorer_job.jobs(RUN, pinned(), OVERLAID, settings)
    for one in (container for pod in (made, *jobs) for container in containers(pod)):
        assert ("ASSAY_NESTED_USERNS" in script(one["command"]).control) is wanted
