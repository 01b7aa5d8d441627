"""One scoring function → its container: the command line of `runner function`, and its mounts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assay.api.disk import MountedRoot
from assay.api.meta import Egress, given
from assay.api.scenariorun import PinnedRun
from assay.api.scoring import ScoringFunction
from assay.settings import Settings

from . import network_policies, pod_parts, required_secrets, scorer_files
from .pod_parts import Flag

IMAGE_DIR = f"{pod_parts.ROOT}/image"  # the environment's image, for a function with an image of its own
TOOLS_DIR = f"{pod_parts.ROOT}/tools"
DEVBOX_DIR = "/devbox"  # the agent's tree, where the function's root is clean
SCRIPT = f"{pod_parts.FILES_DIR}/{scorer_files.SCRIPT}"
SCRIPT_DESCRIPTOR = 3
"""Where bash finds its script: what it runs may be the agent's, and sees no file of it."""
Mount = dict[str, Any]

UNPRIVILEGED: dict[str, Any] = {"runAsUser": 0, "runAsGroup": 0, **pod_parts.ORDINARY}
"""Copy, without a user namespace: uid 0 with default capabilities, until the runner becomes the function's user."""

_OWN_NETWORK: dict[str, Any] = {
    **pod_parts.SECURITY_CONTEXT,
    "capabilities": {
        **pod_parts.SECURITY_CONTEXT["capabilities"],
        "add": [*pod_parts.SECURITY_CONTEXT["capabilities"]["add"], "NET_ADMIN"],
    },
}
"""With what brings up the loopback device of a network namespace; the runner gives it up before the function runs."""


def root_of(function: ScoringFunction) -> Literal["Merged", "Clean"]:
    """Whether the function's root file system is the agent's, or an image as it was built."""
    if function.image:
        return "Clean"
    return function.root or ("Clean" if function.type in ("PythonScript", "AstGrep") else "Merged")


def egress_of(function: ScoringFunction) -> Egress:
    """What the function may reach."""
    return (function.network and function.network.egress) or "None"


def needs_tools(function: ScoringFunction) -> bool:
    """Whether it uses ast-grep or uv."""
    return bool(function.ast_grep or (function.python_script and function.python_script.requirements))


@dataclass(frozen=True, slots=True)
class ScorerPod:
    """The inputs that all containers of a pod share."""

    pinned: PinnedRun
    functions: Sequence[ScoringFunction]
    """The functions that run in this pod."""
    root: MountedRoot
    directories: Sequence[str]
    """Copy: the directories on the disk."""
    egress: Egress
    """What the pod may reach, and the functions that do not run without network."""
    settings: Settings
    has_agent: bool = False
    """Whether the agent works in it first."""

    def has_own_network(self, function: ScoringFunction) -> bool:
        """Whether the function runs in a network namespace of its own, where there is nothing but loopback."""
        return egress_of(function) == "None" and self.root == "Overlay"

    def user_and_directory(self) -> tuple[str, str]:
        """User and working directory of the environment."""
        return pod_parts.user_and_directory(self.pinned.image, None, self.pinned.scenario.working_dir)

    def timeouts(self) -> dict[str, int]:
        """How long each function may take, in seconds."""
        default = self.pinned.scenario.timeouts.scoring_seconds
        return {f.name: f.timeout_seconds or default for f in self.functions}

    def volumes(self) -> list[dict[str, Any]]:
        """The volumes of tools and of the environment's image, where a function needs them."""
        made = []
        if any(needs_tools(f) for f in self.functions):
            source = pod_parts.toolbox_volume(self.settings, self.root)
            made.append({**source, "name": "tools"})
        if self.root == "Overlay" and any(f.image for f in self.functions):
            reference = {"reference": self.pinned.image.reference, "pullPolicy": "IfNotPresent"}
            made.append({"name": "image", "image": reference})
        return made


