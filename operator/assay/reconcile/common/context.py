"""What every reconcile may use."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Protocol

from assay.engine.cache import Cache
from assay.engine.events import Recorder
from assay.kube.client import Client
from assay.registry.image import ImageConfig
from assay.settings import Settings

from .known_images import KnownImages
from .start_looks import StartLooks
from .status_rate import StatusRate


class Images(Protocol):
    """Reads image configurations from registries."""

    async def resolve(self, reference: str) -> ImageConfig:
        """Digest and configuration of an image; ImageNotFound, RegistryUnavailable."""
        ...


def _now() -> datetime:
    # metav1.Time has seconds.
    return datetime.now(UTC).replace(microsecond=0)


@dataclass(frozen=True, slots=True)
class Context:
    """The operator's hands: what it sees and what it may do."""

    client: Client
    cache: Cache
    recorder: Recorder
    images: Images
    settings: Settings
    observe: Callable[[str, dict[str, Any]], None]
    """Take in an object as if the watch had shown it (our own writes, ahead of their events)."""
    forget: Callable[[str, dict[str, Any]], None]
    """The same for a deletion."""
    status_rate: StatusRate = field(default_factory=StatusRate)
    """Limits the writes of statuses that only count others."""
    known_images: KnownImages = field(default_factory=KnownImages)
    """What images in registries were when they were last read."""
    start_looks: StartLooks = field(default_factory=StartLooks)
    """What Events said of objects that do not start."""
    validating: asyncio.Lock = field(default_factory=asyncio.Lock)
    """Held from counting the unfinished validation runs until others are created."""
    now: Callable[[], datetime] = field(default=_now)
