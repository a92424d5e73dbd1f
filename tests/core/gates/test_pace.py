"""When a gate on a metrics system is sampled next."""

from datetime import timedelta

import pytest

from controller.core.gates.pace import next_sample
from tests.support.contexts import seconds

EVERY = seconds(5)


@pytest.mark.parametrize(
    ("returned", "interval", "due"),
    [
        ((), seconds(1), 15),
        ((3,), seconds(1), 15),
        ((10.5,), None, 10.5),
        ((9,), seconds(1), 11.1),
        ((9, 9.5), seconds(1), 11.1),
        ((9,), seconds(10), 15),
        ((9,), None, 15),
    ],
    ids=[
        "nobody",
        "back for long",
        "just back",
        "a fail counts soon",
        "two members",
        "slow scrapes",
        "not known how often it is scraped",
    ],
)
def test_next_sample(returned: tuple[float, ...], interval: timedelta | None, due: float) -> None:
    """Last sampled at 10 s, and regularly every 5 s."""
    returns = map(seconds, returned)
    found = next_sample(seconds(10), seconds(10) + EVERY, interval, returns)
    assert found == seconds(due)
