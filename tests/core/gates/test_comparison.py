"""Worse than the baseline by more than the margin: how often it is wrong, and what it misses."""

from datetime import timedelta
from math import comb
from random import Random
from typing import Final

import pytest

from controller.core.events import Verdict
from controller.core.gates.comparison import is_beyond, margin_tail, risk_at
from controller.core.gates.evidence import Answers, Freshness, Query, Reading
from controller.core.gates.gate import MetricGate, Scope
from controller.core.gates.metrics import judge_answers
from tests.core.gates.chance import failing

COUNTED: Final = (
    Query.ERRORS,
    Query.REQUESTS,
    Query.BASELINE_ERRORS,
    Query.BASELINE_REQUESTS,
)
GATE: Final = MetricGate(
    "beside",
    Scope.MEMBER,
    dict.fromkeys(COUNTED, "sum(increase(x[${window}]))"),
    max_increase=0.02,
    confidence=0.99,
    every=timedelta(seconds=5),
)
ROLLOUTS: Final = 200


@pytest.mark.parametrize("margin", [0.02, 0.1])
@pytest.mark.parametrize(("total", "others"), [(30, 60), (50, 50)])
@pytest.mark.parametrize("risk", [0.01, 0.001])
def test_at_the_margin_the_risk_is_kept(
    margin: float, total: int, others: int, risk: float
) -> None:
    """All outcomes of small groups that differ by just the margin, by their probability."""

    def chances(count: int, ratio: float) -> list[float]:
        return [comb(count, k) * ratio**k * (1 - ratio) ** (count - k) for k in range(count + 1)]

    for ratio in (0.001, 0.05):
        wrong = sum(
            own * other
            for errors, own in enumerate(chances(total, ratio + margin))
            for other_errors, other in enumerate(chances(others, ratio))
            if own * other > 1e-8
            and is_beyond(errors, total, other_errors, others, margin=margin, risk=risk)
        )
        assert wrong <= risk * 1.2


@pytest.mark.parametrize(
    ("counts", "margin", "beyond"),
    [
        ((0, 100, 50, 100), 0.0, False),
        ((50, 100, 0, 0), 0.0, False),
        ((0, 0, 0, 100), 0.0, False),
        ((50, 100, 0, 100), 0.0, True),
        ((50, 100, 50, 100), 0.0, False),
        ((40, 488, 46, 972), 0.02, False),
        ((120, 488, 46, 972), 0.02, True),
        ((100, 100, 0, 100), 0.02, True),
        ((100, 100, 98, 100), 0.02, False),
    ],
)
def test_beyond(counts: tuple[int, int, int, int], margin: float, beyond: bool) -> None:
    """The difference must be more than the margin, beyond chance."""
    assert is_beyond(*counts, margin=margin, risk=0.005) is beyond


def test_within_the_margin_there_is_nothing_to_test() -> None:
    """The tail is 1 up to the margin, and small far beyond it."""
    assert margin_tail(5, 100, 4, 100, 0.02) == 1.0
    assert margin_tail(40, 100, 4, 100, 0.02) < 1e-9


def test_the_risk_is_shared_out_over_the_looks() -> None:
    """Each doubling of the time gets its part, all together less than the whole."""
    second = timedelta(seconds=1)
    shares = [risk_at(second * 2**n, second, 1.0) for n in range(40)]
    assert shares == sorted(shares, reverse=True)
    assert shares[:2] == [1 / 4, 1 / 9]
    assert sum(shares) < 2 / 3
    assert risk_at(second * 3.9, second, 1.0) == 1 / 9
    assert risk_at(second / 2, second, 1.0) == risk_at(second, timedelta(0), 1.0) == 1 / 4


def is_caught(random: Random, ratio: float, others: float, interval: int, rate: int) -> bool:
    """Whether the gate fails one member before the end of its soak; two others beside it.
    Prometheus extrapolates what the scrapes since the return show to the window."""
    soak = max(30, 4 * interval + 5)
    scrapes: list[tuple[float, tuple[int, ...]]] = []
    counts: tuple[int, ...] = (0, 0, 0, 0)
    at = random.random() * interval
    while at <= soak:
        more = rate * interval
        came = (failing(random, more, ratio), more, failing(random, 2 * more, others), 2 * more)
        counts = tuple(map(sum, zip(counts, came, strict=True)))
        scrapes.append((at, counts))
        at += interval
    fresh = Freshness("up", timedelta(seconds=1), timedelta(seconds=interval))
    for window in range(5, soak + 1, 5):
        seen = [found for when, found in scrapes if when <= window]
        if len(seen) < 2:
            continue
        factor = window / ((len(seen) - 1) * interval)
        rises = [(last - first) * factor for first, last in zip(seen[0], seen[-1], strict=True)]
        readings = {
            kind: Reading("q", value=rise) for kind, rise in zip(COUNTED, rises, strict=True)
        }
        answers = [Answers("s", readings, fresh)]
        if judge_answers(GATE, timedelta(seconds=window), answers).verdict is Verdict.FAIL:
            return True
    return False


@pytest.mark.untraced
@pytest.mark.parametrize("interval", [1, 15])
@pytest.mark.parametrize("ratio", [0.001, 0.01, 0.05])
def test_equal_ratios_do_not_halt(ratio: float, interval: int) -> None:
    """Of 200 rollouts of three members with the errors that the pool has anyway, at most one."""
    random = Random(7)
    halted = sum(
        any(is_caught(random, ratio, ratio, interval, 16) for _ in range(3))
        for _ in range(ROLLOUTS)
    )
    assert halted <= 1


@pytest.mark.untraced
@pytest.mark.parametrize("interval", [1, 15])
@pytest.mark.parametrize("ratio", [0.001, 0.01, 0.05])
def test_twice_as_much_is_caught(ratio: float, interval: int) -> None:
    """A version that fails twice what the margin allows is caught within its soak."""
    random = Random(8)
    bad = 2 * (ratio + 0.02)
    assert all(is_caught(random, bad, ratio, interval, 100) for _ in range(40))
