"""How often the default gate halts a healthy rollout, and whether it ever misses a bad one."""

from random import Random

import pytest

from controller.core.events import Verdict
from controller.core.gates.counters import judge
from controller.core.gates.gate import CounterGate, Scope
from controller.core.pool import Counters
from tests.core.gates.chance import failing

pytestmark = pytest.mark.untraced  # thousands of rollouts: what they call has direct tests

GATE = CounterGate("errors", Scope.MEMBER, 0.01)
ROLLOUTS, MEMBERS, SOAK = 200, 4, 30
"""Rollouts of so many members, each soaked for so many seconds and judged once a second."""


def failing_second(random: Random, ratio: float, rate: int) -> int | None:
    """The second of a member's soak in which its gate fails; None: it passes."""
    errors = total = 0
    for second in range(1, SOAK + 1):
        errors += failing(random, rate, ratio)
        total += rate
        if judge(GATE, Counters(errors, total)).verdict is Verdict.FAIL:
            return second
    return None


def halted(ratio: float, rate: int, seed: int) -> int:
    """How many rollouts are halted."""
    random = Random(seed)
    return sum(
        any(failing_second(random, ratio, rate) is not None for _ in range(MEMBERS))
        for _ in range(ROLLOUTS)
    )


@pytest.mark.parametrize("ratio", [0.001, 0.005])
@pytest.mark.parametrize("rate", [5, 40])
def test_background_noise_does_not_halt(ratio: float, rate: int) -> None:
    """At 0.1 % and 0.5 % of errors at most one of 200 rollouts is halted."""
    assert halted(ratio, rate, seed=20) <= 1


def test_ten_percent_is_always_seen() -> None:
    """At 10 % every single member is caught, most of them within tens of requests."""
    random = Random(4711)
    seconds = [failing_second(random, 0.1, 40) for _ in range(ROLLOUTS)]
    assert None not in seconds
    assert sorted(second for second in seconds if second is not None)[ROLLOUTS // 2] <= 3


def test_at_the_limit_few_are_halted() -> None:
    """With a true ratio of `max` itself, three soaks of a hundred fail: each look has its risk."""
    random = Random(99)
    fails = sum(failing_second(random, 0.01, 40) is not None for _ in range(800))
    assert 8 <= fails <= 40
