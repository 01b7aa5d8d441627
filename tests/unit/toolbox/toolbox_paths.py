"""Where the toolbox is, and how its scripts are run here."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

OPERATOR = Path(__file__).parents[3] / "operator"
TOOLBOX = OPERATOR / "toolbox"

Shell = Callable[..., subprocess.CompletedProcess[bytes]]
"""Runs shell text with positional parameters; keywords: stdin, env."""
