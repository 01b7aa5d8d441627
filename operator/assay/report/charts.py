"""Where the lines of the pass@k chart are. No I/O."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from .boards import Board

WIDTH, HEIGHT = 560, 260
LEFT, RIGHT, TOP, BOTTOM = 52, 548, 12, 226
"""Where the plot is in the drawing; the labels are outside."""
_TICKS = (1, 2, 3, 4, 5, 8, 10, 16, 20, 32, 50, 64, 100)
COLOURS = 8
"""How many series of a chart the style sheet tells apart."""


@dataclass(frozen=True)
class Curve:
    """pass@k of an entry: values from k = 1 on, and the points of the line."""

    entry: int
    values: Sequence[float]
    points: Sequence[tuple[float, float]]

    @property
    def polyline(self) -> str:
        """As the attribute `points` of SVG."""
        return " ".join(f"{x:.1f},{y:.1f}" for x, y in self.points)


@dataclass(frozen=True)
class PassChart:
    """The curves of a board that has several attempts at its scenarios."""

    curves: Sequence[Curve]
    ticks: Sequence[tuple[int, float]]
    """k and its x."""
    levels: Sequence[tuple[float, float]]
    """pass@k and its y."""


def pass_chart(board: Board) -> PassChart | None:
    """The chart; None if no entry has two attempts at each of its scenarios."""
    longest = max((len(one.pass_curve) for one in board.entries), default=0)
    if longest < 2:
        return None

    def x(k: int) -> float:
        return LEFT + (k - 1) / (longest - 1) * (RIGHT - LEFT)

    def y(value: float) -> float:
        return BOTTOM - value * (BOTTOM - TOP)

    curves = [
        Curve(place, values, [(x(k), y(value)) for k, value in enumerate(values, 1)])
        for place, one in enumerate(board.entries)
        if (values := one.pass_curve)
    ]
    ks = [k for k in _TICKS if k < longest] + [longest]
    return PassChart(curves, [(k, x(k)) for k in ks], [(n / 4, y(n / 4)) for n in range(5)])
