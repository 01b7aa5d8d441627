"""How people hold up and end runs of either kind."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic import Field

from assay.crdgen.markers import Cel

from .meta import Model

STEERED = ("suspend", "cancel")
"""The fields that may be changed at any time."""
ActiveDeadlineSeconds = Annotated[int, Field(ge=1, le=31_536_000)]


class Lifecycle(Model):
    """What may be asked of a run at any time; a run that has ended stays as it ended."""

    __cel__: ClassVar[tuple[Cel, ...]] = (
        Cel(
            "!(has(oldSelf.cancel) && oldSelf.cancel) || (has(self.cancel) && self.cancel)",
            "cancel cannot be taken back: create another run",
        ),
    )
    suspend: bool | None = None
    """No pods as long as it is true; the run begins, or goes on, once it is cleared. An agent cannot be continued: one
    that has not ended begins again, on a fresh disk. What an agent has left stays, and is scored then."""
    cancel: bool | None = None
    """Ends the run: Failed, reason Canceled, without pods. Cannot be taken back."""
