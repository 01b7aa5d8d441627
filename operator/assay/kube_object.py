"""An object of the Kubernetes API as JSON, for what has no model of ours: pods, Jobs, claims, manifests."""

from typing import Any

KubeObject = dict[str, Any]
"""apiVersion, kind, metadata and the rest, as the API server sends it."""
