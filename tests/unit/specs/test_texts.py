"""Texts that are too large for the annotations of a pod are in ConfigMaps."""

from __future__ import annotations

import pytest

from assay.specs import run_job, texts
from assay.specs.scorer_job import Scorers
from tests.unit.specs.objects import SETTINGS, Obj, devbox, pinned, run, scorer_jobs

RUN = run()


def contract(*contents: str) -> Obj:
    """A contract of one function with these test files, and one with a short script."""
    files = [{"path": f"tests/{number}", "content": text} for number, text in enumerate(contents)]
    tests = {"name": "tests", "type": "TestFiles", "testFiles": {"files": files, "command": ["true"]}}
    script = {"name": "script", "type": "BashScript", "bashScript": {"script": "echo 1"}}
    functions = [{**one, "placement": "SamePod"} for one in (tests, script)]
    return {"scoringContract": {"scoringFunctions": functions}}


def job(*contents: str) -> Obj:
    [made] = scorer_jobs(RUN, pinned(**contract(*contents)), devbox("r"))
    return made


def template(manifest: Obj) -> Obj:
    found: Obj = manifest["spec"]["template"]
    return found


def test_texts_that_fit_stay_annotations() -> None:
    made = job("x" * 1000)
    assert texts.carried(made) == [made]


LARGE = ["x" * 60_000] * 5


@pytest.mark.parametrize("contents", [LARGE, ["本" * 60_000] * 2], ids=["many", "of many bytes"])
def test_large_texts_are_in_config_maps(contents: list[str]) -> None:
    made = job(*contents)
    *config_maps, carried = texts.carried(made)
    assert not template(carried)["metadata"]["annotations"]
    assert len(config_maps) == 2, "one for each volume, so that no function sees the files of another"
    for one in config_maps:
        assert one["metadata"]["ownerReferences"] == made["metadata"]["ownerReferences"]
        assert (one["kind"], one["immutable"]) == ("ConfigMap", True)
    data = {name: content for one in config_maps for name, content in one["data"].items()}
    assert sorted(data.values()) == sorted([*contents, "echo 1"])
    files = {
        item["path"]: data[item["key"]]
        for volume in template(carried)["spec"]["volumes"]
        for source in volume.get("projected", {}).get("sources", ())
        for item in source["configMap"]["items"]
    }
    assert files == {**{f"tests/{number}": text for number, text in enumerate(contents)}, "script": "echo 1"}


def test_a_config_map_is_never_too_large() -> None:
    *config_maps, _ = texts.carried(job(*["本" * 60_000] * 20))
    sizes = [sum(len(text.encode()) for text in one["data"].values()) for one in config_maps]
    assert max(sizes) <= texts.CONFIG_MAP_MAX
    assert sum(sizes) == 20 * 180_000 + len("echo 1")


def test_other_content_has_another_name() -> None:
    first, second = (texts.carried(job(*LARGE, more))[0] for more in ("one", "two"))
    assert first["metadata"]["name"] != second["metadata"]["name"]


def test_the_manifest_itself_is_left_as_it_was() -> None:
    made = job(*LARGE)
    before = str(made)
    texts.carried(made)
    assert str(made) == before


def test_a_run_with_large_texts_has_a_devbox_that_owns_them() -> None:
    assert run_job.functions_beside(RUN, pinned(**contract("x")), SETTINGS) == ["tests", "script"]
    large = pinned(**contract(*LARGE))
    assert run_job.functions_beside(RUN, large, SETTINGS) == []
    assert Scorers(large.scenario.scoring_contract.scoring_functions).names(RUN) == ["r-score-dca76eb8"]
