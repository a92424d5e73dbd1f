"""Whether a group fails more than another by more than a margin, looked at often.

The question is not whether the two differ, but whether they differ by more than is allowed: with
5 % of background errors and a margin of 2 %, 6.5 % against 5 % is no failure, however certain.
"""

from datetime import timedelta
from math import erfc, log, log1p, sqrt
from typing import Final

from controller.core.gates.statistics import hypergeometric_tail

HALVINGS: Final = 50
"""Of the interval in which the most likely ratio is searched: to the precision of a float."""


def is_beyond(
    errors: int, total: int, other_errors: int, other_total: int, *, margin: float, risk: float
) -> bool:
    """Whether chance explains the errors beyond the other group's ratio and `margin` with a
    probability of at most `risk`."""
    if errors == 0 or total == 0 or other_total == 0:
        return False
    if hypergeometric_tail(errors, total, other_errors, other_total) > risk:
        return False
    return margin <= 0 or margin_tail(errors, total, other_errors, other_total, margin) <= risk


def risk_at(elapsed: timedelta, period: timedelta, risk: float) -> float:
    """The part of `risk` that a look at `elapsed` may spend.

    Each look is another chance to be wrong, but looks at nearly the same counts are wrong together:
    each doubling of the time counts as a new one, and the n-th gets 1/(n+1)² of the risk. So early
    looks keep enough of it to act on, and late ones too.
    """
    doublings = int(elapsed / period).bit_length() if period > timedelta(0) else 1
    return risk / (max(1, doublings) + 1) ** 2


def margin_tail(
    errors: int, total: int, other_errors: int, other_total: int, margin: float
) -> float:
    """P(so great a difference) if the true ratios differ by `margin`: likelihood ratio test, with
    half an error taken off as a correction for continuity."""
    seen = errors - 0.5
    if seen / total - other_errors / other_total <= margin:
        return 1.0
    free = _likelihood(seen, total, seen / total) + _likelihood(
        other_errors, other_total, other_errors / other_total
    )
    low, high = 0.0, 1.0 - margin
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        slope = _slope(seen, total, middle + margin) + _slope(other_errors, other_total, middle)
        low, high = (middle, high) if slope > 0 else (low, middle)
    bound = _likelihood(seen, total, low + margin) + _likelihood(other_errors, other_total, low)
    return erfc(sqrt(max(0.0, free - bound))) / 2


def _likelihood(errors: float, total: int, ratio: float) -> float:
    """Its logarithm."""
    failed = errors * log(ratio) if errors else 0.0
    return failed + ((total - errors) * log1p(-ratio) if total > errors else 0.0)


def _slope(errors: float, total: int, ratio: float) -> float:
    return errors / ratio - (total - errors) / (1 - ratio)
