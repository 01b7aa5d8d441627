"""Network policies, and the pods that wait for them."""

from __future__ import annotations

from typing import Any

import pytest

from assay.api.devbox import DevboxSpec
from assay.api.meta import Egress, Network
from assay.specs import devbox_pod, network_policies
from assay.specs.pod_plan import MountPlan, PodRole
from tests.unit.specs.commands import flags, line
from tests.unit.specs.devboxes import COPY, a_devbox, plan
from tests.unit.specs.objects import IMAGE, OVERLAY, SETTINGS, devbox, pinned, run, scorer_jobs

GATED = SETTINGS.replace(network_gate_address="10.96.0.1:443")
WAITS = {"gate": ["10.96.0.1:443"], "gate-seconds": ["30"]}


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


def pod_of(mount: MountPlan, role: PodRole = "run", egress: Egress | None = None) -> dict[str, Any]:
    made_up = Network(egress=egress) if egress else None
    spec = DevboxSpec(image=IMAGE.reference, network=made_up, command=["true"])
    made = devbox_pod.pod(a_devbox(spec), plan(role, mount), GATED)
    pod_spec: dict[str, Any] = made["spec"]
    return pod_spec


def test_an_overlaid_devbox_waits_itself_and_a_copied_one_in_its_init_container() -> None:
    overlaid = pod_of(OVERLAY)
    assert WAITS.items() <= flags(overlaid["containers"][0]).items()
    copied = pod_of(COPY)
    assert not WAITS.keys() & flags(copied["containers"][0]).keys()
    assert flags(copied["initContainers"][0]) == WAITS
    assert flags(pod_of(COPY, "prepare")["initContainers"][0]) == {}, "only our own programs run there"
    assert not WAITS.keys() & flags(pod_of(OVERLAY, egress="Any")["containers"][0]).keys()


def test_the_place_is_an_address_and_a_port_of_either_family() -> None:
    six = GATED.replace(network_gate_address="[fd00::1]:6443")
    assert network_policies.gate("None", six) == {"gate": "[fd00::1]:6443", "gate_seconds": 30}


def test_what_a_user_sets_does_not_open_the_gate() -> None:
    spec = DevboxSpec.model_validate(
        {
            "image": IMAGE.reference,
            "command": ["true"],
            "env": [{"name": "ASSAY_CLOSED", "value": "127.0.0.1 1 1"}],
        }
    )
    made = devbox_pod.pod(a_devbox(spec), plan(), GATED)
    boot = line(made["spec"]["containers"][0]["command"])
    assert WAITS.items() <= boot.flags.items()
    assert "hand" not in boot.flags


def functions_of(root: str, egress: Egress) -> list[dict[str, Any]]:
    status: dict[str, Any] = {"rootFilesystem": root, "directories": ["etc"] if root == "Copy" else None}
    command = {"command": ["true"]}
    functions = [
        {"name": name, "type": "Command", "command": command, "network": {"egress": egress}}
        for name in ("one", "two")
    ]
    made = pinned(scoringContract={"scoringFunctions": functions})
    (job,) = scorer_jobs(run(), made, devbox("d", **status), GATED)
    containers: list[dict[str, Any]] = job["spec"]["template"]["spec"]["containers"]
    return containers


@pytest.mark.parametrize(
    ("root", "egress", "has_own", "waits"),
    [
        ("Overlay", "None", True, False),
        ("Overlay", "Internet", False, True),
        ("Overlay", "Any", False, False),
        ("Copy", "None", False, True),
        ("Copy", "Internet", False, True),
        ("Copy", "Any", False, False),
    ],
)
def test_a_function_that_reaches_nothing_has_its_own_network_or_waits(
    root: str, egress: Egress, has_own: bool, waits: bool
) -> None:
    for one in functions_of(root, egress):
        given = flags(one)
        assert ("no-network" in given) is has_own
        assert (WAITS.items() <= given.items()) is waits
        assert waits or not WAITS.keys() & given.keys()
        added = one["securityContext"]["capabilities"].get("add", ())
        assert ("NET_ADMIN" in added) is has_own, "for the loopback device alone"
