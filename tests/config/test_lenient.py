"""Forms that say clearly what is meant are taken, though they are not the plainest."""

import pytest

from controller.config import parse
from controller.core.settings import Amount
from tests.config.pages import page

_POOL = "pool: {haproxy: {apis: [unix:/run/a.sock], backends: [web]}, %s}"


@pytest.mark.parametrize(
    ("ramp", "steps"),
    [("0.5%", (1,)), ("10%, 10%, 12.5%", (10, 10, 13)), ("99.1%, 100%", (100, 100))],
)
def test_ramps(ramp: str, steps: tuple[int, ...]) -> None:
    """A fraction of a per cent counts as a whole one; equal steps are one on the way up."""
    settings = parse(page(f"return: {{ramp: [{ramp}]}}"), "f").settings
    assert settings.policies.comeback.ramp == steps


def test_counts_in_quotes() -> None:
    """Digits in quotes are a count where a count is wanted."""
    given = "max_unavailable: '2', min_available: \"3\", members: {expect: '04'}"
    settings = parse(page(_POOL % given), "f").settings
    assert settings.selection.expect == 4
    assert settings.policies.max_unavailable == Amount(2)
    assert settings.policies.min_available == Amount(3)


def test_nothing_of_the_pool() -> None:
    """0 % of the members is at least one, as with every percentage that rounds down to none."""
    settings = parse(page(_POOL % "max_unavailable: 0%"), "f").settings
    assert settings.policies.max_unavailable == Amount(0, is_percent=True)
