"""Who may do what."""

from collections.abc import Iterable, Iterator
from typing import Any

from assay.api import KINDS
from tests.unit.chart.chart import NAMESPACE, Manifest, of_kind, render

OURS = frozenset(kind.plural for kind in KINDS)
READ = {"get", "list", "watch"}
EVERYTHING = ("settings.leaderElection=true", "settings.namespaces={team-a,team-b}")


def _rules(manifests: Iterable[Manifest]) -> Iterator[dict[str, Any]]:
    for manifest in manifests:
        if manifest["kind"] in ("ClusterRole", "Role"):
            yield from manifest["rules"]


def _rights(role: Manifest, group: str) -> dict[str, set[str]]:
    """Resource → verbs in one API group."""
    found: dict[str, set[str]] = {}
    for rule in role["rules"]:
        if group in rule["apiGroups"]:
            for resource in rule["resources"]:
                found.setdefault(resource, set()).update(rule["verbs"])
    return found


def test_no_wildcards_and_no_secrets() -> None:
    for rule in _rules([*render(), *render(*EVERYTHING)]):
        words = {*rule["apiGroups"], *rule["resources"], *rule["verbs"]}
        assert not {word for word in words if "*" in word}
        assert "secrets" not in words
        assert not words & {"escalate", "bind", "impersonate", "pods/attach", "pods/portforward"}


def test_operator_on_our_kinds() -> None:
    rights = _rights(of_kind(render(), "ClusterRole")["assay-operator"], "assay.dev")
    for plural in OURS:
        assert rights.pop(f"{plural}/status") == {"patch"}
        assert rights[plural] >= READ
    more = {resource: verbs - READ for resource, verbs in rights.items() if verbs - READ}
    owners = {"benchmarkruns", "blueprints", "devboxes", "disksnapshots", "scenarioruns", "scenarios"}
    assert more == {
        "blueprints": {"patch"},
        "devboxes": {"create", "delete", "patch"},
        "disksnapshots": {"create", "delete"},
        "scenarioruns": {"create", "delete"},
        **{f"{plural}/finalizers": {"update"} for plural in owners},
    }


def test_operator_on_others() -> None:
    role = of_kind(render(), "ClusterRole")["assay-operator"]
    assert _rights(role, "") == {
        "pods": {*READ, "create", "delete"},
        "pods/log": {"get"},
        "persistentvolumeclaims": {*READ, "create", "delete"},
        "configmaps": {*READ, "create"},
    }
    assert _rights(role, "batch") == {"jobs": {*READ, "create", "delete"}}
    assert _rights(role, "events.k8s.io") == {"events": {"create", "list"}}
    assert _rights(role, "snapshot.storage.k8s.io") == {"volumesnapshots": {*READ, "create"}}
    assert _rights(role, "networking.k8s.io") == {"networkpolicies": {*READ, "create", "patch"}}
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
    assert _rights(role, "coordination.k8s.io") == {"leases": {"create", "get", "patch"}}


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
        rights = _rights(roles[name], "assay.dev")
        assert rights == {
            **dict.fromkeys(OURS, verbs),
            **{f"{plural}/status": {"get"} for plural in OURS},
        }
    people = {"assay-viewer", "assay-author", "assay-runner"}
    assert roles.keys() == people | {"assay-operator", "assay-operator-discovery"}


def test_runner_runs_and_reads_no_tests() -> None:
    role = of_kind(render(), "ClusterRole")["assay-runner"]
    rights = _rights(role, "assay.dev")
    writes = {resource: verbs - READ for resource, verbs in rights.items() if verbs - READ}
    change = {"create", "delete", "deletecollection", "patch", "update"}
    assert writes == {"benchmarkruns": change, "scenarioruns": change}
    assert _rights(role, "") == {"pods": READ, "pods/log": READ, "events": READ}


def test_admission_of_secret_references() -> None:
    policy = of_kind(render(), "ValidatingAdmissionPolicy")["assay-secret-references"]
    (rule,) = policy["spec"]["matchConstraints"]["resourceRules"]
    with_secrets = {"agents", "benchmarkruns", "devboxes", "scenarioruns", "scenarios", "scorers"}
    assert set(rule["resources"]) == with_secrets
    without = of_kind(render("admission.secretReferences=false"), "ValidatingAdmissionPolicy")
    assert "assay-secret-references" not in without


OWNERSHIP = "assay-ownership"


def test_ownership_of_all_that_the_operator_makes() -> None:
    """What the policy refuses is tested on a real API server: tests/integration/apiserver/ownership."""
    policy = of_kind(render(), "ValidatingAdmissionPolicy")[OWNERSHIP]["spec"]
    rules = {
        group: rule["resources"]
        for rule in policy["matchConstraints"]["resourceRules"]
        for group in rule["apiGroups"]
    }
    assert rules["assay.dev"] == ["*/*"], "every kind and subresource"
    role = of_kind(render(), "ClusterRole")["assay-operator"]
    groups = ("", "batch", "networking.k8s.io", "snapshot.storage.k8s.io")
    for group in groups:
        made = {resource for resource, verbs in _rights(role, group).items() if "create" in verbs}
        assert made <= set(rules[group])
        assert {f"{resource}/*" for resource in made} <= set(rules[group])
    assert policy["failurePolicy"] == "Fail"


def test_ownership_is_that_of_the_operator_of_the_release() -> None:
    def users(*sets: str) -> str:
        policy = of_kind(render(*sets), "ValidatingAdmissionPolicy")[OWNERSHIP]["spec"]
        found: str = policy["matchConditions"][0]["expression"]
        return found

    assert f'"system:serviceaccount:{NAMESPACE}:assay-operator"' in users()
    assert f'"system:serviceaccount:{NAMESPACE}:mine"' in users("serviceAccount.name=mine")


def test_ownership_holds_where_the_operator_serves() -> None:
    def selected(*sets: str) -> Any:
        binding = of_kind(render(*sets), "ValidatingAdmissionPolicyBinding")[OWNERSHIP]["spec"]
        assert (binding["policyName"], binding["validationActions"]) == (OWNERSHIP, ["Deny"])
        return binding.get("matchResources")

    assert selected() is None, "everywhere"
    [term] = selected("settings.namespaces={team-a,team-b}")["namespaceSelector"]["matchExpressions"]
    assert term == {
        "key": "kubernetes.io/metadata.name",
        "operator": "In",
        "values": ["team-a", "team-b", NAMESPACE],
    }


def test_ownership_can_be_switched_off() -> None:
    for kind in ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"):
        assert OWNERSHIP not in of_kind(render("admission.ownership=false"), kind)


def test_admission_of_large_and_deep_objects() -> None:
    policy = of_kind(render(), "ValidatingAdmissionPolicy")["assay-bounds"]
    (rule,) = policy["spec"]["matchConstraints"]["resourceRules"]
    assert (rule["apiGroups"], rule["resources"]) == (["assay.dev"], ["*"]), "not their status: that is ours"
    assert "assay-bounds" not in of_kind(render("admission.bounds=false"), "ValidatingAdmissionPolicy")


def test_without_rbac() -> None:
    kinds = {one["kind"] for one in render("rbac.create=false", "rbac.aggregate=false")}
    assert not {kind for kind in kinds if "Role" in kind}
