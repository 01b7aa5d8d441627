"""Each type of scoring function on the cluster, reusable Scorers, and a Scorer tried without a scenario."""

from __future__ import annotations

import json
from typing import Any

from tests.tools.kube import apply, condition, get, wait

from .disks import until_reason
from .objects import (
    bash,
    finished,
    image,
    obj,
    python_image,
    run_one,
    scenario,
    scenario_run,
    shell,
)
from .pytests import PROJECT, TESTS, pytest_function, pytest_scenario, scores


def test_every_type_of_function(namespace: str) -> None:
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "hidden"},
        "stringData": {"test_add.py": TESTS, "check.sh": "grep -q 'a + b' add.py && echo 0.75 || echo 0"},
    }
    apply(namespace, secret)
    sub = {"failToPass": ["tests.test_add.TestSub::test_sub"], "passToPass": ["test_add", "test_zero"]}
    from_secret = [
        {"secretRef": {"name": "hidden"}, "items": [{"key": "test_add.py", "path": "tests/test_x.py"}]}
    ]
    sub_score = "import os, json; d = os.environ['ASSAY_DEVBOX_WORKDIR']; s = open(d + '/add.py').read();"
    functions = [
        {
            "name": "bash",
            "type": "BashScript",
            "bashScript": {"secretKeyRef": {"name": "hidden", "key": "check.sh"}},
        },
        {"name": "command", "type": "Command", "command": {"command": ["python3", "-c", "import add"]}},
        {
            "name": "python",
            "type": "PythonScript",
            "pythonScript": {"script": f"{sub_score} print(s.count('return') / 4)"},
        },
        pytest_function("exit-code"),
        pytest_function("fraction", {}),
        pytest_function("named", sub),
        pytest_function("all-or-nothing", {**sub, "allOrNothing": True}),
        pytest_function("from-secret", {}, files=[], **{"from": from_secret}),
        {"name": "found", "type": "AstGrep", "astGrep": {"pattern": "return $A + $B", "language": "python"}},
        {"name": "absent", "type": "AstGrep", "astGrep": {"pattern": "eval($A)", "language": "python"}},
        {
            "name": "reported",
            "type": "BashScript",
            "bashScript": {
                "script": 'echo \'{"scores": {"style": 0.25}, "comment": "could be better"}\' '
                '> "$ASSAY_RESULTS/result.json"; echo 0.5'
            },
        },
        {**bash("lenient", "echo no number"), "onError": "Zero"},
    ]
    run = run_one(namespace, shell(PROJECT), *pytest_scenario("all", *functions))
    assert scores(run) == {
        "bash": 0.75,
        "command": 1.0,
        "python": 0.5,
        "exit-code": 0.0,
        "fraction": 0.75,
        "named": 0.666667,
        "all-or-nothing": 0.0,
        "from-secret": 0.75,
        "found": 1.0,
        "absent": 0.0,
        "reported": 0.5,
        "lenient": 0.0,
    }, json.dumps(run["status"]["scores"], indent=1)
    by_name = {one["name"]: one for one in run["status"]["scores"]}
    assert by_name["reported"]["subscores"] == {"style": 0.25}
    assert by_name["reported"]["comment"] == "could be better"
    assert by_name["lenient"]["state"] == "Error"
    assert "test_sub" in by_name["fraction"]["message"]


