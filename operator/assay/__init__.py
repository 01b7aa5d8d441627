"""Assay: environments, agents and reproducible scores on Kubernetes."""

__version__ = "0.1.0"
