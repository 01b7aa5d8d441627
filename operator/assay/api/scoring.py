"""The scoring contract: weighted functions, each a member of a union named by `type`."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from .markers import Cel, ListMap
from .meta import Argument, Model, Name

Script = Annotated[str, Field(min_length=1, max_length=65536)]


class BashScriptScorer(Model):
    """A bash script whose last line on standard output is the score."""

    script: Script
    """Runs as the image's user in the working directory. Its last line on standard output is a bare float or
    `score=<float>`, 0.0 to 1.0; a printed score wins over the exit code; no score is an error, never 0."""


class CommandScorer(Model):
    """A command that scores 1.0 by exit code 0, else 0.0."""

    command: Annotated[list[Argument], Field(min_length=1, max_length=256)]
    """Program and arguments; no shell unless it names one."""


class ScoringFunction(Model):
    """One weighted part of a contract."""

    __cel__: ClassVar[tuple[Cel, ...]] = (
        Cel(
            "self.type == 'BashScript' ? has(self.bashScript) : !has(self.bashScript)",
            "bashScript goes with type BashScript, and only with it",
        ),
        Cel(
            "self.type == 'Command' ? has(self.command) : !has(self.command)",
            "command goes with type Command, and only with it",
        ),
    )
    name: Name
    type: Literal["BashScript", "Command"]
    weight: Annotated[float, Field(gt=0, le=1_000_000)] = 1.0
    """Its share: the total is Σ weight·score / Σ weight."""
    timeout_seconds: Annotated[int, Field(ge=1, le=86400)] | None = None
    """How long it may take; the scenario's timeouts.scoringSeconds when absent."""
    bash_script: BashScriptScorer | None = None
    command: CommandScorer | None = None


class ScoringContract(Model):
    """How what an agent left is scored."""

    scoring_functions: Annotated[list[ScoringFunction], Field(min_length=1, max_length=32), ListMap("name")]
    pass_threshold: Annotated[float, Field(gt=0, le=1)] = 1.0
    """A run has passed when its total reaches this."""


class ReferenceOutput(Model):
    """The gold patch: what a perfect agent would leave."""

    __cel__: ClassVar[tuple[Cel, ...]] = (
        Cel("has(self.patch) != has(self.script)", "give exactly one of patch and script"),
    )
    patch: Annotated[str, Field(min_length=1, max_length=131072)] | None = None
    """A unified or git diff, applied in the working directory by `git apply`, else `patch -p1`."""
    script: Script | None = None
    """A bash script that does the work."""
