"""`python -m assay.report FILE… -o report.html`: from what `kubectl get benchmarkruns,scenarioruns -o json` printed."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from assay.kube_object import KubeObject

from . import read, render


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the page; 0 if it is written, 1 if a file cannot be read or written."""
    parser = argparse.ArgumentParser(
        prog="python -m assay.report",
        description="Write a page about benchmark runs that needs no network.",
        epilog="kubectl get benchmarkruns,scenarioruns -o json | python -m assay.report - -o report.html",
    )
    parser.add_argument(
        "files", nargs="+", metavar="FILE", help="JSON of BenchmarkRuns and ScenarioRuns; - is standard input"
    )
    parser.add_argument("-o", "--output", required=True, type=Path, help="the page to write")
    options = parser.parse_args(arguments)
    try:
        found = read(_object(name) for name in options.files)
        options.output.write_text(render(*found, now=datetime.now(UTC)), encoding="utf-8")
    except (OSError, ValueError) as error:
        print(f"assay report: {error}", file=sys.stderr)
        return 1
    return 0


def _object(name: str) -> KubeObject:
    """The object in a file; ValueError, which names the file, if it is not JSON."""
    text = sys.stdin.read() if name == "-" else Path(name).read_text("utf-8")
    try:
        found: KubeObject = json.loads(text)
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error
    return found


if __name__ == "__main__":
    sys.exit(main())
