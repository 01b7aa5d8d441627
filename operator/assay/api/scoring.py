"""The scoring contract: weighted functions, each a member of a union named by `type`."""

from __future__ import annotations

from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field

from assay.crdgen.markers import Cel, ListMap, PreserveUnknown

from .blueprint import ImageReference
from .meta import EnvFromList, EnvList, KeyRef, LocalRef, Model, Name, Network, Resources, one_of
from .scorers import (
    AstGrepScorer,
    BashScriptScorer,
    CommandScorer,
    PythonScriptScorer,
    Script,
    TestFilesScorer,
)

Placement = Literal["SamePod", "OwnPod"]
"""Where a function works: in the agent's pod, once the agent has ended, or in a pod of its own."""

MEMBERS = ("bashScript", "command", "pythonScript", "testFiles", "astGrep")


def union(members: tuple[str, ...]) -> tuple[Cel, ...]:
    """The rules that exactly the member that `type` names is given."""
    return tuple(
        Cel(
            f"self.type == '{(type_ := member[0].upper() + member[1:])}' ? has(self.{member}) : !has(self.{member})",
            f"{member} goes with type {type_}, and only with it",
        )
        for member in members
    )


class ScorerFields(Model):
    """How a function is run; in a Scorer, what the scenarios that use it get."""

    __cel__: ClassVar[tuple[Cel, ...]] = (
        Cel(
            "!has(self.image) || !has(self.root) || self.root == 'Clean'",
            "a function with an image of its own sees the agent's tree at /devbox: root must be Clean",
        ),
        Cel(
            "!has(self.devboxLinks) || has(self.image) || (has(self.root) ? self.root == 'Clean' : "
            "!has(self.bashScript) && !has(self.command) && !has(self.testFiles))",
            "devboxLinks is about /devbox, which there is with root Clean alone",
        ),
    )
    bash_script: BashScriptScorer | None = None
    command: CommandScorer | None = None
    python_script: PythonScriptScorer | None = None
    test_files: TestFilesScorer | None = None
    ast_grep: AstGrepScorer | None = None
    image: ImageReference | None = None
    """An image of its own (a judge with its tools), pinned by the digest it has when the run starts."""
    root: Literal["Merged", "Clean"] | None = None
    """Merged: what the agent left is the function's root file system, programs included. Clean: the image as it
    was built is, and the agent's tree is at /devbox, read-only. Default: Clean for PythonScript, AstGrep and
    functions with an image, else Merged."""
    devbox_links: Literal["Refused", "Followed"] | None = None
    """Symbolic links in /devbox. Refused: opening one fails, since an absolute link of the agent's would lead into the
    function's own root file system, to what is expected for instance. Followed: for a function that needs what links
    of the environment lead to, and that no such link can fool. Refused when absent; where the root file system is a
    copy, links are always followed."""
    env: EnvList | None = None
    env_from: EnvFromList | None = None
    """Secrets and ConfigMaps for this function alone."""
    output: Literal["Shown", "Hidden"] | None = None
    """Hidden: of what it prints and writes nothing is told but the score, to six digits: no message, subscores or
    comment in the status, and no log. For a function that knows what is hidden and runs in Merged, where a program
    that the agent left can read it and print it. Shown when absent; a function is Hidden if its Scorer says so."""
    resources: Resources | None = None
    network: Network | None = None
    """What it may reach; nothing when absent."""
    timeout_seconds: Annotated[int, Field(ge=1, le=86400)] | None = None
    """How long it may take; the scenario's timeouts.scoringSeconds when absent."""
    placement: Placement | None = None
    """SamePod: a container of the agent's pod, which starts once the agent and all that it left running have ended.
    OwnPod: a pod of its own. The operator's setting when absent. A function that may not reach what the agent may
    (`None` aside), and every function where the root file system is a copy, has a pod of its own all the same."""


class CustomScorer(Model):
    """A Scorer of this namespace with parameters."""

    scorer_ref: LocalRef
    parameters: Annotated[dict[str, Any], PreserveUnknown()] | None = None
    """Checked by the Scorer's parametersSchema; reach it as JSON in `$ASSAY_SCORER_CONTEXT`."""


class ScoringFunction(ScorerFields):
    """One weighted part of a contract."""

    __cel__: ClassVar[tuple[Cel, ...]] = (
        *union((*MEMBERS, "custom")),
        Cel(
            "!(self.name in ['devbox', 'toolbox']) && !self.name.startsWith('assay-')",
            "devbox, toolbox and names that begin with assay- are containers of the operator's: choose another name",
        ),
    )
    name: Name
    type: Literal["BashScript", "Command", "PythonScript", "TestFiles", "AstGrep", "Custom"]
    weight: Annotated[float, Field(gt=0, le=1_000_000)] = 1.0
    """Its share: the total is Σ weight·score / Σ weight."""
    custom: CustomScorer | None = None
    on_error: Literal["Fail", "Zero"] = "Fail"
    """What a function that gives no score means. Fail: the run is unscored. Zero: it counts as 0; failures of the
    infrastructure never do."""


class ScoringContract(Model):
    """How what an agent left is scored."""

    scoring_functions: Annotated[list[ScoringFunction], Field(min_length=1, max_length=32), ListMap("name")]
    pass_threshold: Annotated[float, Field(gt=0, le=1)] = 1.0
    """A run has passed when its total reaches this."""


class ReferenceOutput(Model):
    """The gold patch: what a perfect agent would leave."""

    __cel__: ClassVar[tuple[Cel, ...]] = (
        one_of("patch", "script", "secretKeyRef"),
        Cel(
            "has(self.secretKeyRef) || !has(self.kind)",
            "kind is the kind of the Secret's content: it goes with secretKeyRef",
        ),
    )
    patch: Annotated[str, Field(min_length=1, max_length=131072)] | None = None
    """A unified or git diff, applied in the working directory by `git apply`, else `patch -p1`."""
    script: Script | None = None
    """A bash script that does the work."""
    secret_key_ref: KeyRef | None = None
    """The key of a Secret with the patch or script, hidden from people who may read scenarios but not Secrets."""
    kind: Literal["Patch", "Script"] | None = None
    """What the Secret's key holds; Patch when absent."""
