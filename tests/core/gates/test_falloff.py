"""Traffic that is turned away, told from traffic that ebbs."""

import random
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest

from controller.core.gates.falloff import (
    fails_elsewhere,
    goes_on,
    is_near_zero,
    is_steady,
    users_still_come,
)
from controller.core.gates.flow import Flow, Stretch
from controller.core.pool import Counters
from tests.core.gates.test_flow import WORKER, at


def watched(counts: list[int], every: float = 0.1) -> Flow:
    """So many requests in each tenth of a second."""
    total, one = 0, Flow(WORKER, ((at(0), Counters()),))
    for number, count in enumerate(counts, 1):
        total += count
        one = one.noted(at(number * every), Counters(0, total), None, at(-1))
    return one


@pytest.mark.parametrize(
    ("counts", "steady"),
    [
        ([10] * 30, True),
        ([1] * 30, True),
        ([1] * 29, False),
        ([3] * 10 + [0] * 10 + [3] * 10, False),
        ([100] + [1] * 29, False),
        ([0, 0, 0, 0, 0, 0, 0, 0, 0, 4] * 4, False),
        ([], False),
    ],
    ids=["even", "just enough", "too few", "a pause", "a burst", "bursts", "nothing"],
)
def test_steady(counts: list[int], steady: bool) -> None:
    """Traffic that came all the time, and enough of it."""
    assert is_steady(watched(counts), at(0), at(30)) is steady


BEFORE = Stretch(0, 300, 3)
"""100 a second."""


@pytest.mark.parametrize(
    ("after", "near_zero", "on"),
    [
        (Stretch(0, 0, 1), True, False),
        (Stretch(0, 5, 1), True, False),
        (Stretch(0, 6, 1), False, False),
        (Stretch(0, 24, 1), False, False),
        (Stretch(0, 25, 1), False, True),
        (Stretch(0, 0, 0.1), False, False),
        (Stretch(0, 9, 0.09), False, False),
        (Stretch(0, 0, 0), False, False),
    ],
)
def test_near_zero(after: Stretch, near_zero: bool, on: bool) -> None:
    """Next to nothing of what came before, over a time in which chance explains no such gap."""
    assert (is_near_zero(BEFORE, after), goes_on(BEFORE, after)) == (near_zero, on)


def test_few_before_need_long_after() -> None:
    """Thirty requests tell little of a rate: ten seconds of silence are needed to be sure."""
    assert not is_near_zero(Stretch(0, 30, 3), Stretch(0, 0, 2.5))
    assert is_near_zero(Stretch(0, 30, 3), Stretch(0, 0, 5))


@pytest.mark.parametrize(
    ("own", "own_now", "before", "after", "come"),
    [
        (100, 0, 100, 100, True),
        (100, 0, 100, 51, True),
        (100, 0, 100, 49, False),
        (400, 0, 1000, 810, True),
        (400, 0, 1000, 790, False),
        (10, 0, 1000, 1000, False),
        (100, 100, 100, 100, False),
        (400, 100, 1000, 860, True),
        (400, 100, 1000, 840, False),
    ],
)
def test_users_still_come(own: int, own_now: int, before: int, after: int, come: bool) -> None:
    """At the frontends more come than would if those that the backend misses had gone away."""
    rates = (Stretch(0, count, 1) for count in (own, own_now, before, after))
    assert users_still_come(*rates) is come


def turned(own: int, errors: int, total: int = 300) -> Stretch | None:
    """What is failed elsewhere, of 300 a second of which 290 reached ours before, one failing."""
    found = fails_elsewhere(
        Stretch(0, 290, 1), Stretch(1, 300, 1), Stretch(0, own, 1), Stretch(errors, total, 1)
    )
    assert found is None or found[0] == Stretch(1, 10, 1)
    return found[1] if found is not None else None


def test_failing_elsewhere() -> None:
    """More pass ours by, and more of those fail; either alone is no proof."""
    assert turned(150, 140) == Stretch(140, 150, 1)
    assert turned(290, 10) is None
    assert turned(150, 9) is None
    assert turned(285, 15) is None
    assert turned(150, 15) is None
    assert turned(150, 0) is None


# --- no false alarms ---------------------------------------------------------------------------

Rate = Callable[[float], float]


def poisson(draw: random.Random, mean: float) -> int:
    """Requests that come by chance, by their gaps."""
    count, left = 0, mean
    while (left := left - draw.expovariate(1.0)) > 0:
        count += 1
    return count


def fluctuating(draw: random.Random, rate: float) -> Rate:
    """Ebbs and swells by a third every few seconds, and more slowly to a half."""
    phase, period = draw.random() * 7, draw.uniform(2, 9)

    def now(second: float) -> float:
        wave = abs(((second + phase) / period) % 2 - 1) - 0.5
        return rate * (1 + 0.6 * wave) * max(0.5, 1 - second / 60)

    return now


def alarms(draw: random.Random, rate: Rate) -> Iterator[str]:
    """All that a rollout would say in 30 s after its first take-out, looking ten times a second."""
    front = watched([poisson(draw, rate(number / 10) / 10) for number in range(330)])
    since = at(3)
    if not is_steady(front, at(0), since):
        return
    before = front.between(at(0), since)
    for look in range(40, 331):
        now = at(look / 10)
        if is_near_zero(before, front.between(now - at(1), now)):
            yield "passed by"
        lately = front.between(now - at(5), now)
        if now - since >= timedelta(seconds=5) and is_near_zero(before, lately):
            yield "gone"


@pytest.mark.untraced
@pytest.mark.parametrize("kind", ["even", "fluctuating"])
def test_no_false_alarm_in_two_hundred_rollouts(kind: str) -> None:
    """From one request in ten seconds to fifty a second, traffic that only ebbs is no alarm."""
    for seed in range(200):
        draw = random.Random(seed)
        rate = 0.1 * 500 ** draw.random()
        shape = fluctuating(draw, rate) if kind == "fluctuating" else lambda _, rate=rate: rate
        assert not list(alarms(draw, shape)), f"seed {seed}: {rate:.1f} requests a second"


def test_no_false_alarm_by_errors_of_others() -> None:
    """A site beside ours that begins to fail, at the very moment, is not ours."""
    for seed in range(200):
        draw = random.Random(seed)
        mine, theirs = 10 * 20 ** draw.random(), 10 * 20 ** draw.random()
        own, own_now = (Stretch(0, poisson(draw, mine * 3), 3) for _ in range(2))
        other, other_now = poisson(draw, theirs * 3), poisson(draw, theirs * 3)
        before = Stretch(0, own.total + other, 3)
        now = Stretch(other_now, own_now.total + other_now, 3)
        assert fails_elsewhere(own, before, own_now, now) is None, seed
