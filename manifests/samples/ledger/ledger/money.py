"""Amounts are whole cents: a float cannot hold 0.10, and sums of cents are exact."""

import re

_AMOUNT = re.compile(r"([+-]?\d+)(?:\.(\d\d))?")


class AmountError(ValueError):
    """The text is not an amount of money."""


def parse_amount(text: str) -> int:
    """The cents of an amount such as ``12``, ``-3.50`` or ``1,250.00``."""
    match = _AMOUNT.fullmatch(text.strip().replace(",", ""))
    if match is None:
        raise AmountError(f"not an amount: {text.strip()!r}")
    whole, fraction = int(match[1]), int(match[2] or 0)
    return whole * 100 + fraction if whole >= 0 else whole * 100 - fraction


def format_amount(cents: int) -> str:
    """The amount as people write it: ``-1,250.00``."""
    whole, fraction = divmod(abs(cents), 100)
    if cents < 0:
        whole = -whole
    return f"{whole:,}.{fraction:02d}"
