"""Formats figures: percentages, counts and durations, the same way everywhere."""

from datetime import timedelta


def percent(ratio: float) -> str:
    """A ratio as a percentage: `0.25 %`, never `0.0025`."""
    return f"{ratio * 100:.3g} %"


def requests(number: int) -> str:
    """`1 request`, `2 requests`."""
    return f"{number} request" + ("" if number == 1 else "s")


def span(duration: timedelta) -> str:
    """A duration: `<0.1s`, `0.25s`, `1.5s`, `30s`, `5m`, `1h05m`."""
    seconds = duration.total_seconds()
    if 0 < seconds < 0.05:
        return "<0.1s"
    if seconds < 10:
        return f"{seconds:.2g}s"
    if seconds < 60:
        return f"{seconds:.0f}s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes}m" + (f"{rest:02d}s" if rest else "")
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes:02d}m"


def whole(duration: timedelta) -> timedelta:
    """In whole seconds, so that it can be read."""
    second = timedelta(seconds=1)
    return max(timedelta(0), duration // second * second)


def milliseconds(seconds: float) -> str:
    """How long a request took: `4ms`, `310ms`, `2.1s`."""
    if seconds < 0.001:
        return "<1ms"
    return f"{seconds * 1000:.0f}ms" if seconds < 1 else f"{seconds:.2g}s"