def test_judge_with_an_image_of_its_own(namespace: str) -> None:
    """It sees the agent's tree read-only, its own tools, and its own secret."""
    apply(
        namespace,
        {
            "apiVersion": "v1",
            "kind": "Secret",
            "metadata": {"name": "key"},
            "stringData": {"token": "s3cret"},
        },
    )
    script = """
import os, pathlib
assert os.environ["TOKEN"] == "s3cret"
answer = pathlib.Path(os.environ["ASSAY_DEVBOX"], "answer").read_text().strip()
assert not pathlib.Path("/answer").exists()
try:
    pathlib.Path("/devbox/x").write_text("x")
    print("score=0.1")
except OSError:
    print("score=0.9" if answer == "42" else "score=0.2")
"""
    judge = {
        "name": "judge",
        "type": "PythonScript",
        "image": python_image(),
        "pythonScript": {"script": script},
        "env": [{"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "key", "key": "token"}}}],
    }
    steal = bash("other", 'test -z "${TOKEN:-}" && echo 1 || echo 0')
    run = run_one(namespace, shell("echo 42 > /answer"), scenario("judged", judge, steal))
    assert scores(run) == {"judge": 0.9, "other": 1.0}, run["status"]["scores"]


SCORER = {
    "type": "BashScript",
    "bashScript": {
        "script": 'limit=$(echo "$ASSAY_SCORER_CONTEXT" | sed \'s/.*"limit": *\\([0-9]*\\).*/\\1/\')\n'
        'test "$(wc -c < /answer)" -le "$limit" && echo 1 || echo 0'
    },
    "parametersSchema": {
        "type": "object",
        "properties": {"limit": {"type": "integer", "minimum": 1}},
        "required": ["limit"],
        "additionalProperties": False,
    },
}


def custom(**parameters: Any) -> dict[str, Any]:
    """A function by the Scorer above."""
    return {
        "name": "short",
        "type": "Custom",
        "custom": {"scorerRef": {"name": "short"}, "parameters": parameters},
    }


def test_reusable_scorer_with_parameters(namespace: str) -> None:
    apply(namespace, scenario("good", custom(limit=10)), scenario("bad", custom(limit="ten")))
    until_reason(namespace, "scenario", "good", "ScorerNotFound")
    apply(namespace, obj("Scorer", "short", SCORER))
    wait(namespace, "Ready", "scorer/short", "scenario/good")
    refused = until_reason(namespace, "scenario", "bad", "ParametersInvalid")
    assert "scoringFunctions[short].custom.parameters.limit" in refused["message"]
    assert "is not of type 'integer'" in refused["message"]
    assert get(namespace, "scorer", "short")["status"]["users"] == 2
    apply(namespace, scenario_run("run", "good", shell("echo 42 > /answer")))
    assert finished(namespace, "run")["status"]["score"] == 1.0
    before = get(namespace, "scenario", "good")["status"]["contentHash"]
    edited = {**SCORER, "bashScript": {"script": "echo 0.5"}}
    apply(namespace, obj("Scorer", "short", edited), scenario_run("later", "good", {"type": "Nop"}))
    assert finished(namespace, "later")["status"]["score"] == 0.5
    assert get(namespace, "scenario", "good")["status"]["contentHash"] != before
    pinned = get(namespace, "scenariorun", "run")["status"]["pinned"]
    assert pinned["contentHash"] == before
    assert pinned["scorers"][0]["scorer"] == "short"


def test_scorer_is_tried_without_scenario_and_agent(namespace: str) -> None:
    apply(namespace, obj("Scorer", "short", SCORER))
    dry = {"scorer": {"scorerRef": {"name": "short"}, "parameters": {"limit": 10}}}
    environment = {"image": image(), "launchCommands": ["echo 42 > /answer"], "disk": {"size": "64Mi"}}
    apply(namespace, obj("ScenarioRun", "fresh", {"dryRun": {**dry, "environment": environment}}))
    assert finished(namespace, "fresh")["status"]["score"] == 1.0
    apply(
        namespace,
        obj("Devbox", "box", {"image": image(), "launchCommands": ["echo 1234567890123 > /answer"]}),
    )
    apply(namespace, obj("DiskSnapshot", "frozen", {"devboxRef": {"name": "box"}}))
    wait(namespace, "Ready", "disksnapshot/frozen")
    environment = {"diskSnapshotRef": {"name": "frozen"}}
    apply(namespace, obj("ScenarioRun", "kept", {"dryRun": {**dry, "environment": environment}}))
    assert finished(namespace, "kept")["status"]["score"] == 0.0


def test_broken_schema_is_named(namespace: str) -> None:
    apply(namespace, obj("Scorer", "odd", {**SCORER, "parametersSchema": {"type": "nonsense"}}))
    message = until_reason(namespace, "scorer", "odd", "SchemaInvalid")["message"]
    assert "nonsense" in message
    assert condition(get(namespace, "scorer", "odd"), "Ready")["status"] == "False"
