"""Exact tests against exact arithmetic."""

from fractions import Fraction
from math import comb

import pytest

from controller.core.gates.statistics import (
    binomial_tail,
    hypergeometric_tail,
    is_unexplained,
    is_worse,
)


def exact_binomial(errors: int, total: int, ratio: Fraction) -> Fraction:
    return sum(
        (comb(total, k) * ratio**k * (1 - ratio) ** (total - k) for k in range(errors, total + 1)),
        Fraction(0),
    )


@pytest.mark.parametrize("total", [1, 5, 37, 120, 400])
@pytest.mark.parametrize("ratio", [Fraction(1, 1000), Fraction(1, 100), Fraction(1, 4)])
def test_binomial_tail(total: int, ratio: Fraction) -> None:
    """It is the exact tail above the mean, and 1 at or below it."""
    for errors in {0, 1, 2, 3, total // 10, total // 2, total}:
        if errors > total:
            continue
        tail = binomial_tail(errors, total, float(ratio))
        if errors <= total * ratio:
            assert tail == 1.0
        else:
            assert tail == pytest.approx(float(exact_binomial(errors, total, ratio)), rel=1e-9)


def test_binomial_tail_at_the_edges() -> None:
    """A ratio of 0 explains no error, one of 100 % all; large counts do not overflow."""
    assert binomial_tail(1, 10, 0.0) == 0.0
    assert binomial_tail(0, 10, 0.0) == 1.0
    assert binomial_tail(10, 10, 1.0) == 1.0
    assert binomial_tail(30_000, 1_000_000, 0.01) < 1e-100
    assert 0.4 < binomial_tail(10_001, 1_000_000, 0.01) < 0.6


def test_counts_beyond_all_reason() -> None:
    """What a load balancer claims to have counted neither overflows nor takes long: sums have a
    bound, and what is left out is taken for too much rather than too little."""
    most = 2**64 - 1
    assert binomial_tail(most // 2, most, 0.01) < 1e-9
    assert binomial_tail(most // 100 + 10**9, most, 0.01) > 1e-3
    assert hypergeometric_tail(most // 2, most, 10, most) < 1e-9
    assert hypergeometric_tail(most // 4, most, most // 2, most) == 1.0
    assert hypergeometric_tail(10**12 + 10**3, 10**14, 10**12, 10**14) > 1e-3


@pytest.mark.parametrize(
    ("errors", "total", "others", "other_total"),
    [(0, 5, 1, 9), (3, 10, 1, 90), (5, 5, 0, 5), (10, 40, 3, 200), (2, 50, 40, 60), (7, 8, 7, 8)],
)
def test_hypergeometric_tail(errors: int, total: int, others: int, other_total: int) -> None:
    """It is Fisher's exact test, one-sided."""
    failed, everything = errors + others, total + other_total
    exact = sum(
        (
            Fraction(
                comb(failed, k) * comb(everything - failed, total - k), comb(everything, total)
            )
            for k in range(errors, min(failed, total) + 1)
        ),
        Fraction(0),
    )
    tail = hypergeometric_tail(errors, total, others, other_total)
    assert tail == pytest.approx(min(1.0, float(exact)), rel=1e-9)


def unexplained(errors: int, total: int, ratio: float = 0.01) -> bool:
    return is_unexplained(errors, total, ratio, confidence=0.995, min_errors=3)


@pytest.mark.parametrize(
    ("errors", "total", "verdict"),
    [
        *[(2, 2, False), (3, 3, True), (3, 19, True), (3, 20, False), (4, 53, True)],
        *[(4, 54, False), (5, 96, True), (5, 100, False), (6, 100, True), (7, 205, True)],
        *[(7, 206, False), (20, 1000, True), (19, 1500, False)],
    ],
)
def test_errors_that_one_percent_cannot_explain(errors: int, total: int, verdict: bool) -> None:
    """At least `min_errors`, and more than chance would bring at the allowed ratio."""
    assert unexplained(errors, total) is verdict


def test_more_errors_are_never_less_evidence() -> None:
    """With the total fixed, a further error never turns a fail into a pass."""
    for total in (10, 100, 1000):
        verdicts = [unexplained(errors, total) for errors in range(min(total, 60) + 1)]
        assert verdicts == sorted(verdicts)


def test_risk_is_shared_out() -> None:
    """Over all numbers of errors together the risk is at most 1 − confidence."""
    assert sum(Fraction(1, i * (i + 1)) for i in range(1, 10_000)) < 1


@pytest.mark.parametrize(
    ("errors", "total", "others", "other_total", "worse"),
    [
        (0, 100, 50, 100, False),
        (5, 100, 0, 0, False),
        (50, 100, 0, 100, True),
        (50, 100, 50, 100, False),
        (1, 10, 0, 10, False),
        (8, 40, 3, 400, True),
    ],
)
def test_worse_than_the_others(
    errors: int, total: int, others: int, other_total: int, worse: bool
) -> None:
    """Worse only beyond chance, with errors of its own, and with others to compare with."""
    assert is_worse(errors, total, others, other_total, confidence=0.995) is worse
