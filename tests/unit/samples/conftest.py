import shutil
from pathlib import Path

import pytest

from tests.unit.samples.project import materialise


@pytest.fixture(scope="session")
def image(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The home directory of the image's user."""
    home = tmp_path_factory.mktemp("image")
    materialise(home)
    return home


@pytest.fixture
def workdir(image: Path, tmp_path: Path) -> Path:
    """The environment as the image has it, for one test to change."""
    return Path(shutil.copytree(image, tmp_path / "home")) / "ledger"
