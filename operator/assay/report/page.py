"""From objects to the page. No I/O but for the package's own templates."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from assay import __version__
from assay.api.benchmarkrun import BenchmarkRun
from assay.api.blame import blame
from assay.api.reasons import REASONS
from assay.api.scenariorun import ScenarioRun

from . import charts
from .attempts import PHASES
from .boards import Board, boards
from .cells import cell
from .charts import PassChart, pass_chart
from .details import comparison, of_scenario
from .pins import AgentPin, Pin, agent_pins, incomparable, pins
from .text import finalize, script_json

_NONE = "\N{EN DASH}"
_SCRIPTS = ("dom.js", "matrix.js", "details.js", "compare.js")
# What nothing in the page may do, whatever became part of it: load, send, or run what is not ours.
_POLICY = (
    "default-src 'none'; script-src 'sha256-{script}'; style-src 'sha256-{style}'; base-uri 'none'; "
    "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
_INDEX_POLICY = "default-src 'none'; style-src 'sha256-{style}'; base-uri 'none'; form-action 'self'"
_MEANINGS = {str(reason): reason.meaning for reasons in reversed(REASONS) for reason in reasons}


@dataclass(frozen=True)
class View:
    """A board and what is derived from it for the templates."""

    board: Board
    chart: PassChart | None
    pins: Sequence[Pin]
    agent_pins: Sequence[AgentPin]
    incomparable: set[str]


def render(
    benchmark_runs: Sequence[BenchmarkRun], scenario_runs: Sequence[ScenarioRun], *, now: datetime
) -> str:
    """One HTML document about these BenchmarkRuns, which loads nothing; ASCII controls and markup of others are text.

    ScenarioRuns of no BenchmarkRun among these are counted and left out. `now` is when the objects were read.
    """
    uids = {run.uid for run in benchmark_runs}
    strays = sum(run.controller is None or run.controller.uid not in uids for run in scenario_runs)
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            views=[_view(board) for board in boards(benchmark_runs, scenario_runs)],
            strays=strays,
            now=now,
            version=__version__,
        )
    )


def index(benchmark_runs: Sequence[BenchmarkRun], namespace: str, *, now: datetime) -> str:
    """One HTML document to choose BenchmarkRuns from, the newest first; it asks `report?run=NAME&run=…`."""
    runs = sorted(benchmark_runs, key=lambda run: run.metadata.creation_timestamp or now, reverse=True)
    return (
        _environment()
        .get_template("index.html.j2")
        .render(runs=runs, namespace=namespace, now=now, version=__version__)
    )


def _view(board: Board) -> View:
    found = pins(board)
    return View(board, pass_chart(board), found, agent_pins(board), incomparable(found))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("assay.report", "assets"),
        autoescape=True,  # of everything: `select_autoescape` goes by the names of files
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=finalize,
    )
    script = "\n".join(_asset(name) for name in _SCRIPTS)
    style = _asset("report.css")
    environment.globals |= {
        "script": Markup(script),
        "style": Markup(style),
        "policy": _POLICY.format(script=_hash(script), style=_hash(style)),
        "index_policy": _INDEX_POLICY.format(style=_hash(style)),
        "cell": cell,
        "colours": charts.COLOURS,
        "plot": charts,
        "comparison": comparison,
        "of_scenario": of_scenario,
        "meanings": _MEANINGS,
        "blame": blame,
        "phases": PHASES,
    }
    environment.filters |= {"score": _score, "share": _share, "seconds": _seconds, "script_json": script_json}
    return environment


def _asset(name: str) -> str:
    return files("assay.report").joinpath("assets", name).read_text("utf-8")


def _hash(text: str) -> str:
    return b64encode(sha256(text.encode()).digest()).decode()


def _score(value: float | None) -> str:
    return _NONE if value is None else f"{value:.3f}"


def _share(value: float | None) -> str:
    return _NONE if value is None else f"{value:.1%}"


def _seconds(value: float | None) -> str:
    """1.4 s, 38 s, 12 min, 3 h 05 min."""
    if value is None:
        return _NONE
    if value < 60:
        return f"{value:.1f} s" if value < 10 else f"{value:.0f} s"
    minutes = round(value / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02} min"
