"""Exact statistical tests on counts: binomial, and Fisher's."""

from collections.abc import Callable
from math import exp, lgamma, log, log1p
from typing import Final

TERMS: Final = 10_000
"""Of a sum: what one look costs has a bound, whatever a load balancer counts."""


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
    log_term = _log_choose(total, errors) + errors * log(ratio) + (total - errors) * log1p(-ratio)
    odds = ratio / (1 - ratio)
    return _falling(log_term, errors, total, lambda k: odds * (total - k) / (k + 1))


def hypergeometric_tail(errors: int, total: int, other_errors: int, other_total: int) -> float:
    """P(at least `errors` fall on the first group), when errors are spread evenly.

    Fisher's exact test, one-sided: small when the first group is worse than the other.
    """
    failed, everything = errors + other_errors, total + other_total
    passed, whole = everything - failed, _log_choose(everything, total)

    def log_term(k: int) -> float:
        return _log_choose(failed, k) + _log_choose(passed, total - k) - whole

    first, last = max(errors, total - passed), min(failed, total)
    if last - first <= TERMS:
        return min(1.0, sum(exp(min(0.0, log_term(k))) for k in range(first, last + 1)))
    if first * everything <= failed * total:
        return 1.0  # as many as on average, or less: no test would reject
    rest = passed - total
    return _falling(
        log_term(first),
        first,
        last,
        lambda k: (failed - k) * (total - k) / (k + 1) / (rest + k + 1),
    )


def _falling(log_term: float, first: int, last: int, fall: Callable[[int], float]) -> float:
    """The sum of probabilities from `first` to `last`, above the mean: each is `fall` of the one
    before, and that falls too. Of more than `TERMS` the rest is taken for a little too much."""
    term = exp(min(0.0, log_term))
    tail, step = 0.0, 0.0
    for k in range(first, min(last, first + TERMS) + 1):
        tail += term
        step = fall(k)
        term *= step
        if term <= tail * 1e-12:
            return min(tail, 1.0)
    return min(tail + term / max(1 - step, 1e-9), 1.0)


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
