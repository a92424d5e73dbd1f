"""Numbers of errors and how likely each is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.forecast.distributions import binomial, failing, joined, mixed, quantile

SPREADS = st.floats(0, 1)


def mean(chances: dict[int, float]) -> float:
    return sum(number * chance for number, chance in chances.items())


@given(st.floats(0.01, 300), st.floats(0, 1), SPREADS)
def test_failing_has_the_mean_and_the_spread_it_should_have(
    arrivals: float, ratio: float, spread: float
) -> None:
    """All cases together are certain; on the average the share of the arrivals fails, and their
    number varies no more than by chance."""
    chances = dict(failing(arrivals, ratio, spread))
    assert sum(chances.values()) == pytest.approx(1)
    average = mean(chances)
    assert average == pytest.approx(arrivals * ratio)
    variance = sum((number - average) ** 2 * chance for number, chance in chances.items())
    assert variance <= average + 1e-6


def test_dealt_out_in_turn_they_come_evenly() -> None:
    """Without any spread as many fail as arrive, where all fail."""
    assert failing(20, 1.0, 0) == {20: 1.0}
    assert failing(0, 1.0, 0) == failing(20, 0.0, 0) == {0: 1.0}


def test_sums_and_mixtures() -> None:
    """Two coins make a binomial number; cases that exclude each other add up."""
    coin = {0: 0.5, 1: 0.5}
    assert joined(coin, coin) == pytest.approx(dict(binomial(2, 0.5)))
    assert mixed(({1: 0.25}, {1: 0.25, 2: 0.5})) == {1: 0.5, 2: 0.5}


def test_quantile() -> None:
    """The least number that enough cases do not go beyond; the greatest when none are enough."""
    chances = {5: 0.5, 1: 0.25, 9: 0.25}
    assert [quantile(chances, share) for share in (0.2, 0.5, 0.75, 0.8, 1.1)] == [1, 5, 5, 9, 9]
