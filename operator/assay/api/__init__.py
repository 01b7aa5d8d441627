"""The kinds of assay.dev/v1alpha1 as models. No I/O."""

from .agent import AGENT
from .benchmark import BENCHMARK
from .benchmarkrun import BENCHMARK_RUN
from .blueprint import BLUEPRINT
from .devbox import DEVBOX
from .disksnapshot import DISK_SNAPSHOT
from .scenario import SCENARIO
from .scenariorun import SCENARIO_RUN
from .scorer import SCORER

KINDS = (
    BLUEPRINT,
    DEVBOX,
    DISK_SNAPSHOT,
    AGENT,
    SCORER,
    SCENARIO,
    BENCHMARK,
    SCENARIO_RUN,
    BENCHMARK_RUN,
)

__all__ = [
    "AGENT",
    "BENCHMARK",
    "BENCHMARK_RUN",
    "BLUEPRINT",
    "DEVBOX",
    "DISK_SNAPSHOT",
    "KINDS",
    "SCENARIO",
    "SCENARIO_RUN",
    "SCORER",
]
