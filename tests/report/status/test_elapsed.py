"""A clock that is set during a rollout changes nothing about how long it took."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.report.status.elapsed import elapsed
from tests.report import journals

SET = timedelta(hours=-3)


def two_runs() -> journals.Scribe:
    scribe = journals.Scribe(journals.plan())
    scribe.begin()
    scribe.wait(60)
    scribe.begin()
    scribe.wait(30)
    scribe.finish("done", 0)
    return scribe


def test_it_is_the_sum_of_its_runs_and_the_time_between() -> None:
    assert elapsed([]) == timedelta(0)
    assert elapsed(two_runs().records[:1]) == timedelta(0)
    assert elapsed(two_runs().records) == timedelta(seconds=90)


@pytest.mark.parametrize("since", [2, 3])
def test_a_clock_that_is_set(since: int) -> None:
    """Within a run it does not matter; between two runs, of which the second may be on another
    boot, it never makes a rollout shorter than its runs."""
    found = two_runs().records
    moved = [*found[:since], *(replace(one, wall=one.wall + SET) for one in found[since:])]
    assert elapsed(moved) == timedelta(seconds=30 if since == 2 else 90)
