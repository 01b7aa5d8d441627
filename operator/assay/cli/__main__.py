"""`python -m assay.cli` is the command `assay`."""

from .app import main

main()
