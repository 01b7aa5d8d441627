"""Where a cluster's images come from: a container registry, or package registries alone."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from enum import StrEnum

from . import pins
from .console import ClusterError, succeeds

PROBE_SECONDS = 15


class Source(StrEnum):
    """How images come about."""

    UPSTREAM = "upstream"
    """The stock kind node; images are pulled as usual."""
    REGISTRIES = "registries"
    """No container registry within reach: images are made from Go modules and Debian packages."""


def choose(environ: Mapping[str, str] | None = None, answers: Callable[[], bool] | None = None) -> Source:
    """The source ``ASSAY_CLUSTER_SOURCE`` names, else ``upstream`` if a container registry answers the engine."""
    env = os.environ if environ is None else environ
    if wanted := env.get("ASSAY_CLUSTER_SOURCE"):
        try:
            return Source(wanted)
        except ValueError:
            names = " or ".join(Source)
            raise ClusterError(f"ASSAY_CLUSTER_SOURCE is {wanted!r}: say {names}") from None
    return Source.UPSTREAM if (answers or _registry_answers)() else Source.REGISTRIES


def _registry_answers() -> bool:
    # By the engine, not by us: it may have a mirror or a proxy of its own. The image is a third of a megabyte.
    return succeeds("docker", "pull", "--quiet", pins.PAUSE_IMAGE, timeout=PROBE_SECONDS)
