"""The kinds of assay.dev/v1alpha1 as models. No I/O."""

from .agent import AGENT
from .benchmark import BENCHMARK
from .benchmarkrun import BENCHMARK_RUN
from .blueprint import BLUEPRINT
from .devbox import DEVBOX
from .scenario import SCENARIO
from .scenariorun import SCENARIO_RUN

KINDS = (BLUEPRINT, DEVBOX, AGENT, SCENARIO, BENCHMARK, SCENARIO_RUN, BENCHMARK_RUN)

__all__ = ["AGENT", "BENCHMARK", "BENCHMARK_RUN", "BLUEPRINT", "DEVBOX", "KINDS", "SCENARIO", "SCENARIO_RUN"]
