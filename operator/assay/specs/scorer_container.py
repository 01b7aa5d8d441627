"""One scoring function → its container: the inputs of operator/toolbox/score.sh."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from assay.api.disk import MountedRoot
from assay.api.scenariorun import PinnedRun
from assay.api.scoring import ScoringFunction
from assay.settings import Settings

from . import pod_parts, scorer_files

IMAGE_DIR = f"{pod_parts.ROOT}/image"  # the environment's image, for a function that brings its own
TOOLS_DIR = f"{pod_parts.ROOT}/tools"
DEVBOX_DIR = "/devbox"  # the agent's tree, where the function's root is clean
COPIED = "root"  # where the copied directories are, on a disk and in scratch space
TREE = ("ASSAY_DEVBOX", "ASSAY_DEVBOX_WORKDIR", "ASSAY_RESULTS")
"""Variables of score.sh for every function: where the agent's tree is, and where results go."""
Mount = dict[str, Any]

UNPRIVILEGED: dict[str, Any] = {"runAsUser": 0, "runAsGroup": 0, **pod_parts.ORDINARY}
"""Without a user namespace: score.sh is uid 0 until it becomes the function's user, with default capabilities."""


def root_of(function: ScoringFunction) -> Literal["Merged", "Clean"]:
    """Whether the function's root file system is the agent's, or an image as it was built."""
    if function.image:
        return "Clean"
    return function.root or ("Clean" if function.type in ("PythonScript", "AstGrep") else "Merged")


def needs_tools(function: ScoringFunction) -> bool:
    """Whether it uses ast-grep or uv."""
    return bool(function.ast_grep or (function.python_script and function.python_script.requirements))


@dataclass(frozen=True, slots=True)
class ScorerPod:
    """What all functions of a pod have in common."""

    pinned: PinnedRun
    root: MountedRoot
    directories: Sequence[str]
    """Copy: those on the disk."""
    gate: Mapping[str, str] = field(default_factory=dict)
    """What has score.sh wait for the pod's network policies."""
    namespaces: Mapping[str, str] = field(default_factory=dict)
    """What it is told of further user namespaces."""

    def place(self) -> tuple[str, str]:
        """User and working directory of the environment."""
        return pod_parts.user_and_directory(self.pinned.image, None, self.pinned.scenario.working_dir)

    def volumes(self, functions: Sequence[ScoringFunction], settings: Settings) -> list[dict[str, Any]]:
        """What these functions mount beside disk, scratch space, toolbox and files."""
        made = []
        if any(needs_tools(f) for f in functions):
            source = pod_parts.toolbox_volume(settings, self.root)
            made.append({**source, "name": "tools"})
        if self.root == "Overlay" and any(f.image for f in functions):
            reference = {"reference": self.pinned.image.reference, "pullPolicy": "IfNotPresent"}
            made.append({"name": "image", "image": reference})
        return made


def container(
    function: ScoringFunction, around: ScorerPod, timeout: int, message_bytes: int
) -> dict[str, Any]:
    """The container, which score.sh leads."""
    image, (user, directory) = around.pinned.image, around.place()
    told = {"ASSAY_MESSAGE_BYTES": str(message_bytes), "ASSAY_ROOT": root_of(function), **around.gate}
    told |= {"ASSAY_ROOTFS": "Copy"} if around.root == "Copy" else around.namespaces
    if function.image:
        image = (around.pinned.function_images or {})[function.name]
        told["ASSAY_ENVIRONMENT_WORKDIR"] = directory
        if around.root == "Overlay":
            told["ASSAY_IMAGE"] = IMAGE_DIR
        user, directory = pod_parts.user_and_directory(image, None, None)
    context = _context(function)
    authors = [*(around.pinned.scenario.environment.env or ()), *(function.env or ())]
    command = _command(function, list(dict.fromkeys([*context, *(one.name for one in authors)])))
    told |= _tests(function)
    made: dict[str, Any] = {
        "name": function.name,
        "image": image.reference,
        "imagePullPolicy": "IfNotPresent",
        "command": pod_parts.script(
            "score.sh", user, directory, str(timeout), *command, told=told, seen=context
        ),
        "env": pod_parts.env_list(authors, **context),
        "securityContext": pod_parts.SECURITY_CONTEXT if around.root == "Overlay" else UNPRIVILEGED,
        "volumeMounts": [*_mounts(function, around), *scorer_files.mounts(function)],
    }
    if function.env_from:
        made["envFrom"] = [one.model_dump(by_alias=True, exclude_none=True) for one in function.env_from]
    if function.resources:
        made["resources"] = function.resources.model_dump(exclude_none=True)
    return made


def _command(function: ScoringFunction, authors: Sequence[str]) -> list[str]:
    """What score.sh starts. Of all variables only those that the contract sets, the author's, reach what of ours runs
    the function: uv, and what bash reads of its environment. A script itself sees all of them.
    """
    script = f"{pod_parts.FILES_DIR}/{scorer_files.SCRIPT}"
    if function.bash_script:
        # The toolbox's bash: it is there in every image, and no agent can have replaced it.
        return [pod_parts.ENVIRON, "bash", *authors, "--", f"{pod_parts.TOOLBOX}/bash", script]
    if python := function.python_script:
        requirements = f"{pod_parts.FILES_DIR}/{scorer_files.REQUIREMENTS}" if python.requirements else ""
        seen = [*authors, *TREE]
        return pod_parts.script("python.sh", script, requirements, python.python_version or "", seen=seen)
    if ast_grep := function.ast_grep:
        words = [pod_parts.literal(ast_grep.pattern), pod_parts.literal(ast_grep.directory)]
        language = [ast_grep.language] if ast_grep.language else []
        return pod_parts.script("astgrep.sh", *words, *language, seen=TREE)
    member = function.test_files or function.command
    assert member is not None, "custom functions were replaced by what their Scorers say"
    return member.command


def _context(function: ScoringFunction) -> dict[str, str]:
    """The variable by which a custom function learns of its parameters."""
    if not function.custom:
        return {}
    context = json.dumps(function.custom.parameters or {}, ensure_ascii=False)
    return {"ASSAY_SCORER_CONTEXT": pod_parts.literal(context)}


def _tests(function: ScoringFunction) -> dict[str, str]:
    """What score.sh is told of a function's tests."""
    found = {}
    if tests := function.test_files:
        if tests.restore:
            found["ASSAY_RESTORE"] = "\n".join(tests.restore)
        if tests.junit:
            found["ASSAY_JUNIT"] = tests.junit.path
            if tests.junit.all_or_nothing:
                found["ASSAY_ALL_OR_NOTHING"] = "1"
    return found


def _mounts(function: ScoringFunction, around: ScorerPod) -> Iterator[Mount]:
    if around.root == "Overlay":
        yield {"name": "disk", "mountPath": pod_parts.DISK, "readOnly": True}
        if function.image:
            yield {"name": "image", "mountPath": IMAGE_DIR, "readOnly": True}
    elif root_of(function) == "Clean":
        yield {"name": "disk", "mountPath": DEVBOX_DIR, "subPath": COPIED, "readOnly": True}
    else:
        for name in around.directories:
            yield {"name": "scratch", "mountPath": f"/{name}", "subPath": f"{function.name}/{COPIED}/{name}"}
    yield {"name": "scratch", "mountPath": pod_parts.SCRATCH, "subPath": function.name}
    yield pod_parts.toolbox_mount(around.root)
    if needs_tools(function):
        part = {"subPath": "opt/assay/tools"} if around.root == "Overlay" else {}
        yield {"name": "tools", "mountPath": TOOLS_DIR, **part, "readOnly": True}
