"""Artefacts that are expensive to make, kept in the cache folder under a hash of what they were made from."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

KEPT_VERSIONS = 2
"""How many versions of one artefact stay: the present one and the one before, for switching branches."""

SCRATCH_SECONDS = 3600
"""Age from which a temporary folder is taken for abandoned: no step takes this long."""


def cache_root(environ: Mapping[str, str] | None = None) -> Path:
    """The cache folder: ``$ASSAY_CACHE``, else ``$XDG_CACHE_HOME/assay``, else ``~/.cache/assay``."""
    env = os.environ if environ is None else environ
    if chosen := env.get("ASSAY_CACHE"):
        return Path(chosen).expanduser().absolute()
    base = env.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache").absolute() / "assay"


def content_key(*parts: str | bytes | Path) -> str:
    """A short hash over texts and over the contents (and relative names) of files and folders."""
    digest = hashlib.sha256()
    for part in parts:
        for name, content in _pieces(part):
            # Length prefixes keep ("ab", "c") and ("a", "bc") apart.
            digest.update(f"{len(name)}:{name}:{len(content)}:".encode())
            digest.update(content)
    return digest.hexdigest()[:16]


def _pieces(part: str | bytes | Path) -> Iterator[tuple[str, bytes]]:
    if isinstance(part, str):
        yield "", part.encode()
    elif isinstance(part, bytes):
        yield "", part
    elif part.is_dir():
        for file in sorted(p for p in part.rglob("*") if p.is_file() and "__pycache__" not in p.parts):
            yield str(file.relative_to(part)), file.read_bytes()
    else:
        yield part.name, part.read_bytes()


def artefact(kind: str, name: str, key: str, build: Callable[[Path], None]) -> Path:
    """The file or folder ``<cache>/<kind>/<name>/<key>``; ``build`` makes it at the path it is given if absent.

    It appears under its final name only when complete, so a run killed half way leaves nothing half made.
    """
    final = cache_root() / kind / name / key
    if not final.exists():
        final.parent.mkdir(parents=True, exist_ok=True)
        with scratch() as folder:
            build(folder / "artefact")
            (folder / "artefact").rename(final)
        _prune(final.parent)
    return final


def has(kind: str, name: str, key: str) -> bool:
    """Whether ``artefact`` would find the thing made already."""
    return (cache_root() / kind / name / key).exists()


@contextmanager
def scratch() -> Iterator[Path]:
    """A temporary folder on the cache's file system, gone afterwards."""
    parent = cache_root() / "tmp"
    parent.mkdir(parents=True, exist_ok=True)
    folder = Path(tempfile.mkdtemp(dir=parent))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def clear_scratch() -> None:
    """Remove temporary folders that killed runs left behind."""
    for folder in (cache_root() / "tmp").glob("*"):
        if folder.stat().st_mtime < time.time() - SCRATCH_SECONDS:
            shutil.rmtree(folder, ignore_errors=True)


def _prune(folder: Path) -> None:
    versions = sorted(folder.iterdir(), key=lambda p: p.stat().st_mtime, reverse=True)
    for old in versions[KEPT_VERSIONS:]:
        if old.is_dir():
            shutil.rmtree(old, ignore_errors=True)
        else:
            old.unlink(missing_ok=True)
