"""Small objects for tests, as a user would write them."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any, TypeVar

from tests.tools.install import base_image
from tests.tools.kube import CommandFailed, apply, condition, get

API_VERSION = "assay.dev/v1alpha1"
PLACEMENT: str | None = None
"""Where the functions of scenarios work that do not say it; the fixture `each_placement` sets it."""
T = TypeVar("T")


def obj(kind: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    """An object of ours."""
    return {"apiVersion": API_VERSION, "kind": kind, "metadata": {"name": name}, "spec": spec}


@functools.cache
def image() -> str:
    """A Debian image that operator and nodes find in a registry."""
    return base_image()


@functools.cache
def python_image() -> str:
    """A Debian image with Python."""
    return base_image("python:3.13-slim")


def pytest_blueprint() -> dict[str, Any]:
    """An image with pytest and git, installed from Debian's packages; equal content is built once."""
    packages = "git patch python3-pytest"
    dockerfile = f"""FROM debian:trixie-slim
RUN apt-get update && apt-get install -y --no-install-recommends {packages} && rm -rf /var/lib/apt/lists/*
WORKDIR /work
"""
    return obj("Blueprint", "pytest", {"dockerfile": dockerfile})


def bash(name: str, script: str, **more: Any) -> dict[str, Any]:
    """A BashScript scoring function."""
    return {"name": name, "type": "BashScript", "bashScript": {"script": script}, **more}


def command(name: str, *words: str, **more: Any) -> dict[str, Any]:
    """A Command scoring function."""
    return {"name": name, "type": "Command", "command": {"command": list(words)}, **more}


def scenario(name: str, *functions: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A scenario on a plain Debian image, with a small disk."""
    placed = {"placement": PLACEMENT} if PLACEMENT else {}
    spec = {
        "problemStatement": "Write 42 into /answer.\n",
        "environment": {"image": image(), "disk": {"size": "64Mi"}},
        "scoringContract": {"scoringFunctions": [{**placed, **one} for one in functions]},
        **more,
    }
    return obj("Scenario", name, spec)


def shell(script: str, **more: Any) -> dict[str, Any]:
    """An inline agent that runs a shell script."""
    return {"type": "Command", "command": ["sh", "-c", script], **more}


def scenario_run(name: str, scenario_name: str, agent: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One attempt."""
    return obj("ScenarioRun", name, {"scenarioRef": {"name": scenario_name}, "agent": agent, **more})


def service_address(namespace: str, name: str) -> str:
    """The address of a Service."""
    address: str = get(namespace, "service", name)["spec"]["clusterIP"]
    return address


def finished(namespace: str, name: str, kind: str = "scenariorun", timeout: float = 240) -> dict[str, Any]:
    """The run, once it has ended in whatever way."""

    def ended() -> dict[str, Any] | None:
        run: dict[str, Any] = get(namespace, kind, name)
        over = any(condition(run, type_).get("status") == "True" for type_ in ("Complete", "Failed"))
        return run if over else None

    return eventually(ended, timeout, lambda: f"{kind}/{name} has not ended: {get(namespace, kind, name)}")


def run_one(namespace: str, agent: dict[str, Any], *manifests: dict[str, Any], **more: Any) -> dict[str, Any]:
    """Apply a scenario (the first manifest), run it once with the agent, return the finished run."""
    name = manifests[0]["metadata"]["name"]
    apply(namespace, *manifests, scenario_run(name, name, agent, **more))
    return finished(namespace, name)


def eventually(look: Callable[[], T | None], timeout: float, complaint: Callable[[], str]) -> T:
    """What `look` returns once it is not None; objects that do not exist yet are waited for."""
    end = time.monotonic() + timeout
    while time.monotonic() < end:
        try:
            if (found := look()) is not None:
                return found
        except CommandFailed as error:
            if "NotFound" not in error.output:
                raise
        time.sleep(0.5)
    raise AssertionError(f"after {timeout:.0f} s: {complaint()}")
