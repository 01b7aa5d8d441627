"""`python -m assay.api crds DIR`, `… reference FILE`, `… troubleshooting FILE`: what is generated from the models."""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import partial

from assay.crdgen import crd, reference

from . import KINDS, troubleshooting

COMMANDS: dict[str, Callable[[list[str]], int]] = {
    "crds": partial(crd.main, KINDS),
    "reference": partial(reference.main, KINDS),
    "troubleshooting": troubleshooting.main,
}


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: python -m assay.api {'|'.join(COMMANDS)} [--check] PATH")
    sys.exit(COMMANDS[sys.argv[1]](sys.argv[2:]))
