"""Scoring functions → Jobs: what a file to read would not show."""

from __future__ import annotations

import json
from typing import Any

import pytest

from assay.api.devbox import Devbox
from assay.api.scoring import ScoringFunction
from assay.specs import names, scorer_files
from assay.specs.scorer_container import root_of
from assay.specs.scorer_job import Scorers
from tests.unit.specs.commands import flags, line
from tests.unit.specs.expansion import expand
from tests.unit.specs.objects import SETTINGS, Obj, devbox, pinned, pinned_functions, run, scorer_jobs

RUN = run()
OVERLAY = devbox("r", rootFilesystem="Overlay")
COPY = devbox("r", rootFilesystem="Copy", directories=["etc", "usr"])


def pods(box: Devbox, *only: str) -> dict[str, Obj]:
    """Job's name → spec of its pods."""
    made = scorer_jobs(RUN, pinned_functions(*only), box, SETTINGS)
    return {job["metadata"]["name"]: job["spec"]["template"]["spec"] for job in made}


def container(box: Devbox, name: str) -> Obj:
    [pod] = pods(box, name).values()
    [made] = pod["containers"]
    found: Obj = made
    return found


def environment(made: Obj) -> dict[str, str]:
    return {one["name"]: expand(one.get("value", ""), {}) for one in made["env"]}


def mounted(made: Obj) -> dict[str, Obj]:
    return {mount["mountPath"]: mount for mount in made["volumeMounts"]}


def test_functions_are_apart_by_what_they_may_reach() -> None:
    everything = pinned_functions()
    made = scorer_jobs(RUN, everything, OVERLAY, SETTINGS)
    found = {
        job["metadata"]["name"]: (
            job["spec"]["template"]["metadata"]["labels"]["assay.dev/egress"],
            [one["name"] for one in job["spec"]["template"]["spec"]["containers"]],
        )
        for job in made
    }
    assert found == {
        "r-score-dca76eb8": ("none", ["hidden", "shared", "tests", "plain", "pattern", "custom"]),
        "r-score-internet-dca76eb8": ("internet", ["python"]),
        "r-score-any-dca76eb8": ("any", ["judge"]),
    }
    assert Scorers(everything.scenario.scoring_contract.scoring_functions).names(RUN) == list(found)


@pytest.mark.parametrize(
    ("function", "root"),
    [
        ({"type": "BashScript"}, "Merged"),
        ({"type": "Command"}, "Merged"),
        ({"type": "TestFiles"}, "Merged"),
        ({"type": "PythonScript"}, "Clean"),
        ({"type": "AstGrep"}, "Clean"),
        ({"type": "BashScript", "image": "x"}, "Clean"),
        ({"type": "PythonScript", "root": "Merged"}, "Merged"),
        ({"type": "Command", "root": "Clean"}, "Clean"),
    ],
)
def test_the_safe_root_is_the_default_where_it_can_be(function: Obj, root: str) -> None:
    assert root_of(ScoringFunction.model_validate({"name": "f", **function})) == root


def test_a_function_with_its_own_image_sees_both() -> None:
    made = container(OVERLAY, "judge")
    assert made["image"].startswith("judge.example.test/judge@sha256:")
    given = flags(made)
    assert [given[name] for name in ("user", "working-dir", "timeout")] == [["0"], ["/judge"], ["60"]]
    assert (given["root"], given["environment-working-dir"]) == (["Clean"], ["/src"])
    [pod] = pods(OVERLAY, "judge").values()
    images = {v["name"]: v["image"]["reference"] for v in pod["volumes"] if "image" in v}
    mount = mounted(made)[given["image"][0]]
    assert images[mount["name"]] == pinned().image.reference
    assert mount["readOnly"]


def test_what_is_in_secrets_is_mounted_by_its_function_only() -> None:
    for pod in pods(OVERLAY).values():
        volumes = {
            volume["name"]
            for volume in pod["volumes"]
            if any("secret" in one for one in volume.get("projected", {}).get("sources", ()))
        }
        users = [
            (one["name"], mount["name"])
            for one in pod["containers"]
            for mount in one["volumeMounts"]
            if mount["name"] in volumes
        ]
        assert sorted(volumes) == sorted(volume for _, volume in users), "each by one container"
        assert {name for name, _ in users} <= {"hidden", "tests"}
    everything = [one for pod in pods(OVERLAY).values() for one in pod["containers"]]
    assert [one["name"] for one in everything if "envFrom" in one] == ["hidden"]
    assert [one["name"] for one in everything if "KEY" in environment(one)] == ["judge"]


def test_patterns_and_parameters_arrive_as_written() -> None:
    started = line(line(container(OVERLAY, "pattern")["command"]).words)
    assert (started.name, started.flags) == ("ast-grep", {"language": ["python"]})
    assert container(OVERLAY, "pattern")["command"][-2:] == ["print($$$$$$ARGS)", "src"]
    assert started.words[-1] == "src"
    context = json.loads(environment(container(OVERLAY, "custom"))["ASSAY_SCORER_CONTEXT"])
    assert context == {"limit": 3, "note": "costs $(HOME) $5"}
    assert "ASSAY_SCORER_CONTEXT" not in environment(container(OVERLAY, "plain"))


@pytest.mark.parametrize(("name", "has_tools"), [("pattern", True), ("python", True), ("hidden", False)])
@pytest.mark.parametrize("box", [OVERLAY, COPY], ids=["overlay", "copy"])
def test_functions_that_need_tools_have_them(box: Devbox, name: str, has_tools: bool) -> None:
    [pod] = pods(box, name).values()
    assert ("/.assay/tools" in mounted(pod["containers"][0])) is has_tools
    assert ("tools" in {volume["name"] for volume in pod["volumes"]}) is has_tools


