from pathlib import Path

import pytest

from tests.unit.samples.project import materialise


@pytest.fixture
def workdir(tmp_path: Path) -> Path:
    """The environment as the image has it."""
    return materialise(tmp_path / "home")
