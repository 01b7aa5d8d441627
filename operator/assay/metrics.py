"""Prometheus metrics of the process: one registry, every name prefixed, never an object's name as a label."""

from collections.abc import Sequence

import prometheus_client as prometheus

PREFIX = "assay"
CONTENT_TYPE = prometheus.CONTENT_TYPE_LATEST

# A sample of the creation time beside each counter doubles the output and nothing of ours reads it.
prometheus.disable_created_metrics()  # type: ignore[no-untyped-call]

registry = prometheus.CollectorRegistry()
prometheus.ProcessCollector(registry=registry)


def counter(name: str, text: str, labels: Sequence[str] = ()) -> prometheus.Counter:
    """A counter `assay_<name>`; give the name with its `_total`."""
    return prometheus.Counter(name, text, labels, namespace=PREFIX, registry=registry)


def gauge(name: str, text: str, labels: Sequence[str] = ()) -> prometheus.Gauge:
    """A gauge `assay_<name>`."""
    return prometheus.Gauge(name, text, labels, namespace=PREFIX, registry=registry)


def histogram(
    name: str, text: str, labels: Sequence[str] = (), buckets: Sequence[float] | None = None
) -> prometheus.Histogram:
    """A histogram `assay_<name>`; the default buckets suit a reconcile (1 ms to 30 s)."""
    return prometheus.Histogram(
        name, text, labels, namespace=PREFIX, registry=registry, buckets=buckets or DEFAULT_BUCKETS
    )


DEFAULT_BUCKETS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0)

api_requests_total = counter(
    "api_requests_total", "Requests to the Kubernetes API.", ("verb", "resource", "code")
)
write_throttle_seconds = histogram(
    "write_throttle_seconds", "Time writes waited for the rate limit.", buckets=(0.01, 0.1, 1.0, 10.0, 60.0)
)
queue_depth = gauge("queue_depth", "Keys waiting for a worker.", ("kind",))
queue_latency_seconds = histogram("queue_latency_seconds", "Time from enqueued to started.", ("kind",))
reconcile_total = counter(
    "reconcile_total", "Reconciles by result (success, requeue, error).", ("kind", "result")
)
reconcile_duration_seconds = histogram("reconcile_duration_seconds", "Duration of a reconcile.", ("kind",))
relist_total = counter("relist_total", "Full listings by result.", ("kind", "result"))
relist_missing_total = counter(
    "relist_missing_total",
    "Objects dropped because a listing no longer had them (missed deletions).",
    ("kind",),
)
events_total = counter("events_total", "Events by result (posted, repeated, failed).", ("result",))
leader = gauge("leader", "1 while this process holds the Lease.")


def render() -> bytes:
    """The text exposition of all metrics."""
    return prometheus.generate_latest(registry)
