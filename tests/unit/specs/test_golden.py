"""What `assay.specs` makes, whole, as YAML files to read.

After an intended change `ASSAY_UPDATE_GOLDEN=1 pytest tests/unit/specs` writes them again; then read the diff.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import yaml

from assay import __version__
from tests.unit.specs.golden_cases import CASES
from tests.unit.specs.objects import Obj

GOLDEN = Path(__file__).parent / "golden"
UPDATE = "ASSAY_UPDATE_GOLDEN"


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(
    str,
    lambda dumper, text: dumper.represent_scalar(
        "tag:yaml.org,2002:str", text, style="|" if "\n" in text else None
    ),
)


def rendered(manifests: list[Obj]) -> str:
    text: str = yaml.dump_all(manifests, Dumper=_Dumper, sort_keys=False, width=110)
    return f"# {UPDATE}=1 pytest tests/unit/specs writes this file; read the diff.\n" + text.replace(
        f"app.kubernetes.io/version: {__version__}", "app.kubernetes.io/version: (ours)"
    )


@pytest.mark.parametrize("name", CASES)
def test_golden(name: str) -> None:
    made, path = rendered(CASES[name]()), GOLDEN / f"{name}.yaml"
    if os.environ.get(UPDATE) == "1":
        path.write_text(made)
    assert path.exists(), f"write it by {UPDATE}=1, and read it"
    assert made == path.read_text(), f"if this is what you wanted, {UPDATE}=1 writes {path.name} anew"


def test_no_golden_file_is_left_over() -> None:
    assert {path.stem for path in GOLDEN.glob("*")} == set(CASES)
