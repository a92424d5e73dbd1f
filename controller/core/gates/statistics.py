"""Exact statistical tests on counts: binomial, and Fisher's."""

from math import exp, lgamma, log, log1p
from typing import Final


def _log_choose(n: int, k: int) -> float:
    return lgamma(n + 1) - lgamma(k + 1) - lgamma(n - k + 1)


def binomial_tail(errors: int, total: int, ratio: float) -> float:
    """P(at least `errors` of `total` fail), when each fails with probability `ratio`.

    Exact except for rounding. Returns 1.0 at or below the mean, where no test would reject.
    """
    if errors <= total * ratio:
        return 1.0
    if ratio <= 0:
        return 0.0
    term = exp(_log_choose(total, errors) + errors * log(ratio) + (total - errors) * log1p(-ratio))
    odds = ratio / (1 - ratio)
    tail = 0.0
    for k in range(errors, total + 1):
        tail += term
        term *= odds * (total - k) / (k + 1)
        if term < tail * 1e-12:
            break
    return min(tail, 1.0)


def hypergeometric_tail(errors: int, total: int, other_errors: int, other_total: int) -> float:
    """P(at least `errors` fall on the first group), when errors are spread evenly.

    Fisher's exact test, one-sided: small when the first group is worse than the other.
    """
    failed, everything = errors + other_errors, total + other_total
    whole = _log_choose(everything, total)
    return min(
        1.0,
        sum(
            exp(_log_choose(failed, k) + _log_choose(everything - failed, total - k) - whole)
            for k in range(errors, min(failed, total) + 1)
            if total - k <= everything - failed
        ),
    )


EARLY: Final = 5
"""The number of error counts, from `min_errors` on, over which the risk grows to the whole."""


def is_unexplained(
    errors: int, total: int, ratio: float, *, confidence: float, min_errors: int
) -> bool:
    """Whether so many errors cannot be explained by an error ratio of `ratio`.

    One-sided: the chance of so many under that ratio is at most 1 − `confidence`. The counts are
    tested repeatedly while they grow, and the first few errors can be close together by chance: at
    `min_errors` the test uses a fifth of that risk, at one more error two fifths, and the whole
    risk from the fifth count on.
    """
    if errors < min_errors:
        return False
    share = min(1.0, (errors - min_errors + 1) / EARLY)
    return binomial_tail(errors, total, ratio) <= (1 - confidence) * share


def is_worse(
    errors: int, total: int, other_errors: int, other_total: int, *, confidence: float
) -> bool:
    """Whether the first group fails more than the other, beyond chance."""
    if errors == 0 or other_total == 0:
        return False
    return hypergeometric_tail(errors, total, other_errors, other_total) <= 1 - confidence
