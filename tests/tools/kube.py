"""kubectl and helm as a user runs them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable
from typing import Any

import yaml


class CommandFailed(Exception):
    """A command that ended badly, with all it said."""

    def __init__(self, args: Iterable[str], output: str) -> None:
        super().__init__(f"{' '.join(args)}\n{output}")
        self.output = output


def run(*args: str, stdin: str | None = None, timeout: float = 600) -> str:
    """Standard output of a command; CommandFailed if it fails."""
    done = subprocess.run(args, input=stdin, capture_output=True, text=True, timeout=timeout, check=False)
    if done.returncode:
        raise CommandFailed(args, done.stdout + done.stderr)
    return done.stdout


def kubectl(*args: str, stdin: str | None = None, timeout: float = 600) -> str:
    """Run kubectl against the current cluster."""
    return run("kubectl", *args, stdin=stdin, timeout=timeout)


def refusal(*args: str, stdin: str | None = None) -> str:
    """What kubectl says when it fails; empty if it does not."""
    try:
        kubectl(*args, stdin=stdin)
    except CommandFailed as error:
        return error.output
    return ""


def helm(*args: str) -> str:
    """Run helm against the current cluster."""
    return run("helm", *args)


def get(namespace: str, *args: str) -> Any:
    """`kubectl get … -o json`, parsed; a list's items where several are asked for."""
    parsed = json.loads(kubectl("get", "-n", namespace, *args, "-o", "json"))
    return parsed["items"] if parsed.get("kind") == "List" else parsed


def apply(namespace: str, *manifests: dict[str, Any]) -> None:
    """`kubectl apply` of objects."""
    kubectl("apply", "-n", namespace, "-f", "-", stdin=yaml.safe_dump_all(manifests))


def create_namespace(name: str) -> None:
    """A namespace in which devboxes may run."""
    labels = {"pod-security.kubernetes.io/enforce": "privileged"}
    apply("default", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}})


def wait(namespace: str, condition: str, *names: str, timeout: int = 300) -> None:
    """`kubectl wait --for=condition=…` of objects named kind/name."""
    kubectl("wait", "-n", namespace, f"--for=condition={condition}", f"--timeout={timeout}s", *names)


def condition(obj: dict[str, Any], type_: str) -> dict[str, Any]:
    """A condition of an object's status; empty where there is none."""
    found: list[dict[str, Any]] = (obj.get("status") or {}).get("conditions") or []
    return next((c for c in found if c["type"] == type_), {})
