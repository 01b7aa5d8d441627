"""What the operator's own metrics say of its requests and its memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families

from .kube import kubectl

WRITES = {"create", "patch", "update", "delete"}
METRICS = "/api/v1/namespaces/assay-system/services/assay-operator-metrics:8080/proxy/metrics"


@dataclass(frozen=True)
class Operator:
    """Counts since the process began."""

    requests: Mapping[tuple[str, str], float]
    """(verb, resource) → count, of whatever result."""
    memory_bytes: float


def look() -> Operator:
    """Read /metrics through the API server."""
    return parse(kubectl("get", "--raw", METRICS))


def parse(text: str) -> Operator:
    """The counts in a Prometheus exposition."""
    requests: dict[tuple[str, str], float] = {}
    memory = 0.0
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            if sample.name == "assay_api_requests_total":
                key = sample.labels["verb"], sample.labels["resource"]
                requests[key] = requests.get(key, 0.0) + sample.value
            if sample.name == "process_resident_memory_bytes":
                memory = sample.value
    return Operator(requests, memory)


def table(before: Operator, after: Operator, runs: int) -> list[str]:
    """Markdown: requests a run, writes first by resource, then all."""
    made = {key: (count - before.requests.get(key, 0.0)) / runs for key, count in after.requests.items()}
    writes = {key: count for key, count in sorted(made.items()) if key[0] in WRITES}
    rows = ["| requests of the operator | a run |", "|---|---:|"]
    rows += [
        f"| {verb} {resource} | {count:.2f} |" for (verb, resource), count in writes.items() if count >= 0.005
    ]
    rows.append(f"| all writes | {sum(writes.values()):.2f} |")
    rows.append(f"| requests of all kinds | {sum(made.values()):.2f} |")
    return rows