def test_the_flags_of_a_test_files_function() -> None:
    given = flags(container(OVERLAY, "tests"))
    assert given["restore"] == ["tests", "pyproject.toml"]
    assert (given["junit"], given["all-or-nothing"]) == (["junit.xml"], [""])
    plain = container(OVERLAY, "plain")
    assert not {"restore", "junit", "all-or-nothing"} & flags(plain).keys()
    assert "/.assay/expect" not in mounted(plain)


def test_the_own_environment_wins_over_the_scenarios() -> None:
    environment_of_all = {
        "image": "x",
        "env": [{"name": "LANG", "value": "C"}, {"name": "PLAIN", "value": "1"}],
    }
    made = pinned_functions("judge", "plain", environment=environment_of_all)
    jobs = scorer_jobs(RUN, made, OVERLAY, SETTINGS)
    found = {c["name"]: environment(c) for j in jobs for c in j["spec"]["template"]["spec"]["containers"]}
    assert (found["judge"]["LANG"], found["judge"]["PLAIN"]) == ("judge", "1")
    assert found["plain"]["LANG"] == "C"


@pytest.mark.parametrize(
    "pair",
    [("a", "a-script"), ("a" * 63, "a" * 62 + "b"), ("a" * 56, "a" * 57)],
    ids=["one is the other's file", "end differs", "length differs"],
)
def test_files_of_functions_are_apart(pair: tuple[str, str]) -> None:
    member = {"script": "x", "requirements": "x"}
    functions = [
        ScoringFunction.model_validate({"name": name, "type": "PythonScript", "pythonScript": member})
        for name in pair
    ]
    assert len(scorer_files.inline_files(functions)) == 4
    assert len({volume["name"] for volume in scorer_files.volumes(functions)}) == 2


# --- copied root file systems ---


def test_a_copy_needs_no_privilege() -> None:
    [pod] = pods(COPY, "hidden", "tests", "shared").values()
    assert "hostUsers" not in pod
    for one in (*pod["containers"], *pod["initContainers"]):
        assert "add" not in one["securityContext"].get("capabilities", {})
        assert not one["securityContext"].get("privileged")
    assert not [volume for volume in pod["volumes"] if "image" in volume]


def test_a_function_that_writes_has_a_copy_of_its_own() -> None:
    [pod] = pods(COPY, "hidden", "plain", "shared").values()
    copied: dict[str, Any] = {one["name"]: mounted(one) for one in pod["containers"]}
    assert copied["hidden"]["/usr"]["subPath"] == "hidden/root/usr"
    assert copied["plain"]["/usr"]["subPath"] == "plain/root/usr"
    assert "/usr" not in copied["shared"], "clean"
    assert copied["shared"]["/devbox"] == {
        "name": "disk",
        "mountPath": "/devbox",
        "subPath": "root",
        "readOnly": True,
    }


def test_files_of_the_image_are_saved_for_functions_that_restore_them() -> None:
    [pod] = pods(COPY, "hidden", "plain", "tests", "shared").values()
    copies = {
        tuple(line(one["command"]).words): flags(one).get("restore")
        for one in pod["initContainers"]
        if "copy-disk" in one["command"]
    }
    assert copies == {("hidden", "plain"): None, ("tests",): ["tests", "pyproject.toml"]}


@pytest.mark.parametrize(("only", "bytes_each"), [(("hidden",), 4080), (("hidden", "plain", "tests"), 2032)])
def test_containers_that_only_prepare_share_the_messages_too(only: tuple[str, ...], bytes_each: int) -> None:
    [pod] = pods(COPY, *only).values()
    sizes = {int(flags(one)["message-bytes"][0]) for one in pod["containers"]}
    assert sizes == {bytes_each}
    assert (bytes_each + 16) * (len(pod["containers"]) + len(pod["initContainers"])) <= 12288


def test_names_are_labels() -> None:
    for name in Scorers(pinned_functions().scenario.scoring_contract.scoring_functions).names(run("r" * 63)):
        assert len(name) <= names.NAME_MAX


def test_no_other_run_has_the_name_of_a_scorer_job() -> None:
    """The Job in which an agent works has the name of its run."""
    [name] = Scorers(pinned().scenario.scoring_contract.scoring_functions).names(run("x"))
    assert name.startswith("x-score-")
    assert name.endswith(names.content_hash(run("x").uid)[:8])


def command_with(box: Devbox, **fields: str | None) -> list[str]:
    """The command line of a function's container whose contract sets these fields."""
    [function] = pinned_functions("tests").scenario.scoring_contract.scoring_functions
    made = pinned_functions("tests").model_copy(deep=True)
    made.scenario.scoring_contract.scoring_functions = [function.model_copy(update=fields)]
    [job] = scorer_jobs(RUN, made, box, SETTINGS)
    [scorer] = job["spec"]["template"]["spec"]["containers"]
    command: list[str] = scorer["command"]
    return command


@pytest.mark.parametrize(("output", "is_hidden"), [(None, False), ("Shown", False), ("Hidden", True)])
@pytest.mark.parametrize("box", [OVERLAY, COPY], ids=["Overlay", "Copy"])
def test_the_runner_hides_the_output_that_is_to_be_hidden(
    box: Devbox, output: str | None, is_hidden: bool
) -> None:
    assert ("--hide-output" in command_with(box, output=output)) is is_hidden


@pytest.mark.parametrize(("links", "are_followed"), [(None, False), ("Refused", False), ("Followed", True)])
def test_links_are_followed_where_the_contract_says_so(links: str | None, are_followed: bool) -> None:
    assert ("--follow-links" in command_with(OVERLAY, devbox_links=links)) is are_followed
