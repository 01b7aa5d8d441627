"""A project whose tests pytest runs, and what its functions scored."""

from __future__ import annotations

from typing import Any

from .objects import pytest_blueprint, scenario

PROJECT = """
mkdir -p /work && cd /work && mkdir tests
cat > add.py <<'PY'
def add(a, b):
    return a + b

def sub(a, b):
    return a + b
PY
"""
TESTS = """
import sys; sys.path.insert(0, ".")
from add import add, sub

def test_add(): assert add(1, 2) == 3
def test_add_negative(): assert add(1, -2) == -1
class TestSub:
    def test_sub(self): assert sub(3, 2) == 1
    def test_zero(self): assert sub(3, 0) == 3
"""


def pytest_scenario(name: str, *functions: dict[str, Any], **more: Any) -> tuple[dict[str, Any], ...]:
    """A scenario whose image has pytest and git, and its blueprint."""
    made = scenario(name, *functions, workingDir="/work", **more)
    made["spec"]["environment"] = {"blueprintRef": {"name": "pytest"}, "disk": {"size": "64Mi"}}
    return made, pytest_blueprint()


def pytest_function(name: str, junit: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """A TestFiles function with the tests above."""
    report = ["--junitxml=/.assay/results/junit.xml"] if junit is not None else []
    files: dict[str, Any] = {
        "files": [{"path": "tests/test_add.py", "content": TESTS}],
        "command": ["python3", "-m", "pytest", "-q", *report, "tests"],
        **({"junit": junit} if junit is not None else {}),
    }
    return {"name": name, "type": "TestFiles", "testFiles": {**files, **more}}


def scores(run: dict[str, Any]) -> dict[str, Any]:
    """Function → score, or the reason why there is none."""
    return {one["name"]: one.get("score", one.get("reason")) for one in run["status"]["scores"]}
