"""What a Scorer reports about itself and its users."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from assay.api import conditions
from assay.api.scorer import Scorer, ScorerStatus
from assay.reconcile.definitions.scorer import USED_BY_MAX, decide
from tests.unit.specs.objects import Obj, existing

NOW = datetime(2026, 1, 2, 10, tzinfo=UTC)


def status_with(*users: str, **spec: Any) -> ScorerStatus:
    given = {"type": "BashScript", "bashScript": {"script": "echo 1.0"}, **spec}
    status = decide(Scorer.parse(existing("Scorer", "judge", spec=given)), users, NOW).status
    assert isinstance(status, ScorerStatus)
    return status


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        (None, ("True", "Accepted", "Ready")),
        ({"type": "object"}, ("True", "Accepted", "Ready")),
        ({"type": "odd"}, ("False", "SchemaInvalid", "NotReady")),
    ],
)
def test_whether_a_scorer_is_ready(schema: Obj | None, expected: tuple[str, str, str]) -> None:
    status = status_with(parametersSchema=schema)
    ready = conditions.find(status.conditions, "Ready")
    assert ready is not None
    assert (ready.status, ready.reason, status.phase) == expected
    assert ("odd" in ready.message) == (expected[0] == "False")


def test_a_scorer_counts_its_users_and_names_some() -> None:
    users = [f"s{number:03}" for number in range(USED_BY_MAX + 1)]
    status = status_with(*users)
    assert status.users == USED_BY_MAX + 1
    assert status.used_by == users[:-1]
    unused = status_with()
    assert (unused.users, unused.used_by) == (0, None)
