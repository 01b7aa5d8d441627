"""copy.sh: the toolbox for clusters without image volumes."""

from __future__ import annotations

import subprocess
from pathlib import Path


def test_copy_keeps_modes_and_is_repeatable(toolbox: Path, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    for _ in range(2):
        subprocess.run([str(toolbox / "busybox"), "sh", str(toolbox / "copy.sh"), str(target)], check=True)
    assert sorted(p.name for p in target.iterdir()) == sorted(p.name for p in toolbox.iterdir())
    assert (target / "busybox").stat().st_mode & 0o111
