"""What a scoring function can be: the members of its union."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from assay.crdgen.markers import Cel, ListMap

from .meta import Argument, KeyRef, LocalRef, Model, one_of

Script = Annotated[str, Field(min_length=1, max_length=65536)]
CommandLine = Annotated[list[Argument], Field(min_length=1, max_length=256)]
_STEP = r"([^/.][^/]*|\.[^/.][^/]*|\.\.[^/]+)"  # neither `.` nor `..`
RelativePath = Annotated[str, Field(min_length=1, max_length=255, pattern=rf"^{_STEP}(/{_STEP})*$")]
TestName = Annotated[str, Field(min_length=1, max_length=512)]


class ScriptSource(Model):
    """A script: inline, or in a Secret or ConfigMap that only the scorer's pod mounts."""

    __cel__: ClassVar[tuple[Cel, ...]] = (one_of("script", "secretKeyRef", "configMapKeyRef"),)
    script: Script | None = None
    secret_key_ref: KeyRef | None = None
    config_map_key_ref: KeyRef | None = None


class BashScriptScorer(ScriptSource):
    """A bash script whose last line on standard output is the score.

    It runs as the image's user in the working directory. The line is a bare float or `score=<float>`, 0.0 to 1.0; a
    printed score wins over the exit code; no score is an error, never 0.
    """


class PythonScriptScorer(ScriptSource):
    """A Python script that scores as a bash script does, in an interpreter isolated from what the agent left."""

    requirements: Annotated[str, Field(min_length=1, max_length=16384)] | None = None
    """Text of a requirements.txt, installed by uv into an environment of its own. Needs network: Internet."""
    python_version: Annotated[str, Field(max_length=64, pattern=r"^[0-9<>=!~., *]+$")] | None = None
    """A version constraint, such as `>=3.11`; any Python 3 of the image when absent."""


class CommandScorer(Model):
    """A command that scores 1.0 by exit code 0, else 0.0."""

    command: CommandLine
    """Program and arguments; no shell unless it names one."""


class TestFile(Model):
    """A file that is written for the scorer only."""

    __test__ = False  # pytest takes the class for a test by its name
    path: RelativePath
    """Where, relative to the working directory."""
    content: Annotated[str, Field(max_length=65536)]


class KeyToPath(Model):
    """Where a key of a Secret or ConfigMap is written."""

    key: Annotated[str, Field(min_length=1, max_length=253)]
    path: RelativePath


class TestFilesFrom(Model):
    """Files from a Secret or ConfigMap that only the scorer's pod mounts."""

    __test__ = False
    __cel__: ClassVar[tuple[Cel, ...]] = (one_of("secretRef", "configMapRef"),)
    secret_ref: LocalRef | None = None
    config_map_ref: LocalRef | None = None
    items: Annotated[list[KeyToPath], Field(max_length=64), ListMap("path")] | None = None
    """Which keys, and where; absent: every key is a file of that name in the working directory."""


class JUnit(Model):
    """How a JUnit XML report becomes a score: the fraction of tests passed, of all or of those named."""

    path: RelativePath = "junit.xml"
    """Where the command writes it, relative to `$ASSAY_RESULTS`."""
    fail_to_pass: Annotated[list[TestName], Field(max_length=1000)] | None = None
    """Tests that fail before and must pass now; one that is not in the report has failed."""
    pass_to_pass: Annotated[list[TestName], Field(max_length=1000)] | None = None
    """Tests that passed before and must still pass."""
    all_or_nothing: bool = False
    """1.0 if all of them passed, else 0.0."""


class TestFilesScorer(Model):
    """Test files and the command that runs them: exit code 0 is 1.0, any other 0.0, unless a report says more."""

    __test__ = False
    __cel__: ClassVar[tuple[Cel, ...]] = (
        Cel("has(self.files) || has(self.from)", "give the tests: files, from, or both"),
    )
    files: Annotated[list[TestFile], Field(max_length=64), ListMap("path")] | None = None
    from_: Annotated[list[TestFilesFrom], Field(max_length=8)] | None = Field(default=None, alias="from")
    restore: Annotated[list[RelativePath], Field(max_length=64)] | None = None
    """Paths that are first put back as they are in the environment's image: what an agent did to tests,
    conftest.py or build files then does not count."""
    command: CommandLine
    """Runs in the working directory, as the image's user, with `$ASSAY_RESULTS` to write a report to."""
    junit: JUnit | None = None


class AstGrepScorer(Model):
    """1.0 if ast-grep finds the pattern in the directory, else 0.0."""

    pattern: Annotated[str, Field(min_length=1, max_length=16384)]
    directory: Annotated[str, Field(min_length=1, max_length=255)] = "."
    """Relative to the working directory."""
    language: Annotated[str, Field(max_length=32, pattern=r"^[A-Za-z]+$")] | None = None
    """As ast-grep names it; by the files' names when absent."""
