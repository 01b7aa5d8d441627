"""What is estimated from several attempts: the spread of means, and the chance of some or all of k attempts. No I/O."""

from __future__ import annotations

from math import comb

# The 97.5 % quantiles of Student's t with 1 to 9 degrees of freedom, and of the normal distribution.
_T = (12.706205, 4.302653, 3.182446, 2.776445, 2.570582, 2.446912, 2.364624, 2.306004, 2.262157)
_Z = 1.959964


def t_quantile(degrees: int) -> float:
    """The 97.5 % quantile of Student's t, to four digits after the point.

    From 10 degrees of freedom on by the expansion of Abramowitz and Stegun 1964, "Handbook of Mathematical
    Functions", 26.7.5.
    """
    if degrees <= len(_T):
        return _T[degrees - 1]
    z = _Z
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / float(degrees) ** power for power, term in enumerate(terms, 1))


def pass_at_k(n: int, c: int, k: int) -> float:
    """The probability that at least one of k attempts passes, from n attempts of which c passed.

    1 - C(n-c, k) / C(n, k): Chen et al. 2021, "Evaluating Large Language Models Trained on Code", section 2.1.
    ValueError: k is not 1 to n.
    """
    if not 1 <= k <= n:
        raise ValueError(f"pass@{k} cannot be estimated from {n} attempts")
    choices = comb(n, k)
    return (choices - comb(n - c, k)) / choices


def pass_hat_k(n: int, c: int, k: int) -> float:
    """pass^k, the probability that all of k attempts pass, from n attempts of which c passed; 1 ≤ k ≤ n.

    C(c, k) / C(n, k): Yao et al. 2024, "τ-bench: A Benchmark for Tool-Agent-User Interaction in Real-World Domains".
    """
    return comb(c, k) / comb(n, k)
