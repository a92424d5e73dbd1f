"""Does a pool still get its requests? Tells traffic that was turned away from traffic that ebbs.

All of it compares what came before a member was taken out with what came after. Where little came
before, or it came unevenly, nothing is concluded: a pool that is quiet by itself proves nothing.
"""

from dataclasses import replace
from math import sqrt
from typing import Final

from controller.core.gates.flow import Flow, Stretch
from controller.core.gates.statistics import binomial_tail, is_worse
from controller.core.pool import Instant

LEAST: Final = 10
"""Requests per second below which a place is not judged."""

FEW: Final = 30
"""Requests before, below which it is not judged."""

PARTS: Final = 5
"""The time before is cut into so many parts, and each must have had its requests."""

EVEN: Final = 0.4
"""Share of the average that must have come in each part."""

NEAR_ZERO: Final = 0.05
"""Share of the requests before that may still come where traffic is turned away."""

GOES_ON: Final = 0.25
"""Share of the requests before from which on it is not."""

EXPECTED: Final = 20
"""So many requests must be missing: fewer are missing by chance."""

RISK: Final = 1e-6
"""Chance of a false alarm at one look, if requests come by chance at half the former rate."""


def is_steady(flow: Flow, since: Instant, until: Instant) -> bool:
    """Whether requests came all the time, and enough of them to judge what comes after."""
    whole = flow.between(since, until)
    if not is_enough(whole):
        return False
    begin = max(since, flow.begins)
    part = (min(until, flow.ends) - begin) / PARTS
    counts = [
        flow.between(begin + number * part, begin + (number + 1) * part).total
        for number in range(PARTS)
    ]
    return min(counts) >= EVEN * whole.total / PARTS


def is_enough(before: Stretch) -> bool:
    return before.total >= FEW and before.rate >= LEAST


def less(stretch: Stretch, ours: int) -> Stretch:
    """Without requests of our own."""
    return replace(stretch, total=max(0, stretch.total - ours)) if ours else stretch


def goes_on(before: Stretch, after: Stretch) -> bool:
    """Whether requests are seen to come as before, or at a good share of it."""
    expected = before.rate * after.seconds
    return expected >= EXPECTED / 2 and after.total >= GOES_ON * expected


def is_near_zero(before: Stretch, after: Stretch) -> bool:
    """Whether next to nothing comes where a steady traffic came, beyond chance."""
    expected = before.rate * after.seconds
    if expected < EXPECTED or after.total > NEAR_ZERO * expected:
        return False
    half = after.seconds / 2
    share = before.seconds / (before.seconds + half)
    return binomial_tail(before.total, before.total + after.total, share) <= RISK


def users_still_come(own: Stretch, own_now: Stretch, before: Stretch, after: Stretch) -> bool:
    """Whether users come to the load balancer as before, at all its frontends together, in the very
    time in which next to none of them reach a backend: it is passed by. `own` and `before`: what
    came to the backend and the frontends before; `own_now` and `after`: what comes since. False
    also where its share is too small to tell."""
    expected, missed = before.rate * after.seconds, own.rate * after.seconds - own_now.total
    if missed < 6 * sqrt(expected):
        return False
    return after.total >= expected - missed / 2


def fails_elsewhere(
    own: Stretch, before: Stretch, own_now: Stretch, now: Stretch
) -> tuple[Stretch, Stretch] | None:
    """What frontends did with requests that never reached our backends, before and now, when
    more of their requests pass our backends by, and more of those fail, each beyond chance. Either
    alone has many causes that are not ours."""
    passed_by, passed_by_now = _less(before, own), _less(now, own_now)
    if passed_by_now.errors < EXPECTED / 2 or passed_by_now.rate <= passed_by.rate:
        return None
    confidence = 1 - RISK
    is_shifted = is_worse(
        passed_by_now.total, now.total, passed_by.total, before.total, confidence=confidence
    )
    is_failing = is_worse(
        passed_by_now.errors, now.total, passed_by.errors, before.total, confidence=confidence
    )
    return (passed_by, passed_by_now) if is_shifted and is_failing else None


def _less(whole: Stretch, part: Stretch) -> Stretch:
    total = max(0, whole.total - part.total)
    return Stretch(min(total, max(0, whole.errors - part.errors)), total, whole.seconds)
