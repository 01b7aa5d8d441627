"""Network policies, and the pods that wait for them."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api.devbox import DevboxSpec
from assay.api.meta import Egress, Network
from assay.specs import devbox_pod, network_policies, scorer_job
from assay.specs.devbox_pod import Mode, Root
from tests.unit.specs.commands import control, script
from tests.unit.specs.objects import IMAGE, OVERLAY, SETTINGS, devbox, existing, pinned, run

GATED = SETTINGS.replace(network_gate_address="10.96.0.1:443")
WAITS = {"ASSAY_CLOSED": "10.96.0.1 443 30"}
COPY = Root("Copy", "asked for", ("etc", "usr"))


@pytest.mark.parametrize(
    ("egress", "place", "waits"),
    [
        ("None", "10.96.0.1", True),
        ("Internet", "10.96.0.1", True),
        ("Any", "10.96.0.1", False),
        ("None", "203.0.113.7", True),
        ("Internet", "203.0.113.7", False),  # a public API server is as public as any other
        ("Internet", "fd00::1", True),
    ],
)
def test_pods_wait_where_their_policy_forbids_the_place(egress: Egress, place: str, waits: bool) -> None:
    settings = SETTINGS.replace(network_gate_address=f"[{place}]:443")
    assert bool(network_policies.gate(egress, settings)) is waits


def test_no_pod_waits_where_the_operator_knows_no_place_or_was_told_not_to() -> None:
    assert network_policies.gate("None", SETTINGS) == {}
    assert network_policies.gate("None", GATED.replace(network_gate_seconds=0)) == {}


def pod_of(root: Root, mode: Mode = "run", egress: Egress | None = None) -> dict[str, Any]:
    made_up = Network(egress=egress) if egress else None
    spec = DevboxSpec(image=IMAGE.reference, network=made_up, command=["true"])
    made = devbox_pod.pod(existing("Devbox", "d", spec={}), spec, IMAGE, GATED, root, mode)
    pod_spec: dict[str, Any] = made["spec"]
    return pod_spec


def test_an_overlaid_devbox_waits_itself_and_a_copied_one_in_its_init_container() -> None:
    overlaid = pod_of(OVERLAY)
    assert WAITS.items() <= control(overlaid["containers"][0]).items()
    copied = pod_of(COPY)
    assert copied["containers"][0]["command"] == ["true"]
    assert control(copied["initContainers"][0]) == WAITS
    assert control(pod_of(COPY, "prepare")["initContainers"][0]) == {}, "only our own programs run there"
    assert "ASSAY_CLOSED" not in control(pod_of(OVERLAY, egress="Any")["containers"][0])


def test_what_a_user_sets_does_not_open_the_gate() -> None:
    spec = DevboxSpec.model_validate(
        {
            "image": IMAGE.reference,
            "command": ["true"],
            "env": [{"name": "ASSAY_CLOSED", "value": "127.0.0.1 1 1"}],
        }
    )
    made = devbox_pod.pod(existing("Devbox", "d", spec={}), spec, IMAGE, GATED, OVERLAY)
    run = script(made["spec"]["containers"][0]["command"])
    assert WAITS.items() <= run.control.items()
    assert "ASSAY_CLOSED" not in run.seen


@pytest.mark.parametrize("root", ["Overlay", "Copy"])
def test_scorers_wait(root: str) -> None:
    status: dict[str, Any] = {"rootFilesystem": root, "directories": ["etc"] if root == "Copy" else None}
    (job,) = scorer_job.jobs(run(), pinned(), devbox("d", **status), GATED)
    containers = job["spec"]["template"]["spec"]["containers"]
    assert all(WAITS.items() <= control(one).items() for one in containers)
