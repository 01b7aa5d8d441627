"""Blueprints: real builds, their failures, and what is not built twice."""

from __future__ import annotations

from tests.tools.kube import apply, condition, get, wait

from .objects import eventually, obj

DOCKERFILE = """\
FROM debian:trixie-slim
ARG GREETING=none
RUN echo "$GREETING" > /greeting && useradd --create-home worker
COPY hello.txt /hello.txt
ENV COLOUR=green
WORKDIR /home/worker
USER worker
"""


def test_image_config_is_reported_and_equal_content_is_built_once(namespace: str) -> None:
    context = {
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {"name": "files", "labels": {"assay.dev/build-context": "true"}},
        "data": {"hello.txt": f"hello {namespace}\n"},
    }
    spec = {
        "dockerfile": DOCKERFILE,
        "context": {"configMap": {"name": "files"}},
        "buildArgs": [{"name": "GREETING", "value": namespace}],
    }
    apply(namespace, context, obj("Blueprint", "first", spec))
    wait(namespace, "Ready", "blueprint/first")
    first = get(namespace, "blueprint", "first")["status"]
    assert first["image"]["user"] == "worker"
    assert first["image"]["workingDir"] == "/home/worker"
    assert {"name": "COLOUR", "value": "green"} in first["image"]["env"]
    assert "@sha256:" in first["image"]["reference"]
    assert first["build"]["cached"] is False

    apply(namespace, obj("Blueprint", "second", spec))
    wait(namespace, "Ready", "blueprint/second")
    second = get(namespace, "blueprint", "second")["status"]
    assert second["image"]["reference"] == first["image"]["reference"]
    assert second["build"]["cached"] is True
    assert len(get(namespace, "jobs")) == 1

    # A changed context is another content, and so another image.
    context["data"]["hello.txt"] = "changed\n"  # type: ignore[index]
    apply(namespace, context)

    def rebuilt() -> str | None:
        status = get(namespace, "blueprint", "first")["status"]
        reference: str | None = (status.get("image") or {}).get("reference")
        return reference if reference and reference != first["image"]["reference"] else None

    eventually(rebuilt, 180, lambda: str(get(namespace, "blueprint", "first")["status"]))


def test_failing_build_names_the_step_and_its_last_lines(namespace: str) -> None:
    dockerfile = "FROM debian:trixie-slim\nRUN echo before\nRUN echo the-reason-is-here >&2; exit 3\n"
    apply(namespace, obj("Blueprint", "broken", {"dockerfile": dockerfile}))
    wait(namespace, "Ready=False", "blueprint/broken")

    def failed() -> dict[str, str] | None:
        ready = condition(get(namespace, "blueprint", "broken"), "Ready")
        return ready if ready.get("reason") == "BuildFailed" else None

    ready = eventually(failed, 180, lambda: str(get(namespace, "blueprint", "broken")))
    assert "[3/3] RUN echo the-reason-is-here" in ready["message"]
    assert "exit code: 3" in ready["message"]
    status = get(namespace, "blueprint", "broken")["status"]
    assert status["build"]["failedStep"].startswith("[3/3] RUN")


def test_missing_context_is_said_and_cured_by_creating_it(namespace: str) -> None:
    spec = {
        "dockerfile": "FROM debian:trixie-slim\nCOPY late.txt /\n",
        "context": {"configMap": {"name": "late"}},
    }
    apply(namespace, obj("Blueprint", "waiting", spec))

    def missing() -> str | None:
        ready = condition(get(namespace, "blueprint", "waiting"), "Ready")
        return ready["message"] if ready.get("reason") == "ContextNotFound" else None

    assert "late" in eventually(missing, 60, lambda: str(get(namespace, "blueprint", "waiting")))
    labels = {"assay.dev/build-context": "true"}
    config_map = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "late", "labels": labels}}
    apply(namespace, {**config_map, "data": {"late.txt": f"{namespace}\n"}})
    wait(namespace, "Ready", "blueprint/waiting")
