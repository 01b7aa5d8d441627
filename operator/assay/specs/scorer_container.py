"""One scoring function → its container: the inputs of operator/toolbox/score.sh."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from assay.api.disk import MountedRoot
from assay.api.meta import given
from assay.api.scenariorun import PinnedRun
from assay.api.scoring import ScoringFunction
from assay.settings import Settings

from . import pod_parts, scorer_files

IMAGE_DIR = f"{pod_parts.ROOT}/image"  # the environment's image, for a function with an image of its own
TOOLS_DIR = f"{pod_parts.ROOT}/tools"
DEVBOX_DIR = "/devbox"  # the agent's tree, where the function's root is clean
COPIED = "root"  # where the copied directories are, on a disk and in scratch space
TREE = ("ASSAY_DEVBOX", "ASSAY_DEVBOX_WORKDIR", "ASSAY_RESULTS")
"""Variables that score.sh sets for every function: where the agent's tree is, and where results go."""
Mount = dict[str, Any]

UNPRIVILEGED: dict[str, Any] = {"runAsUser": 0, "runAsGroup": 0, **pod_parts.ORDINARY}
"""Copy, without a user namespace: score.sh is uid 0 with default capabilities until it becomes the function's user."""


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
    """The inputs that all containers of a pod share."""

    pinned: PinnedRun
    functions: Sequence[ScoringFunction]
    """The functions that run in this pod."""
    root: MountedRoot
    directories: Sequence[str]
    """Copy: the directories on the disk."""
    network_gate: Mapping[str, str]
    """What makes score.sh wait for the pod's network policies."""
    settings: Settings

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
    """The function's container; it runs score.sh, which may report so many bytes."""
    image, (user, directory) = pod.pinned.image, pod.user_and_directory()
    control = {"ASSAY_MESSAGE_BYTES": str(message_bytes), "ASSAY_ROOT": root_of(function), **pod.network_gate}
    control |= {"ASSAY_ROOTFS": "Copy"} if pod.root == "Copy" else pod_parts.user_namespaces(pod.settings)
    if function.image:
        image = (pod.pinned.function_images or {})[function.name]
        control["ASSAY_ENVIRONMENT_WORKDIR"] = directory
        if pod.root == "Overlay":
            control["ASSAY_IMAGE"] = IMAGE_DIR
        user, directory = pod_parts.user_and_directory(image, None, None)
    timeout = str(pod.timeouts()[function.name])
    context = _context(function)
    authors = [*(pod.pinned.scenario.environment.env or ()), *(function.env or ())]
    command = _command(function, list(dict.fromkeys([*context, *(one.name for one in authors)])))
    control |= _tests(function)
    made: dict[str, Any] = {
        "name": function.name,
        "image": image.reference,
        "imagePullPolicy": "IfNotPresent",
        "command": pod_parts.script(
            "score.sh", user, directory, timeout, *command, control=control, seen=context
        ),
        "env": pod_parts.env_list(authors, **context),
        "securityContext": pod_parts.SECURITY_CONTEXT if pod.root == "Overlay" else UNPRIVILEGED,
        "volumeMounts": [*_mounts(pod, function), *scorer_files.mounts(function)],
    }
    if function.env_from:
        made["envFrom"] = [one.model_dump(by_alias=True, exclude_none=True) for one in function.env_from]
    if function.resources:
        made["resources"] = function.resources.model_dump(exclude_none=True)
    return made


def _command(function: ScoringFunction, authors: Sequence[str]) -> list[str]:
    """What score.sh starts. `authors` are the names of the variables that the contract sets: of all variables only
    these reach uv, and bash where it reads its own options. The script itself sees every variable.
    """
    script = f"{pod_parts.FILES_DIR}/{scorer_files.SCRIPT}"
    if function.bash_script:
        # The toolbox's bash: every image has it, and no agent can have replaced it.
        return [pod_parts.ENVIRON, "bash", *authors, "--", f"{pod_parts.TOOLBOX}/bash", script]
    if python := function.python_script:
        requirements = f"{pod_parts.FILES_DIR}/{scorer_files.REQUIREMENTS}" if python.requirements else ""
        seen = [*authors, *TREE]
        return pod_parts.script("python.sh", script, requirements, python.python_version or "", seen=seen)
    if ast_grep := function.ast_grep:
        words = [pod_parts.literal(ast_grep.pattern), pod_parts.literal(ast_grep.directory)]
        language = [ast_grep.language] if ast_grep.language else []
        return pod_parts.script("astgrep.sh", *words, *language, seen=TREE)
    if function.command:
        return function.command.command
    return given(function.test_files).command


def _context(function: ScoringFunction) -> dict[str, str]:
    """The environment variable that passes its parameters to a custom function."""
    if not function.custom:
        return {}
    context = json.dumps(function.custom.parameters or {}, ensure_ascii=False)
    return {"ASSAY_SCORER_CONTEXT": pod_parts.literal(context)}


def _tests(function: ScoringFunction) -> dict[str, str]:
    """The control variables of score.sh for a function's tests."""
    found = {}
    if tests := function.test_files:
        if tests.restore:
            found["ASSAY_RESTORE"] = "\n".join(tests.restore)
        if tests.junit:
            found["ASSAY_JUNIT"] = tests.junit.path
            if tests.junit.all_or_nothing:
                found["ASSAY_ALL_OR_NOTHING"] = "1"
    return found


def _mounts(pod: ScorerPod, function: ScoringFunction) -> Iterator[Mount]:
    if pod.root == "Overlay":
        yield {"name": "disk", "mountPath": pod_parts.DISK, "readOnly": True}
        if function.image:
            yield {"name": "image", "mountPath": IMAGE_DIR, "readOnly": True}
    elif root_of(function) == "Clean":
        yield {"name": "disk", "mountPath": DEVBOX_DIR, "subPath": COPIED, "readOnly": True}
    else:
        for name in pod.directories:
            yield {"name": "scratch", "mountPath": f"/{name}", "subPath": f"{function.name}/{COPIED}/{name}"}
    yield {"name": "scratch", "mountPath": pod_parts.SCRATCH, "subPath": function.name}
    yield pod_parts.toolbox_mount(pod.root)
    if needs_tools(function):
        part = {"subPath": "opt/assay/tools"} if pod.root == "Overlay" else {}
        yield {"name": "tools", "mountPath": TOOLS_DIR, **part, "readOnly": True}
