"""Figures for people."""

from datetime import timedelta

import pytest

from controller.core.gates.figures import percent, requests, span, whole


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0s"),
        (0.004, "<0.1s"),
        (0.25, "0.25s"),
        (0.4, "0.4s"),
        (3.37, "3.4s"),
        (9.97, "10s"),
        (12.3, "12s"),
        (60, "1m"),
        (90, "1m30s"),
        (3900, "1h05m"),
    ],
)
def test_durations(seconds: float, text: str) -> None:
    """Two digits that count, in the units of the rollout file; what took a moment took more than
    nothing."""
    assert span(timedelta(seconds=seconds)) == text


@pytest.mark.parametrize(("seconds", "left"), [(3.9, 3), (0.9, 0), (-2, 0)])
def test_whole_seconds(seconds: float, left: int) -> None:
    """What counts down never shows more than there is."""
    assert whole(timedelta(seconds=seconds)) == timedelta(seconds=left)


def test_counts_and_ratios() -> None:
    """One is not many, and a ratio is a percentage."""
    assert [requests(1), requests(2)] == ["1 request", "2 requests"]
    assert percent(0.0025) == "0.25 %"
