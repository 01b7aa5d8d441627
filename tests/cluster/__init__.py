"""A real Kubernetes cluster (kind) for the end-to-end tests and the demo: ``python3 -m tests.cluster up``."""
