"""The NetworkPolicies of a namespace in which our pods run: nothing reaches these pods, and they reach what they may.

They are found by a pod's label `assay.dev/egress`, so a few hold for all pods there ever are.
"""

from __future__ import annotations

from functools import cache
from ipaddress import ip_address, ip_network
from typing import Any

from assay.api.meta import Egress, Network
from assay.settings import Settings

from . import names

ANYWHERE = {4: "0.0.0.0/0", 6: "::/0"}


def egress(network: Network | None, settings: Settings) -> Egress:
    """What a devbox may reach."""
    return (network and network.egress) or settings.agent_egress


def label(allowed: Egress) -> dict[str, str]:
    """The label by which policies find a pod."""
    return {names.EGRESS: allowed.lower()}


def gate(allowed: Egress, settings: Settings) -> dict[str, str | int]:
    """The flags by which the runner waits until a pod's policies are in force, where the pod may not reach the place
    that shows it.
    """
    if allowed == "Any" or not settings.network_gate or not settings.network_gate_seconds:
        return {}
    address, port = settings.network_gate
    if allowed == "Internet" and not _is_blocked(address, settings.blocked_cidrs):
        return {}
    host = f"[{address}]" if ":" in address else address
    return {"gate": f"{host}:{port}", "gate_seconds": settings.network_gate_seconds}


@cache  # asked for every pod, and always the same
def _is_blocked(address: str, blocked: tuple[str, ...]) -> bool:
    return any(ip_address(address) in ip_network(cidr) for cidr in blocked)


def policies(namespace: str, settings: Settings) -> list[dict[str, Any]]:
    """All of them; each has a hash of its content as annotation. None for egress Any: nothing forbids it."""
    return [
        {
            "apiVersion": "networking.k8s.io/v1",
            "kind": "NetworkPolicy",
            "metadata": {
                "name": name,
                "namespace": namespace,
                "labels": names.labels("network", {}),
                "annotations": {names.CONTENT_HASH: content},
            },
            "spec": spec,
        }
        for name, spec, content in _specs(settings.blocked_cidrs)
    ]


@cache  # looked at with every run, and always the same
def _specs(blocked: tuple[str, ...]) -> tuple[tuple[str, dict[str, Any], str], ...]:
    every: dict[str, Any] = {"matchExpressions": [{"key": names.EGRESS, "operator": "Exists"}]}
    public = {"to": [_public(family, blocked) for family in ANYWHERE]}
    specs = {
        "assay-ingress-none": {"podSelector": every, "policyTypes": ["Ingress"]},
        "assay-egress-none": {**_selecting("None"), "policyTypes": ["Egress"]},
        "assay-egress-internet": {
            **_selecting("Internet"),
            "policyTypes": ["Egress"],
            "egress": [_dns(), public],
        },
    }
    return tuple((name, spec, names.content_hash(spec)) for name, spec in specs.items())


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


def _public(family: int, blocked: tuple[str, ...]) -> dict[str, Any]:
    excepted = [cidr for cidr in blocked if ip_network(cidr).version == family]
    return {"ipBlock": {"cidr": ANYWHERE[family], **({"except": excepted} if excepted else {})}}
