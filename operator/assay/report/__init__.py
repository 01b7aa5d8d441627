"""A page about BenchmarkRuns that needs no network: `render` makes it, `python -m assay.report` writes it. No I/O."""

from .page import render
from .reading import read

__all__ = ["read", "render"]
