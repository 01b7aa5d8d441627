"""The real operator against the fake API server: what devboxes may reach."""

from __future__ import annotations

from pathlib import Path

from assay.kube.resources import NETWORK_POLICIES, PODS
from tests.integration.devboxes import (
    SPEC,
    one_pod_at_a_time,  # noqa: F401 (holds for every test here)
    says,
)
from tests.integration.fakeapi import FakeApi
from tests.integration.kubelet import Kubelet
from tests.integration.running import TEAM, condition, create, operating, writes_since


async def test_policies_are_there_before_the_pod_and_follow_the_settings(
    api: FakeApi, tmp_path: Path
) -> None:
    create(api, "Devbox", "box", {**SPEC, "command": ["true"]})
    there: list[int] = []
    api.on_create(PODS, lambda _: there.append(len(api.all(NETWORK_POLICIES))))
    with Kubelet(api):
        async with operating(api, tmp_path) as operator:
            await operator.until(lambda: says(api, "Finished", is_=("True", "Completed")))
        assert there == [3]
        mark = len(api.writes)
        async with operating(api, tmp_path, blocked_cidrs=["10.0.0.0/8"]) as operator:
            create(api, "Devbox", "box-2", {**SPEC, "command": ["true"]})
            await operator.until(lambda: condition(api, "Devbox", "box-2", "Finished"))
        writes = writes_since(api, mark)
    assert (writes["PATCH", "networkpolicies"], writes["POST", "networkpolicies"]) == (1, 0)
    internet = api.get(NETWORK_POLICIES, TEAM, "assay-egress-internet")
    assert internet is not None
    assert internet["spec"]["egress"][1]["to"][0]["ipBlock"]["except"] == ["10.0.0.0/8"]
