"""What the status of a ScenarioRun records beside its score: where it was measured, how long it took, lost tries."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from pydantic import Field

from .meta import Model
from .retry import RETRIES_MAX

LOST_TRIES_MAX = 2 * RETRIES_MAX
"""How many lost tries a status lists; no run is begun anew more often, whatever its limits add up to."""
MESSAGE_MAX = 1024


class LostTry(Model):
    """A try that the infrastructure ended, and that was begun anew."""

    number: Annotated[int, Field(ge=1)]
    """1 for the first try of the run."""
    reason: str
    """The cause: NodeLost, PodLost, Drained, …"""
    message: Annotated[str, Field(max_length=MESSAGE_MAX)] | None = None
    node: str | None = None
    start_time: datetime | None = None
    """When its Job or Devbox was created."""
    finish_time: datetime
    """When its end was seen."""


class RunEnvironment(Model):
    """On what the agent worked; of a re-score, the scorer. Other resources, or another machine, change scores."""

    node: str | None = None
    architecture: str | None = None
    os_image: str | None = None
    kernel: str | None = None
    container_runtime: str | None = None
    kubelet: str | None = None
    image: str | None = None
    """The image by digest, as the node's container runtime names it."""
    qos_class: str | None = None
    requests: dict[str, str] | None = None
    """As the pod had them, with what a LimitRange or a webhook added."""
    limits: dict[str, str] | None = None


class RunDurations(Model):
    """How long each phase took, in seconds."""

    provisioning_seconds: float | None = None
    """From the creation of the Job or Devbox until the agent began: scheduling, volume, image."""
    agent_seconds: float | None = None
    """From then until its end, with the mounting of the disk and the wait for the network."""
    scoring_seconds: float | None = None
    """From then until the last function had ended."""
