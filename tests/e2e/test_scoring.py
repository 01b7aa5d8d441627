"""Runs and their scores on the cluster: how agents and scorers end, and what is said of it."""

from __future__ import annotations

from tests.tools.kube import apply, condition, get, kubectl

from .objects import bash, command, eventually, finished, run_one, scenario, scenario_run, shell


def test_weighted_partial_credit_with_every_detail_in_status(namespace: str) -> None:
    run = run_one(
        namespace,
        shell(
            "test -s $ASSAY_PROBLEM_FILE && echo 42 > /answer; echo $ASSAY_PARAM_COLOUR > /colour; rm /etc/motd"
        ),
        scenario(
            "weighted",
            bash("fraction", "grep -q 42 /answer || exit 1\necho progress\necho score=0.5\nexit 7", weight=3),
            command("colour", "grep", "-q", "green", "/colour", weight=2),
            command("deleted", "test", "-e", "/etc/motd", weight=1),
        ),
        parameters=[{"name": "colour", "value": "green"}],
    )
    status = run["status"]
    assert status["score"] == round((3 * 0.5 + 2 * 1 + 0) / 6, 6)
    assert status["passed"] is False
    by_name = {score["name"]: score for score in status["scores"]}
    assert by_name["fraction"]["score"] == 0.5  # a printed score wins over the exit code
    assert by_name["fraction"]["exitCode"] == 7
    assert "progress" in by_name["fraction"]["message"]
    assert by_name["deleted"]["score"] == 0.0
    assert by_name["colour"]["state"] == "Complete"
    assert status["agent"]["reason"] == "Completed"
    assert status["pinned"]["image"]["reference"].count("@sha256:") == 1


def test_agent_that_runs_too_long_is_stopped_and_scored(namespace: str) -> None:
    run = run_one(
        namespace,
        shell("echo 42 > /answer; trap '' TERM; sleep 600"),
        scenario("slow", command("answer", "grep", "-q", "42", "/answer"), timeouts={"agentSeconds": 5}),
    )
    assert condition(run, "AgentFinished")["reason"] == "DeadlineExceeded"
    assert run["status"]["score"] == 1.0


def test_agent_that_fails_is_scored_by_what_it_left(namespace: str) -> None:
    run = run_one(
        namespace,
        shell("echo 42 > /answer; echo went wrong >&2; exit 3"),
        scenario("failing", command("answer", "grep", "-q", "42", "/answer")),
    )
    assert run["status"]["agent"]["exitCode"] == 3
    assert "went wrong" in run["status"]["agent"]["message"]
    assert run["status"]["score"] == 1.0


def test_scorer_without_a_number_leaves_the_run_unscored(namespace: str) -> None:
    run = run_one(namespace, {"type": "Nop"}, scenario("mute", bash("mute", "echo all good")))
    failed = condition(run, "Failed")
    assert failed["reason"] == "NoScore"
    assert "all good" in failed["message"]
    assert "score=<float>" in failed["message"]
    assert "score" not in run["status"]


def test_scorer_that_takes_too_long_leaves_the_run_unscored(namespace: str) -> None:
    run = run_one(namespace, {"type": "Nop"}, scenario("stuck", bash("stuck", "sleep 600", timeoutSeconds=3)))
    assert condition(run, "Failed")["reason"] == "Timeout"
    assert "timeoutSeconds" in condition(run, "Failed")["message"]
    assert "score" not in run["status"]


def test_reference_patch_is_applied_as_the_images_user(namespace: str) -> None:
    patch = "--- /dev/null\n+++ b/answer.txt\n@@ -0,0 +1 @@\n+42\n"
    run = run_one(
        namespace,
        {"type": "Reference"},
        scenario(
            "patched",
            command("answer", "grep", "-qx", "42", "/srv/answer.txt"),
            workingDir="/srv",
            referenceOutput={"patch": patch},
        ),
    )
    assert run["status"]["score"] == 1.0


def test_reference_that_does_not_apply_is_said(namespace: str) -> None:
    patch = "--- a/none.txt\n+++ b/none.txt\n@@ -1 +1 @@\n-old\n+new\n"
    run = run_one(
        namespace,
        {"type": "Reference"},
        scenario("unpatched", command("true", "true"), referenceOutput={"patch": patch}),
    )
    failed = condition(run, "Failed")
    assert failed["reason"] == "ReferenceNotApplied"
    assert "none.txt" in failed["message"]


def test_missing_secret_is_named_while_the_run_waits(namespace: str) -> None:
    agent = shell("true", envFrom=[{"secretRef": {"name": "api-keys"}}])
    definition = scenario("secretive", command("true", "true"))
    apply(namespace, definition, scenario_run("secretive", "secretive", agent))

    def waiting() -> str | None:
        complete = condition(get(namespace, "scenariorun", "secretive"), "Complete")
        return complete["message"] if complete.get("reason") == "CreateContainerConfigError" else None

    assert "api-keys" in eventually(waiting, 60, lambda: str(get(namespace, "scenariorun", "secretive")))
    kubectl("create", "secret", "generic", "api-keys", "-n", namespace, "--from-literal=KEY=value")
    assert finished(namespace, "secretive")["status"]["score"] == 1.0
