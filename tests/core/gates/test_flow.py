"""What came to one place over time, from readings that come when they come."""

from datetime import timedelta

from controller.core.gates.flow import Flow, Stretch
from controller.core.pool import Counters, Incarnation

WORKER = Incarnation("1", 1)


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def flow(*readings: tuple[float, int], keeps: float = 100) -> Flow:
    """From (seconds, requests so far)."""
    (first, total), *rest = readings
    one = Flow(WORKER, ((at(first), Counters(0, total)),))
    for then, total in rest:
        one = one.noted(at(then), Counters(total // 10, total), None, at(then - keeps))
    return one


def test_between_two_readings_requests_come_evenly() -> None:
    """A stretch may begin and end anywhere in the time that was watched, and not outside."""
    one = flow((10, 100), (11, 200), (12, 300))
    assert one.between(at(10.5), at(11.5)) == Stretch(15, 100, 1.0)
    assert one.between(at(0), at(99)) == Stretch(30, 200, 2.0)
    assert one.between(at(11.9), at(12)).rate == 100
    assert one.between(at(12), at(13)) == Stretch()
    assert Stretch().rate == 0


def test_only_what_is_needed_is_kept() -> None:
    """Readings closer than a tenth of a second replace each other; old ones go."""
    one = flow(*((10 + number / 50, number) for number in range(500)), keeps=2)
    assert len(one.points) <= 30
    assert one.between(at(18.5), at(19.5)).total == 50
    assert one.ends == at(10 + 499 / 50)


def test_counter_that_fell_begins_anew() -> None:
    """Somebody cleared it: what was before is not comparable."""
    one = flow((10, 100), (11, 200), (12, 5))
    assert one.points == ((at(12), Counters(0, 5)),)


def test_two_beside_each_other() -> None:
    """Counts add up, time does not."""
    assert Stretch(1, 10, 2) + Stretch(2, 20, 1.9) == Stretch(3, 30, 2)
