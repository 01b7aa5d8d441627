"""Agents and scorers as the operator's containers run them, on a folder of this machine."""

import re
import subprocess
from pathlib import Path

from tests.unit.samples.project import Manifest, environment, named


def work(agent: str, scenario: str, workdir: Path) -> None:
    """Let an agent work in `workdir`."""
    spec = named("Agent")[agent]
    if spec["type"] == "Reference":
        reference = named("Scenario")[scenario]["referenceOutput"]
        if "patch" in reference:
            _run(["git", "apply", "-"], workdir, stdin=reference["patch"]).check_returncode()
        else:
            _run(["bash", "-c", reference["script"]], workdir).check_returncode()
    elif spec["type"] == "Command":
        problem = workdir.parent / "problem.md"
        problem.write_text(named("Scenario")[scenario]["problemStatement"])
        given = {"ASSAY_SCENARIO": scenario, "ASSAY_PROBLEM_FILE": str(problem)}
        _run([*spec["command"], *spec["args"]], workdir, given).check_returncode()


def score(scenario: str, workdir: Path) -> float:
    """The weighted score of what `workdir` holds."""
    functions = named("Scenario")[scenario]["scoringContract"]["scoringFunctions"]
    total: float = sum(item["weight"] * _score(item, workdir) for item in functions)
    return total / float(sum(item["weight"] for item in functions))


def _score(function: Manifest, workdir: Path) -> float:
    if function["type"] == "Command":
        return 0.0 if _run(function["command"]["command"], workdir).returncode else 1.0
    done = _run(["bash", "-c", function["bashScript"]["script"]], workdir)
    *_, last = done.stdout.splitlines() or [""]
    printed = re.fullmatch(r"(?:score=)?(\d+(?:\.\d+)?)", last)
    assert printed, f"{function['name']} printed no score: {done.stdout}{done.stderr}"
    value = float(printed[1])
    assert 0 <= value <= 1
    print(f"{function['name']}: {value}\n{done.stdout}{done.stderr}")
    return value


def _run(
    command: list[str], workdir: Path, given: dict[str, str] | None = None, stdin: str | None = None
) -> subprocess.CompletedProcess[str]:
    env = environment(workdir.parent) | (given or {})
    return subprocess.run(
        command, cwd=workdir, env=env, input=stdin or "", capture_output=True, text=True, timeout=60
    )
