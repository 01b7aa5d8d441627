"""How a build ended, by the pods of its Job."""

from __future__ import annotations

import pytest

from assay.reconcile.blueprint.observed import build_ended
from tests.unit.reconcile.blueprint.blueprints import (
    DIGEST,
    SUCCEEDED,
    built_from,
    content_of,
    ended,
    job,
    pod,
)


@pytest.mark.parametrize(
    ("exit_code", "message", "digest"),
    [
        (0, SUCCEEDED, DIGEST),
        (0, "not JSON", None),
        (0, "{}", None),
        (0, "[]", None),
        (0, "[" * 2000 + "]" * 2000, None),
        (1, SUCCEEDED, None),
        (1, "error: no", None),
    ],
)
def test_a_build_has_an_image_if_it_ended_well_and_reports_its_digest(
    exit_code: int, message: str, digest: str | None
) -> None:
    own = job(built_from(), content_of(built_from()))
    end = build_ended([pod(own, running={}), ended(own, exit_code, message)])
    assert end is not None
    assert (end.digest, end.log) == (digest, message)
    assert end.finished_at is not None


def test_a_build_without_a_pod_that_ended_goes_on() -> None:
    own = job(built_from(), content_of(built_from()))
    assert build_ended([]) is None
    assert build_ended([pod(own, running={})]) is None
