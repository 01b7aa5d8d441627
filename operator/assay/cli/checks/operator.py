"""Whether the operator is there and works, and what the caller may do. No I/O."""

from __future__ import annotations

from collections.abc import Iterator

from assay.crdgen.kind import GROUP
from assay.kube.errors import ApiError, NotFound

from .check import Check, missing, ok, unknown
from .facts import Facts, Right

RIGHTS: dict[Right, str] = {
    ("create", GROUP, "benchmarkruns"): "start runs",
    ("list", GROUP, "scenarioruns"): "see results",
    ("create", GROUP, "scenarios"): "write scenarios",
    ("get", "", "pods/log"): "read logs of pods",
    ("create", GROUP, "devboxes"): "open kept disks",
    ("create", "", "pods/exec"): "open kept disks",
}
INSTALL = "helm install assay helm/assay … (docs/install.md)"


def check(facts: Facts) -> Iterator[Check]:
    """Kinds, operator, network policies, the caller's rights."""
    yield _kinds(facts)
    yield _operator(facts)
    yield _network(facts)
    yield _rights(facts)


def _kinds(facts: Facts) -> Check:
    about = "kinds"
    if absent := [name for name, fact in facts.kinds.items() if isinstance(fact, NotFound)]:
        return missing(about, f"no CustomResourceDefinition of {', '.join(absent)}", INSTALL)
    for fact in facts.kinds.values():
        if isinstance(fact, ApiError):
            return unknown(about, fact)
    return ok(about, f"all {len(facts.kinds)} are installed")


def _operator(facts: Facts) -> Check:
    about = "operator"
    if isinstance(facts.operators, ApiError):
        return unknown(about, facts.operators)
    if not facts.operators:
        return missing(about, "there is none", INSTALL)
    for one in facts.operators:
        where = f"{one['metadata']['namespace']}/{one['metadata']['name']}"
        if not (one.get("status") or {}).get("availableReplicas"):
            name = one["metadata"]["name"]
            cure = f"kubectl logs -n {one['metadata']['namespace']} deployment/{name}"
            return missing(about, f"{where} is not available", cure)
    served = _served(facts)
    if served and facts.namespace_name not in served:
        cure = "add it to settings.namespaces"
        return missing(about, f"{where} does not serve namespace {facts.namespace_name}", cure)
    return ok(about, f"{where} is available")


def _served(facts: Facts) -> list[str]:
    """The namespaces that the operator serves; all when empty."""
    return [] if isinstance(facts.settings, ApiError) else facts.settings.get("namespaces") or []


def _network(facts: Facts) -> Check:
    about = "network policies"
    if isinstance(facts.settings, ApiError):
        return unknown(about, facts.settings)
    if not facts.settings:
        return Check(about, "unknown", "no operator was found that makes any")
    if facts.settings.get("networkGateSeconds", 1):
        return ok(about, "each pod sees for itself that they are in force before anything runs in it")
    cure = "use a network that enforces them, and set settings.networkGateSeconds (docs/security.md)"
    return missing(about, "settings.networkGateSeconds is 0: agents may reach everything", cure)


def _rights(facts: Facts) -> Check:
    about = "your rights"
    for fact in facts.rights.values():
        if isinstance(fact, ApiError):
            return unknown(about, fact)
    if lacking := dict.fromkeys(RIGHTS[right] for right, may in facts.rights.items() if may is False):
        cure = f"bind the role edit, or assay-runner, in namespace {facts.namespace_name} (docs/security.md)"
        return missing(about, f"you may not {', '.join(lacking)}", cure)
    if None in facts.rights.values():
        return Check(about, "unknown", "the cluster does not say")
    return ok(about, "start runs, write scenarios, read logs, open disks")
