"""How often a run is begun anew whose try the infrastructure ended."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from assay.crdgen.markers import ListMap

from .blame import CAUSES
from .meta import Model
from .reasons import Reason, ScenarioRunReason

RETRIED: tuple[Reason, ...] = tuple(
    reason for reason in CAUSES["Infrastructure"] if reason != ScenarioRunReason.NO_DISK_KEPT
)
"""The causes by which a run is begun anew: all that are the infrastructure's and that another try can mend."""

RETRIES_MAX = 10
Limit = Annotated[int, Field(ge=0, le=RETRIES_MAX)]
Cause = Annotated[str, Field(json_schema_extra={"enum": [str(reason) for reason in RETRIED]})]


class CauseRetry(Model):
    """A limit of its own for one cause."""

    cause: Cause
    limit: Limit
    """How often a try may be lost by this cause and be begun anew; 0: never."""


class Retry(Model):
    """How often a run is begun anew: the agent starts over on a fresh disk. Only the infrastructure's causes count."""

    limit: Limit = 2
    """How often, for all causes together that have no limit of their own; 0: never."""
    per_cause: Annotated[list[CauseRetry], Field(max_length=len(RETRIED)), ListMap("cause")] | None = None
    """Causes with a limit of their own."""
