"""`python -m assay.api crds DIR`, `… reference FILE`, `… troubleshooting FILE`: what is generated from the models."""

from __future__ import annotations

import sys

from . import crd, reference, troubleshooting

COMMANDS = {"crds": crd.main, "reference": reference.main, "troubleshooting": troubleshooting.main}


if __name__ == "__main__":
    if len(sys.argv) < 2 or sys.argv[1] not in COMMANDS:
        sys.exit(f"usage: python -m assay.api {'|'.join(COMMANDS)} [--check] PATH")
    sys.exit(COMMANDS[sys.argv[1]](sys.argv[2:]))
