"""What keeps something from starting is told in the words of who refuses, within a minute; cured, it goes on."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tools.kube import apply, condition, get, kubectl

from .objects import bash, eventually, finished, image, obj, scenario, scenario_run, shell
from .pods import forbid_pods

NOP = {"type": "Nop"}
MINUTE = 60


def waits(namespace: str, kind: str, name: str, reason: str, type_: str = "Complete") -> str:
    """The message of the condition, once it has that reason."""

    def told() -> str | None:
        found = condition(get(namespace, kind, name), type_)
        return str(found["message"]) if found.get("reason") == reason else None

    return eventually(told, MINUTE + 30, lambda: str(get(namespace, kind, name)["status"]))


def test_a_volumes_secret_and_its_key_are_named(namespace: str) -> None:
    hidden: dict[str, Any] = {
        "name": "hidden",
        "type": "TestFiles",
        "testFiles": {
            "from": [{"secretRef": {"name": "nobody-made-me"}, "items": [{"key": "t.sh", "path": "t.sh"}]}],
            "command": ["sh", "t.sh"],
        },
    }
    script = {
        "name": "s",
        "type": "BashScript",
        "bashScript": {"secretKeyRef": {"name": "half", "key": "score.sh"}},
    }
    kubectl("create", "secret", "generic", "half", "-n", namespace, "--from-literal=other=x")
    apply(namespace, scenario("absent", hidden), scenario("half", script))
    apply(namespace, scenario_run("absent", "absent", NOP), scenario_run("half", "half", NOP))
    assert "nobody-made-me" in waits(namespace, "scenariorun", "absent", "FailedMount")
    message = waits(namespace, "scenariorun", "half", "FailedMount")
    assert "score.sh" in message
    assert "Secret half" in message
    assert get(namespace, "scenariorun", "half")["status"]["phase"] == "Pending"
    kubectl("create", "secret", "generic", "nobody-made-me", "-n", namespace, "--from-literal=t.sh=true")
    assert finished(namespace, "absent")["status"]["score"] == 1.0


def test_a_secret_of_a_functions_variables_is_missed_before_an_agent_works(namespace: str) -> None:
    token = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": "judge", "key": "token"}}}
    judge = bash(
        "judge", '[ "$TOKEN" = right ] && [ ! -e /.assay/required ] && echo 1 || echo 0', env=[token]
    )
    apply(namespace, scenario("late", {**judge, "placement": "SamePod"}))
    apply(namespace, scenario_run("late", "late", shell("true")))
    assert "judge" in waits(namespace, "scenariorun", "late", "FailedMount")
    assert "agent" not in get(namespace, "scenariorun", "late")["status"]
    kubectl("create", "secret", "generic", "judge", "-n", namespace, "--from-literal=token=right")
    assert finished(namespace, "late")["status"]["score"] == 1.0


def test_a_missing_config_map_is_named_before_an_agent_works(namespace: str) -> None:
    script = {
        "name": "s",
        "type": "BashScript",
        "bashScript": {"configMapKeyRef": {"name": "late", "key": "s.sh"}},
    }
    apply(namespace, scenario("late", script), scenario_run("late", "late", shell("true")))
    assert "no ConfigMap late" in waits(namespace, "scenariorun", "late", "ConfigMapNotFound")
    kubectl("create", "configmap", "late", "-n", namespace, "--from-literal=s.sh=echo 1")
    assert finished(namespace, "late")["status"]["score"] == 1.0


@pytest.mark.usefixtures("each_placement")
def test_a_quota_that_refuses_a_jobs_pod_is_quoted(namespace: str) -> None:
    quota = {
        "apiVersion": "v1",
        "kind": "ResourceQuota",
        "metadata": {"name": "team"},
        "spec": {"hard": {"limits.memory": "2Gi", "limits.cpu": "2"}},
    }
    resources = {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"cpu": "500m", "memory": "256Mi"}}
    environment = {"image": image(), "disk": {"size": "64Mi"}, "resources": resources}
    apply(namespace, quota, scenario("narrow", bash("one", "echo 1"), environment=environment))
    apply(namespace, scenario_run("narrow", "narrow", NOP))

    def told() -> str | None:
        found = condition(get(namespace, "scenariorun", "narrow"), "Complete")
        return str(found["message"]) if found.get("reason") in ("QuotaExceeded", "Forbidden") else None

    message = eventually(told, MINUTE + 30, lambda: str(get(namespace, "scenariorun", "narrow")["status"]))
    assert "quota" in message


def test_a_build_that_a_quota_refuses_says_so(namespace: str) -> None:
    forbid_pods(namespace)
    dockerfile = f"FROM debian:trixie-slim\nRUN echo {namespace}\n"
    apply(namespace, obj("Blueprint", "waits", {"dockerfile": dockerfile}))
    assert "exceeded quota" in waits(namespace, "blueprint", "waits", "QuotaExceeded", "Ready")


def test_a_storage_class_that_does_not_exist_is_named(namespace: str) -> None:
    environment = {"image": image(), "disk": {"size": "64Mi", "storageClassName": "no-such-class"}}
    apply(namespace, scenario("nowhere", bash("one", "echo 1"), environment=environment))
    apply(namespace, scenario_run("nowhere", "nowhere", NOP))
    assert "no-such-class" in waits(namespace, "scenariorun", "nowhere", "ProvisioningFailed")


CHAIN = " \\\n".join(f" && test -n 'check number {number:03} of many'" for number in range(60))
SAYS = "printf 'the %s is here\\n' cause >&2"


@pytest.mark.parametrize(
    "step",
    [
        f"RUN true{CHAIN} \\\n && {SAYS} && exit 3",
        f"RUN {SAYS}; head -c 6000 /dev/zero | tr '\\0' x; echo; exit 3",
    ],
    ids=["long command", "long line"],
)
def test_of_a_failing_build_with_long_lines_the_cause_is_in_the_message(namespace: str, step: str) -> None:
    dockerfile = f"FROM debian:trixie-slim\n{step}\nRUN echo never\n"
    apply(namespace, obj("Blueprint", "long", {"dockerfile": dockerfile}))

    def failed() -> str | None:
        found = condition(get(namespace, "blueprint", "long"), "Ready")
        return str(found["message"]) if found.get("reason") == "BuildFailed" else None

    message = eventually(failed, 180, lambda: str(get(namespace, "blueprint", "long")["status"]))
    assert "the cause is here" in message
    assert get(namespace, "blueprint", "long")["status"]["build"]["failedStep"].startswith("[2/3] RUN")


def test_an_image_may_have_variables_whose_names_no_pod_may_give(namespace: str) -> None:
    dockerfile = (
        f"FROM debian:trixie-slim\nENV discovery.type=single-node\nENV app-mode=quick\nENV NS={namespace}\n"
    )
    apply(namespace, obj("Blueprint", "dotted", {"dockerfile": dockerfile}))
    waits(namespace, "blueprint", "dotted", "ImageReady", "Ready")
    env = get(namespace, "blueprint", "dotted")["status"]["image"]["env"]
    assert {"name": "discovery.type", "value": "single-node"} in env
