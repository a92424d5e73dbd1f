"""Probability distributions of numbers of errors: binomial, sum, mixture, quantile."""

from collections.abc import Iterable, Mapping
from itertools import accumulate
from math import ceil, exp, floor, lgamma, log, log1p, sqrt
from typing import Final

Chances = Mapping[int, float]
"""Number → its probability. A part of a distribution sums to less than 1."""

NONE: Final[Chances] = {0: 1.0}

STEADIEST, LOOSEST = 0.0, 0.95
"""Bounds of the spread of arrivals: the variance of their number over its mean."""


def failing(arrivals: float, ratio: float, spread: float) -> Chances:
    """How many requests fail, when `arrivals` arrive on average.

    Round robin over many servers makes arrivals at each of them more even than Poisson: `spread` is
    the variance of their number over its mean. A binomial distribution can have that variance, and
    stays binomial when each request fails at random.
    """
    if arrivals <= 0 or ratio <= 0:
        return NONE
    even = 1 - min(max(spread, STEADIEST), LOOSEST)
    total = ceil(arrivals / even - 1e-9)
    return binomial(total, min(1.0, arrivals * ratio / total))


def binomial(total: int, ratio: float) -> Chances:
    """How many of `total` fail, without the negligible tails."""
    if ratio >= 1 or ratio <= 0:
        return {total if ratio >= 1 else 0: 1.0}
    wide = 8 * sqrt(total * ratio * (1 - ratio)) + 8
    first, last = max(0, floor(total * ratio - wide)), min(total, floor(total * ratio + wide))
    whole = lgamma(total + 1)
    return {
        k: exp(
            whole
            - lgamma(k + 1)
            - lgamma(total - k + 1)
            + k * log(ratio)
            + (total - k) * log1p(-ratio)
        )
        for k in range(first, last + 1)
    }


def joined(some: Chances, more: Chances) -> dict[int, float]:
    """The distribution of the sum of two independent numbers."""
    both: dict[int, float] = {}
    for a, chance in some.items():
        for b, other in more.items():
            both[a + b] = both.get(a + b, 0.0) + chance * other
    return both


def mixed(parts: Iterable[Chances]) -> dict[int, float]:
    """The mixture of cases that exclude each other, each with its own weight."""
    whole: dict[int, float] = {}
    for part in parts:
        for number, chance in part.items():
            whole[number] = whole.get(number, 0.0) + chance
    return whole


def quantile(chances: Chances, share: float) -> int:
    """The least number that is not exceeded in `share` of all cases."""
    ordered = sorted(chances)
    so_far = accumulate(chances[number] for number in ordered)
    enough = (n for n, sum_ in zip(ordered, so_far, strict=True) if sum_ >= share)
    return next(enough, ordered[-1])
