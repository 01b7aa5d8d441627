"""The chart's admission policies. What they refuse is tested on a real API server: tests/integration/apiserver."""

from __future__ import annotations

from typing import Any

import pytest

from assay.our_resources import OURS
from tests.unit.chart.chart import NAMESPACE, of_kind, refusal, render, rights_of

OWNERSHIP = "assay-ownership"
POLICIES = ("assay-authority", "assay-bounds", OWNERSHIP, "assay-references")
# A Benchmark has nothing that a pod gets, a Blueprint no power, a DiskSnapshot no reference to a Secret.
NOT_ASKED_ABOUT = {
    "assay-references": {"benchmarks", "disksnapshots"},
    "assay-authority": {"benchmarks", "blueprints"},
}


@pytest.mark.parametrize("name", NOT_ASKED_ABOUT)
def test_what_is_written_of_pods_is_asked_about(name: str) -> None:
    policy = of_kind(render(), "ValidatingAdmissionPolicy")[name]["spec"]
    (rule,) = policy["matchConstraints"]["resourceRules"]
    assert set(rule["resources"]) == {one.plural for one in OURS.values()} - NOT_ASKED_ABOUT[name]
    assert (rule["operations"], policy["failurePolicy"]) == (["CREATE", "UPDATE"], "Fail")


def test_nothing_is_allowed_unless_the_values_say_so() -> None:
    def rules(*sets: str) -> str:
        return str(
            of_kind(render(*sets), "ValidatingAdmissionPolicy")["assay-authority"]["spec"]["validations"]
        )

    assert rules().count(" in []") == 3, "priority classes, runtime classes, tolerations"
    assert 'in ["batch"]' in rules("admission.allowed.priorityClassNames={batch}")
    assert "egress Any" in rules()
    for sets in ("admission.allowed.egressAny=true", "settings.agentEgress=Any"):
        assert "egress Any" not in rules(sets)


def test_what_is_allowed_is_checked() -> None:
    for sets in ("priorityClassNames={Any}", "tolerations[0].tolerationSeconds=5", "egressAny=yes", "x=1"):
        assert "admission" in refusal(f"admission.allowed.{sets}")


def test_ownership_of_all_that_the_operator_makes() -> None:
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
        made = {resource for resource, verbs in rights_of(role, group).items() if "create" in verbs}
        assert made <= set(rules[group])
        assert {f"{resource}/*" for resource in made} <= set(rules[group])
    assert policy["failurePolicy"] == "Fail"


@pytest.mark.parametrize("name", POLICIES)
def test_the_operator_of_the_release_is_exempt(name: str) -> None:
    def users(*sets: str) -> str:
        policy = of_kind(render(*sets), "ValidatingAdmissionPolicy")[name]["spec"]
        found: str = policy["matchConditions"][0]["expression"]
        return found

    assert f'"system:serviceaccount:{NAMESPACE}:assay-operator"' in users()
    assert f'"system:serviceaccount:{NAMESPACE}:mine"' in users("serviceAccount.name=mine")


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_holds_where_the_operator_serves(name: str) -> None:
    def selected(*sets: str) -> Any:
        binding = of_kind(render(*sets), "ValidatingAdmissionPolicyBinding")[name]["spec"]
        assert (binding["policyName"], binding["validationActions"]) == (name, ["Deny"])
        return binding.get("matchResources")

    assert selected() is None, "everywhere"
    [term] = selected("settings.namespaces={team-a,team-b}")["namespaceSelector"]["matchExpressions"]
    assert term == {
        "key": "kubernetes.io/metadata.name",
        "operator": "In",
        "values": ["team-a", "team-b", NAMESPACE],
    }


@pytest.mark.parametrize("name", POLICIES)
def test_a_policy_can_be_switched_off(name: str) -> None:
    off = render(f"admission.{name.removeprefix('assay-')}=false")
    for kind in ("ValidatingAdmissionPolicy", "ValidatingAdmissionPolicyBinding"):
        assert of_kind(off, kind).keys() == set(POLICIES) - {name}
    assert of_kind(render(), "ValidatingAdmissionPolicy").keys() == set(POLICIES)


def test_admission_of_large_and_deep_objects() -> None:
    policy = of_kind(render(), "ValidatingAdmissionPolicy")["assay-bounds"]
    (rule,) = policy["spec"]["matchConstraints"]["resourceRules"]
    assert (rule["apiGroups"], rule["resources"]) == (["assay.dev"], ["*"]), "not their status: that is ours"
