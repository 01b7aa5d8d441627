"""The memory of images in registries."""

from __future__ import annotations

from assay.api.blueprint import BlueprintImage
from assay.reconcile.common.known_images import KnownImage, KnownImages


def known(reference: str) -> KnownImage:
    return KnownImage(1.0, BlueprintImage(reference=reference))


def filled(size: int, *references: str) -> KnownImages:
    memory = KnownImages(size)
    for reference in references:
        memory.put(reference, known(reference))
    return memory


def test_it_remembers_what_was_used_last_and_no_more() -> None:
    memory = filled(2, "a", "b")
    assert memory.get("a") == known("a")
    memory.put("c", known("c"))
    assert len(memory) == 2
    assert memory.get("b") is None, "a was asked for after b"
    assert (memory.get("a"), memory.get("c")) == (known("a"), known("c"))


def test_an_image_that_is_read_again_takes_no_other_s_place() -> None:
    memory = filled(2, "a", "b", "a", "a")
    assert memory.get("b") == known("b")
    newer = KnownImage(2.0, BlueprintImage(reference="another"))
    memory.put("a", newer)
    assert memory.get("a") == newer


def test_it_can_forget_everything() -> None:
    memory = filled(2, "a", "b")
    memory.clear()
    assert len(memory) == 0
    assert memory.get("a") is None
