"""Whether users fail now."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core.decide.context import Context
from controller.core.decide.finish import finish
from controller.core.events import Cause, Finished, Halted
from controller.core.gates.tally import Tally
from controller.core.pool import Counters, Incarnation
from controller.core.state.failures import Failures, failures, why_unknown
from controller.core.state.state import Mode, State, initial
from tests.core.test_properties import PLAN


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def state(*points: tuple[float, int], now: int = 0) -> State:
    """(when, failed requests so far) in the past; `now`: so far."""
    seen = tuple((at(when), Counters(errors, 100)) for when, errors in points)
    tally = Tally(sum=Counters(now, 100))
    return replace(initial(PLAN), points=seen, pool=tally)


@pytest.mark.parametrize(
    ("seen", "failed"),
    [
        (state(), None),
        (state((1, 0), (2, 0)), None),
        (state((1, 5), (2, 5), now=5), None),
        (state((1, 5), (2, 7), (3, 7), now=7), Failures(2, at(2), at(2))),
        (state((1, 0), (2, 2), (3, 5), now=5), Failures(5, at(2), at(3))),
        (state((1, 0), (2, 2), now=3), Failures(3, at(2), at(4))),
    ],
)
def test_failures(seen: State, failed: Failures | None) -> None:
    """What rose between two looks has failed, dated by the later; the first point is no rise."""
    assert failures(seen, at(4)) == failed


@pytest.mark.parametrize(("now", "are"), [(3, True), (3.9, True), (4, False), (9, False)])
def test_going_on(now: float, are: bool) -> None:
    """Users fail now while the last failed request was seen less than a second ago."""
    assert Failures(2, at(1), at(3)).are_going_on(at(now)) is are


def halted(*points: tuple[float, int], seen: float, now: int) -> State:
    """Halted at 10 s, all at rest, and last looked at when `seen`."""
    base = state(*points, now=now)
    halt = Halted(Cause.GATE, "seen", "limit", "web1", "errors")
    snapshots = {
        name: replace(one, at=at(seen), full_at=at(seen)) for name, one in base.snapshots.items()
    }
    return replace(
        base, mode=Mode.HALTED, halt=halt, halted_at=at(10), touched=True, snapshots=snapshots
    )


@pytest.mark.parametrize(
    ("end", "now", "is_over"),
    [
        (halted((9, 0), (10, 3), seen=10.9, now=3), 11.5, False),  # no look since
        (halted((9, 0), (10, 3), seen=11, now=3), 11.1, True),
        (halted((9, 0), (10.5, 3), seen=11.2, now=3), 11.3, False),  # in flight at the take-out
        (halted((9, 0), (10.5, 3), seen=11.5, now=3), 11.6, True),
        (halted((10, 0), (11, 3), (12, 6), seen=12.5, now=9), 12.6, False),
        (halted((10, 0), (11, 3), (12, 6), seen=12.5, now=9), 13, True),  # failing still
    ],
)
def test_users_are_watched_after_a_halt(end: State, now: float, is_over: bool) -> None:
    """A halt is told when no request has failed for a second since, or after three: what it says
    about users is then true."""
    output = finish(Context(PLAN, end, at(now)))
    assert isinstance(output, Finished) is is_over


@pytest.mark.parametrize(
    ("readings", "why"),
    [
        ({}, "no load balancer counts requests here"),
        ({"lb1": None, "lb2": None}, "no load balancer counts requests here"),
        ({"lb1": Counters(0, 1)}, ""),
        ({"lb1": Counters(0, 1), "lb2": None}, "requests are not counted at lb2"),
    ],
)
def test_why_failures_are_not_known(readings: dict[str, Counters | None], why: str) -> None:
    """One load balancer that does not count is enough: what the others count is not all."""
    tally = Tally()
    for instance, counters in readings.items():
        tally = tally.noted((instance, "web"), Incarnation("1", 0), counters)
    assert why_unknown(replace(initial(PLAN), pool=tally)) == why
