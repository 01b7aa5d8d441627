"""`assay lint`: what the API server would say, without one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from assay.crdgen.kind import GROUP

from .exits import Exit, Failure
from .linting import references, rules, schema
from .linting.documents import Document, Finding, files, read
from .options import command

EXAMPLE = """\b
Examples:
  assay lint scenarios/
  kubectl kustomize . | assay lint --strict -

\b
Checks schema, unknown fields, CEL rules, and whether what objects refer to is in the
files. Objects of other groups are looked at as targets of references alone.
Exit codes: 0 no errors; 1 errors, or with --strict warnings; 2 a file cannot be read."""


@command
def lint(
    paths: Annotated[
        list[Path], typer.Argument(help="Files and folders of YAML; - is standard input.", metavar="FILE")
    ],
    strict: Annotated[bool, typer.Option("--strict", help="Warnings are errors.")] = False,
) -> Exit:
    """Check files without a cluster."""
    documents, found = _read(paths)
    ours = [one for one in documents if str(one.value.get("apiVersion", "")).partition("/")[0] == GROUP]
    for document in ours:
        found += schema.check(document)
        if schema.fits(document.value):
            found += rules.check(document)
            found += references.check([document], documents)
    for one in found:
        print(one)
    errors = sum(one.level == "error" for one in found)
    print(f"{len(ours)} objects, {errors} errors, {len(found) - errors} warnings")
    return Exit.FAILED if errors or (strict and found) else Exit.OK


def _read(paths: list[Path]) -> tuple[list[Document], list[Finding]]:
    documents: list[Document] = []
    found: list[Finding] = []
    for path in files(paths):
        try:
            some, faults = read(path)
        except (OSError, UnicodeDecodeError) as error:
            raise Failure(f"{path}: {error}", Exit.USAGE) from error
        documents += some
        found += faults
    return documents, found
