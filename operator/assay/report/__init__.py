"""A page about BenchmarkRuns that needs no network: `render` makes it, `python -m assay.report` writes it. No I/O.

`index` is the page to choose from, for `assay serve`.
"""

from .page import index, render
from .reading import read

__all__ = ["index", "read", "render"]