def container(pod: ScorerPod, function: ScoringFunction, message_bytes: int) -> dict[str, Any]:
    """The function's container; the runner in it may report so many bytes."""
    image, (user, directory) = pod.pinned.image, pod.user_and_directory()
    flags: dict[str, Flag] = {}
    if function.image:
        image = (pod.pinned.function_images or {})[function.name]
        flags = {
            "environment_working_dir": directory,
            "image": IMAGE_DIR if pod.root == "Overlay" else None,
        }
        user, directory = pod_parts.user_and_directory(image, None, None)
    context = _context(function)
    authors = [*(pod.pinned.scenario.environment.env or ()), *(function.env or ())]
    keep = list(dict.fromkeys([*context, *(one.name for one in authors)]))
    if function.bash_script:
        flags["script"] = SCRIPT
    command = pod_parts.runner(
        "function",
        user=user,
        working_dir=directory,
        timeout=pod.timeouts()[function.name],
        root=root_of(function),
        message_bytes=message_bytes,
        hide_output=function.output == "Hidden",
        follow_links=function.devbox_links == "Followed",
        hand=list(context),
        **flags,
        **_tests(function),
        **_pod_flags(pod, function),
    )
    made: dict[str, Any] = {
        "name": function.name,
        "image": image.reference,
        "imagePullPolicy": "IfNotPresent",
        "command": [*command, "--", *_command(function, keep)],
        "env": pod_parts.env_list(authors, **context),
        "securityContext": _security_context(pod, function),
        "volumeMounts": [*_mounts(pod, function), *scorer_files.mounts(function)],
    }
    if function.env_from:
        made["envFrom"] = [one.model_dump(by_alias=True, exclude_none=True) for one in function.env_from]
    if function.resources:
        made["resources"] = function.resources.model_dump(exclude_none=True)
    return made


def _pod_flags(pod: ScorerPod, function: ScoringFunction) -> dict[str, Flag]:
    """The flags that depend on the pod."""
    flags: dict[str, Flag] = {"root_filesystem": pod.root}
    if pod.root == "Overlay":
        flags |= pod_parts.limits(pod.settings)
    if pod.has_own_network(function):
        return {**flags, "no_network": True}
    return {**flags, **network_policies.gate(pod.egress, pod.settings)}


def _security_context(pod: ScorerPod, function: ScoringFunction) -> dict[str, Any]:
    if pod.root == "Copy":
        return UNPRIVILEGED
    return _OWN_NETWORK if pod.has_own_network(function) else pod_parts.SECURITY_CONTEXT


def _command(function: ScoringFunction, keep: Sequence[str]) -> list[str]:
    """The command that the runner starts as the function.

    Programs of ours that run the function (uv, bash at its start) see only the variables that the contract sets, which
    are the author's: `keep`. The script itself sees all variables.
    """
    if function.bash_script:
        # The toolbox's bash: every image has it, and no agent can have replaced it.
        return [*pod_parts.runner("bash", keep=keep, descriptor=SCRIPT_DESCRIPTOR), SCRIPT]
    if python := function.python_script:
        requirements = f"{pod_parts.FILES_DIR}/{scorer_files.REQUIREMENTS}" if python.requirements else None
        flags: dict[str, Flag] = {"requirements": requirements, "python_version": python.python_version}
        return [*pod_parts.runner("python", keep=keep, **flags), SCRIPT]
    if ast_grep := function.ast_grep:
        words = [pod_parts.literal(word) for word in (ast_grep.pattern, ast_grep.directory)]
        return [*pod_parts.runner("ast-grep", language=ast_grep.language), "--", *words]
    if function.command:
        return function.command.command
    return given(function.test_files).command


def _context(function: ScoringFunction) -> dict[str, str]:
    """The variable that passes its parameters to a custom function."""
    if not function.custom:
        return {}
    context = json.dumps(function.custom.parameters or {}, ensure_ascii=False)
    return {"ASSAY_SCORER_CONTEXT": pod_parts.literal(context)}


def _tests(function: ScoringFunction) -> dict[str, Flag]:
    """The flags of a function with tests."""
    if not (tests := function.test_files):
        return {}
    report = tests.junit
    scored_by: dict[str, Flag] = (
        {"junit": report.path, "all_or_nothing": report.all_or_nothing} if report else {}
    )
    return {"restore": tests.restore, **scored_by}


def _mounts(pod: ScorerPod, function: ScoringFunction) -> Iterator[Mount]:
    if pod.root == "Overlay":
        yield {"name": "disk", "mountPath": pod_parts.DISK, "readOnly": True}
        if function.image:
            yield {"name": "image", "mountPath": IMAGE_DIR, "readOnly": True}
    elif root_of(function) == "Clean":
        yield {"name": "disk", "mountPath": DEVBOX_DIR, "subPath": pod_parts.COPIED, "readOnly": True}
    else:
        for name in pod.directories:
            yield {
                "name": "scratch",
                "mountPath": f"/{name}",
                "subPath": f"{function.name}/{pod_parts.COPIED}/{name}",
            }
    yield {"name": "scratch", "mountPath": pod_parts.SCRATCH, "subPath": function.name}
    yield pod_parts.toolbox_mount(pod.root)
    if needs_tools(function):
        part = {"subPath": "opt/assay/tools"} if pod.root == "Overlay" else {}
        yield {"name": "tools", "mountPath": TOOLS_DIR, **part, "readOnly": True}
    if pod.has_agent:
        yield from required_secrets.mounts(function)
