"""What people do to runs while these go on, and what is seen of them."""

from __future__ import annotations

from typing import Any

from assay.kube.resources import PODS
from assay.our_resources import OURS
from tests.integration.fakeapi import FakeApi
from tests.integration.fakecollection import Json
from tests.integration.running import TEAM

FOR_EVER = 3600.0
"""Seconds that a pod works: no test waits so long."""


def steer(api: FakeApi, kind: str, name: str, **spec: Any) -> None:
    """Change the spec of a run, by a person as it were."""
    api.patch(OURS[kind], TEAM, name, {"spec": spec})


def state(api: FakeApi, pod: str, container: str) -> str | None:
    """How a container of a pod is: waiting, running or terminated."""
    status = (api.get(PODS, TEAM, pod) or {}).get("status") or {}
    shown = [*(status.get("initContainerStatuses") or ()), *(status.get("containerStatuses") or ())]
    return next((next(iter(one["state"])) for one in shown if one["name"] == container), None)


def status(api: FakeApi, kind: str, name: str) -> Json:
    found = api.get(OURS[kind], TEAM, name)
    assert found is not None
    return dict(found.get("status") or {})
