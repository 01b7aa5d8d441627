"""`assay new`: a file to begin from, valid as it is."""

from __future__ import annotations

import re
import sys
from enum import StrEnum
from importlib import resources
from pathlib import Path
from typing import Annotated

import typer

from .exits import Exit, Failure
from .options import command

EXAMPLE = """\b
Examples:
  assay new scenario parser
  assay new agent mini --file agents/mini.yaml
  assay new benchmark nightly --file - | kubectl apply -f -

\b
Exit codes: 0 written; 2 the name is none, or the file exists."""
PLACEHOLDER = "example"
_NAME = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?\Z")


class Template(StrEnum):
    """What can be begun."""

    SCENARIO = "scenario"
    BENCHMARK = "benchmark"
    AGENT = "agent"


@command
def new(
    template: Annotated[Template, typer.Argument(help="What to begin.", metavar="KIND")],
    name: Annotated[str, typer.Argument(help="Its name.", metavar="NAME")],
    file: Annotated[
        Path | None, typer.Option(help="Where to write it (default NAME.yaml); - is the output.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Overwrite the file.")] = False,
) -> Exit:
    """Write a file with comments to begin from: a scenario, a benchmark or an agent."""
    if not _NAME.match(name):
        raise Failure(f"{name!r} is no name: small letters, digits and hyphens, at most 63", Exit.USAGE)
    text = content(template, name)
    if str(file) == "-":
        sys.stdout.write(text)
        return Exit.OK
    path = file or Path(f"{name}.yaml")
    try:
        with path.open("w" if force else "x", encoding="utf-8") as out:
            out.write(text)
    except FileExistsError as error:
        raise Failure(f"{path} exists: --force overwrites it", Exit.USAGE) from error
    except OSError as error:
        raise Failure(f"{path}: {error.strerror}", Exit.USAGE) from error
    print(f"{path} written; check it: assay lint {path}")
    return Exit.OK


def content(template: Template, name: str) -> str:
    """The text of the file."""
    text = resources.files("assay.cli").joinpath("templates", f"{template}.yaml").read_text(encoding="utf-8")
    return text.replace(PLACEHOLDER, name)
