"""`python -m assay` runs the operator."""

from assay.main import main

main()
