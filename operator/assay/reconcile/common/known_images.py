"""Remembers what images in registries were, so that registries are not asked each time."""

from __future__ import annotations

from collections import OrderedDict
from typing import NamedTuple

from assay.api.blueprint import BlueprintImage

SIZE = 1000


class KnownImage(NamedTuple):
    """An image as its registry described it."""

    read_at: float
    """Monotonic seconds."""
    image: BlueprintImage


class KnownImages:
    """The images of the `size` references that were used last."""

    def __init__(self, size: int = SIZE) -> None:
        self._size = size
        self._images: OrderedDict[str, KnownImage] = OrderedDict()

    def __len__(self) -> int:
        """How many references it remembers."""
        return len(self._images)

    def get(self, reference: str) -> KnownImage | None:
        """What a reference meant when it was last read; None: never read, or forgotten."""
        if reference in self._images:
            self._images.move_to_end(reference)
        return self._images.get(reference)

    def put(self, reference: str, known: KnownImage) -> None:
        """Remember it, and forget the reference that was not used for the longest time if there are too many."""
        self._images[reference] = known
        self._images.move_to_end(reference)
        if len(self._images) > self._size:
            self._images.popitem(last=False)

    def clear(self) -> None:
        """Forget all of them."""
        self._images.clear()
