"""Quantities of Kubernetes: `1Gi`, `500M`, `1e9`, `100m`."""

from __future__ import annotations

import re
from decimal import Decimal

_DECIMAL = {"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 10, "Mi": 20, "Gi": 30, "Ti": 40, "Pi": 50, "Ei": 60}
_FACTORS = {
    "": Decimal(1),
    **{suffix: Decimal(10) ** power for suffix, power in _DECIMAL.items()},
    **{suffix: Decimal(2) ** power for suffix, power in _BINARY.items()},
}
_QUANTITY = re.compile(r"([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)([numkMGTPE]|[KMGTPE]i)?")


def parse(text: str) -> Decimal:
    """The number a quantity stands for; ValueError if it is none."""
    found = _QUANTITY.fullmatch(text)
    if found is None:
        raise ValueError(f"not a quantity: {text!r}")
    return Decimal(found[1]) * _FACTORS[found[2] or ""]


def larger(one: str, other: str) -> str:
    """The larger of two quantities, as it was written."""
    return other if parse(other) > parse(one) else one
