"""The NetworkPolicies of a namespace in which our pods run: nobody reaches them, and they reach what they may.

They are found by a pod's label `assay.dev/egress`, so a few hold for all pods there ever are.
"""

from __future__ import annotations

from ipaddress import ip_network
from typing import Any

from assay.api.meta import Egress, Network

from . import names
from .settings import BuildSettings

ANYWHERE = {4: "0.0.0.0/0", 6: "::/0"}


def egress(network: Network | None, settings: BuildSettings) -> Egress:
    """What a devbox may reach."""
    return (network and network.egress) or settings.agent_egress


def label(allowed: Egress) -> dict[str, str]:
    """The label by which policies find a pod."""
    return {names.EGRESS: allowed.lower()}


def policies(namespace: str, settings: BuildSettings) -> list[dict[str, Any]]:
    """All of them; each has a hash of its content as annotation. None for egress Any: nothing forbids it."""
    every: dict[str, Any] = {"matchExpressions": [{"key": names.EGRESS, "operator": "Exists"}]}
    return [
        _policy(namespace, "assay-ingress-none", {"podSelector": every, "policyTypes": ["Ingress"]}),
        _policy(namespace, "assay-egress-none", {**_selecting("None"), "policyTypes": ["Egress"]}),
        _policy(
            namespace,
            "assay-egress-internet",
            {
                **_selecting("Internet"),
                "policyTypes": ["Egress"],
                "egress": [_dns(), {"to": [_public(family, settings) for family in ANYWHERE]}],
            },
        ),
    ]


def _policy(namespace: str, name: str, spec: dict[str, Any]) -> dict[str, Any]:
    return {
        "apiVersion": "networking.k8s.io/v1",
        "kind": "NetworkPolicy",
        "metadata": {
            "name": name,
            "namespace": namespace,
            "labels": names.labels("network", {}),
            "annotations": {names.CONTENT_HASH: names.content_hash(spec)},
        },
        "spec": spec,
    }


def _selecting(allowed: Egress) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": label(allowed)}}


def _dns() -> dict[str, Any]:
    return {
        "to": [
            {
                "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": "kube-system"}},
                "podSelector": {"matchLabels": {"k8s-app": "kube-dns"}},
            }
        ],
        "ports": [{"protocol": protocol, "port": 53} for protocol in ("UDP", "TCP")],
    }


def _public(family: int, settings: BuildSettings) -> dict[str, Any]:
    blocked = [cidr for cidr in settings.blocked_cidrs if ip_network(cidr).version == family]
    return {"ipBlock": {"cidr": ANYWHERE[family], **({"except": blocked} if blocked else {})}}
