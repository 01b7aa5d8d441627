"""kopf's handlers and what the operator lists are the same set."""

from __future__ import annotations

from typing import Any

import kopf
import pytest

from assay import handlers
from assay.api import KINDS
from assay.dispatch import RECONCILERS, WATCHED
from assay.engine.relist import Watched

REGISTERED = [
    handler
    for handler in kopf.get_default_registry()._watching.get_all_handlers()
    if handler.fn.__module__ == handlers.__name__
]


@pytest.mark.parametrize("watched", WATCHED, ids=lambda one: one.resource.plural)
def test_each_watched_resource_has_one_handler_with_the_same_selector(watched: Watched) -> None:
    resource = watched.resource
    mine = [
        one
        for one in REGISTERED
        if one.selector
        and (one.selector.group or "", one.selector.version, one.selector.any_name or one.selector.plural)
        == (resource.group, resource.version, resource.plural)
    ]
    assert len(mine) == 1
    labels = mine[0].labels or {}
    assert ",".join(f"{key}={value}" for key, value in labels.items()) == (watched.label_selector or "")


def test_no_handler_watches_what_is_not_listed() -> None:
    assert len(REGISTERED) == len(WATCHED)


async def test_a_handler_names_the_kind_that_it_watches() -> None:
    seen: list[tuple[str, str | None]] = []

    class Intake:
        def event(self, kind: str, type_: str | None, body: object) -> None:
            seen.append((kind, type_))

    for handler in REGISTERED:
        function: Any = handler.fn
        await function(type="ADDED", body={}, memo=kopf.Memo(intake=Intake()))
    assert sorted(kind for kind, _ in seen) == sorted(one.resource.kind for one in WATCHED)


def test_each_of_our_kinds_has_a_reconciler() -> None:
    assert RECONCILERS.keys() == {kind.name for kind in KINDS}
