"""Sharing an amount without losing a cent."""

from collections.abc import Sequence


def split_amount(cents: int, weights: Sequence[int]) -> list[int]:
    """Share `cents` in proportion to `weights`; the shares always add up to `cents`.

    Each share is rounded towards zero, then the cents left over go, one each, to the shares that lost
    most by it; of equals, the earlier one. A weight of 0 gets nothing.
    """
    if not weights or min(weights) < 0 or sum(weights) == 0:
        raise ValueError("weights must not be negative, nor all zero")
    total, sign = sum(weights), -1 if cents < 0 else 1
    shares = [abs(cents) * weight // total for weight in weights]
    lost = [abs(cents) * weight % total for weight in weights]
    order = sorted(range(len(weights)), key=lambda i: -lost[i])
    for i in order[: abs(cents) - sum(shares)]:
        shares[i] += 1
    return [sign * share for share in shares]
