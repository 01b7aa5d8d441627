"""Quantities, policies and identities that go into a devbox's manifests."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from assay.api.devbox import DevboxSpec
from assay.api.disksnapshot import DiskSnapshotStatus
from assay.api.meta import Network
from assay.api.scheduling import Scheduling
from assay.specs import devbox_pod, names, network_policies, pod_parts, quantity
from assay.specs.pod_plan import MountPlan, is_user_unknown
from tests.unit.specs.devboxes import COPY, a_devbox, plan
from tests.unit.specs.objects import IMAGE, OVERLAY, SETTINGS

WITH_FILE = {"image": "i", "files": [{"name": "notes", "content": "see above"}]}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", "0"),
        ("1Gi", "1073741824"),
        ("1.5Gi", "1610612736"),
        ("500M", "5E+8"),
        ("100m", "0.1"),
        ("1e9", "1E+9"),
        ("1E9", "1E+9"),
        ("2E", "2E+18"),
        ("3Ei", "3458764513820540928"),
        ("1073741824", "1073741824"),
    ],
)
def test_quantities(text: str, value: str) -> None:
    assert quantity.parse(text) == Decimal(value)


@pytest.mark.parametrize("text", ["", "Gi", "1Xi", "one", "NaN", "Infinity", "1 Gi"])
def test_what_is_no_quantity(text: str) -> None:
    with pytest.raises(ValueError, match="not a quantity"):
        quantity.parse(text)


@pytest.mark.parametrize(
    ("asked", "restored", "size"),
    [
        (None, "100Mi", "1Gi"),
        (None, "2Gi", "2Gi"),
        ("5Gi", "2Gi", "5Gi"),
        ("1Gi", "1073741825", "1073741825"),
        ("1Gi", None, "1Gi"),
    ],
)
def test_a_claim_from_a_snapshot_is_never_too_small(
    asked: str | None, restored: str | None, size: str
) -> None:
    box = a_devbox({"diskSnapshotRef": {"name": "s"}, "disk": {"size": asked}})
    snapshot = DiskSnapshotStatus(volume_snapshot_name="v", restore_size=restored)
    claim = devbox_pod.claim(box, SETTINGS, snapshot)["spec"]
    assert claim["resources"]["requests"]["storage"] == size
    assert claim["dataSource"]["name"] == "v"
    assert "dataSource" not in devbox_pod.claim(box, SETTINGS)["spec"]


@pytest.mark.parametrize(
    ("asked", "default", "label"), [(None, "Internet", "internet"), ("None", "Any", "none")]
)
def test_which_policy_holds(asked: Any, default: Any, label: str) -> None:
    settings = SETTINGS.replace(agent_egress=default)
    box = a_devbox(DevboxSpec(image="i", network=Network(egress=asked)))
    pod = devbox_pod.pod(box, plan(), settings)
    assert pod["metadata"]["labels"]["assay.dev/egress"] == label
    policies = {one["metadata"]["name"]: one["spec"] for one in network_policies.policies("team", settings)}
    selected = policies[f"assay-egress-{label}"]["podSelector"]["matchLabels"]
    assert selected.items() <= pod["metadata"]["labels"].items()


def test_a_family_without_blocked_networks_and_the_hash_of_changed_settings() -> None:
    settings = SETTINGS.replace(blocked_cidrs=("10.0.0.0/8",))
    internet = network_policies.policies("team", settings)[-1]
    four, six = (peer["ipBlock"] for peer in internet["spec"]["egress"][1]["to"])
    assert four == {"cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"]}
    assert six == {"cidr": "::/0"}
    assert (
        internet["metadata"]["annotations"]
        != network_policies.policies("team", SETTINGS)[-1]["metadata"]["annotations"]
    )


@pytest.mark.parametrize(
    ("user", "identity"),
    [
        ("1000", {"runAsUser": 1000}),
        ("1000:100", {"runAsUser": 1000, "runAsGroup": 100}),
        ("0", {"runAsUser": 0}),
        ("app", None),
        ("1000:users", None),
        ("1000:", None),
        ("", None),
        ("-1", None),
    ],
)
def test_users_that_a_pod_can_be_given(user: str, identity: dict[str, int] | None) -> None:
    assert pod_parts.numeric_identity(user) == identity


@pytest.mark.parametrize(
    ("user", "image_user", "identity"),
    [
        (None, "app", {}),
        ("app", "app", {}),
        ("1000", "1000", {}),
        ("1001:7", "app", {"runAsUser": 1001, "runAsGroup": 7}),
    ],
)
def test_a_copy_runs_as_the_images_user_or_a_number(
    user: str | None, image_user: str, identity: dict[str, int]
) -> None:
    image = IMAGE.model_copy(update={"user": image_user})
    mount = MountPlan("Copy", "", ["etc"])
    box = a_devbox(DevboxSpec(image="i", user=user))
    pod = devbox_pod.pod(box, plan(mount=mount, image=image), SETTINGS)["spec"]
    context = pod["containers"][0]["securityContext"]
    ordinary = {"capabilities": {"drop": ["NET_RAW"]}, "seccompProfile": {"type": "RuntimeDefault"}}
    assert context == {**identity, **ordinary}
    assert "hostUsers" not in pod


@pytest.mark.parametrize(
    ("user", "is_unknown"),
    [
        (None, False),
        ("app", False),
        ("1000", False),
        ("1000:7", False),
        ("other", True),
        ("1000:users", True),
    ],
)
def test_a_copy_cannot_run_as_the_name_of_another_user_than_the_images(
    user: str | None, is_unknown: bool
) -> None:
    spec, image = DevboxSpec(image="i", user=user), IMAGE.model_copy(update={"user": "app"})
    assert is_user_unknown(spec, plan(mount=COPY, image=image)) is is_unknown
    assert not is_user_unknown(spec, plan(image=image)), "an overlay looks names up in its own files"


def test_a_pod_may_say_why_its_disk_is_mounted_so() -> None:
    pod = devbox_pod.pod(a_devbox(DevboxSpec.model_validate(WITH_FILE)), plan(), SETTINGS)
    assert devbox_pod.mount_of(pod) == MountPlan("Overlay", ""), "the status has the reason by then"
    explained = devbox_pod.with_mount_reason(pod, OVERLAY)
    assert devbox_pod.mount_of(explained) == OVERLAY
    annotations = explained["metadata"]["annotations"]
    assert annotations.pop(names.ROOT_FILESYSTEM_REASON)
    assert annotations == pod["metadata"]["annotations"] != {}, "files are annotations too"
    assert (
        devbox_pod.mount_of(devbox_pod.pod(a_devbox(), plan(mount=COPY), SETTINGS)).root_filesystem == "Copy"
    )


def test_scheduling_reaches_the_pod_and_nothing_else_changes() -> None:
    scheduling = Scheduling.model_validate({"nodeSelector": {"a": "b"}, "affinity": {"nodeAffinity": {}}})
    before = {"affinity": {"podAffinity": {}}, "containers": []}
    after = {"affinity": {"nodeAffinity": {}}, "containers": [], "nodeSelector": {"a": "b"}}
    assert pod_parts.schedule(before, scheduling) == after
    assert pod_parts.schedule(before, None) == before
