"""Who may do what."""

from collections.abc import Iterable, Iterator
from typing import Any

from assay.api import KINDS
from tests.unit.chart.chart import NAMESPACE, Manifest, of_kind, render, rights_of

OURS = frozenset(kind.plural for kind in KINDS)
READ = {"get", "list", "watch"}
EVERYTHING = ("settings.leaderElection=true", "settings.namespaces={team-a,team-b}")


def _rules(manifests: Iterable[Manifest]) -> Iterator[dict[str, Any]]:
    for manifest in manifests:
        if manifest["kind"] in ("ClusterRole", "Role"):
            yield from manifest["rules"]


def test_no_wildcards_and_no_secrets() -> None:
    for rule in _rules([*render(), *render(*EVERYTHING)]):
        words = {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}
        assert not {word for word in words if "*" in word}
        assert "secrets" not in words
        assert not words & {"escalate", "bind", "impersonate", "pods/attach", "pods/portforward"}


def test_operator_on_our_kinds() -> None:
    rights = rights_of(of_kind(render(), "ClusterRole")["assay-operator"], "assay.dev")
    for plural in OURS:
        assert rights.pop(f"{plural}/status") == {"patch"}
        assert rights[plural] >= READ
    more = {resource: verbs - READ for resource, verbs in rights.items() if verbs - READ}
    owners = {"benchmarkruns", "blueprints", "devboxes", "disksnapshots", "scenarioruns", "scenarios"}
    assert more == {
        "blueprints": {"patch"},
        "devboxes": {"create", "delete", "patch"},
        "disksnapshots": {"create", "delete"},
        "scenarioruns": {"create", "delete", "patch"},
        **{f"{plural}/finalizers": {"update"} for plural in owners},
    }


def test_operator_on_others() -> None:
    role = of_kind(render(), "ClusterRole")["assay-operator"]
    assert rights_of(role, "") == {
        "pods": {*READ, "create", "delete"},
        "pods/log": {"get"},
        "persistentvolumeclaims": {*READ, "create", "delete"},
        "configmaps": {*READ, "create"},
    }
    assert rights_of(role, "batch") == {"jobs": {*READ, "create", "delete"}}
    assert rights_of(role, "events.k8s.io") == {"events": {"create", "list"}}
    assert rights_of(role, "snapshot.storage.k8s.io") == {"volumesnapshots": {*READ, "create"}}
    assert rights_of(role, "networking.k8s.io") == {"networkpolicies": {*READ, "create", "patch"}}
    assert {group for rule in role["rules"] for group in rule["apiGroups"]} == {
        "",
        "assay.dev",
        "batch",
        "events.k8s.io",
        "networking.k8s.io",
        "snapshot.storage.k8s.io",
    }


def test_operator_everywhere_or_in_its_namespaces() -> None:
    def bound(manifests: list[Manifest], kind: str) -> set[tuple[str | None, str]]:
        found = [one for one in manifests if one["kind"] == kind]
        for one in found:
            (subject,) = one["subjects"]
            assert subject == {"kind": "ServiceAccount", "name": "assay-operator", "namespace": NAMESPACE}
        return {(one["metadata"].get("namespace"), one["roleRef"]["name"]) for one in found}

    discovery = (None, "assay-operator-discovery")
    assert bound(render(), "ClusterRoleBinding") == {discovery, (None, "assay-operator")}
    probe = (NAMESPACE, "assay-operator-probe")
    assert bound(render(), "RoleBinding") == {probe}
    limited = render("settings.namespaces={team-a,team-b}")
    assert bound(limited, "ClusterRoleBinding") == {discovery}
    assert bound(limited, "RoleBinding") == {
        ("team-a", "assay-operator"),
        ("team-b", "assay-operator"),
        probe,
    }


def test_lease_only_with_election() -> None:
    assert of_kind(render(), "Role").keys() == {"assay-operator-probe"}
    role = of_kind(render("settings.leaderElection=true"), "Role")["assay-operator-lease"]
    assert role["metadata"]["namespace"] == NAMESPACE
    assert rights_of(role, "coordination.k8s.io") == {"leases": {"create", "get", "patch"}}


def test_people() -> None:
    roles = of_kind(render(), "ClusterRole")
    aggregate = "rbac.authorization.k8s.io/aggregate-to-"
    for name, targets, verbs in (
        ("assay-viewer", {"view", "edit", "admin"}, READ),
        (
            "assay-author",
            {"edit", "admin"},
            {*READ, "create", "update", "patch", "delete", "deletecollection"},
        ),
    ):
        labels = roles[name]["metadata"]["labels"]
        assert {label.removeprefix(aggregate) for label in labels if label.startswith(aggregate)} == targets
        rights = rights_of(roles[name], "assay.dev")
        assert rights == {
            **dict.fromkeys(OURS, verbs),
            **{f"{plural}/status": {"get"} for plural in OURS},
        }
    people = {"assay-viewer", "assay-author", "assay-runner"}
    assert roles.keys() == people | {"assay-operator", "assay-operator-discovery"}


def test_runner_runs_and_reads_no_tests() -> None:
    role = of_kind(render(), "ClusterRole")["assay-runner"]
    rights = rights_of(role, "assay.dev")
    writes = {resource: verbs - READ for resource, verbs in rights.items() if verbs - READ}
    change = {"create", "delete", "deletecollection", "patch", "update"}
    assert writes == {"benchmarkruns": change, "scenarioruns": change}
    assert rights_of(role, "") == {"pods": READ, "pods/log": READ, "events": READ}


def test_without_rbac() -> None:
    kinds = {one["kind"] for one in render("rbac.create=false", "rbac.aggregate=false")}
    assert not {kind for kind in kinds if "Role" in kind}
