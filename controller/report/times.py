"""Moments in text for people: in the time of this machine, with its zone, or in UTC. In JSON and in
the HTML page they are UTC."""

from datetime import UTC, datetime, tzinfo

_zone: tzinfo | None = UTC


def tell_in(zone: tzinfo | None) -> None:
    """From now on; None: the zone of this machine (or of `TZ`)."""
    global _zone
    _zone = zone


def local(at: datetime) -> datetime:
    return at.astimezone(_zone)


def moment(at: datetime) -> str:
    """`2026-11-27 03:12:00 CET`."""
    return f"{local(at):%Y-%m-%d %H:%M:%S %Z}"


def typed(at: datetime) -> str:
    """`2026-11-27T03:12:00+01:00`: to be typed again, as for `gate --at`, which takes ISO 8601."""
    return local(at).isoformat(timespec="seconds")


def clock_time(at: datetime) -> str:
    """`03:12:00 CET`."""
    return f"{local(at):%H:%M:%S %Z}"


def hour(at: datetime) -> str:
    """`03:12:00`, where the zone is said beside it."""
    return f"{local(at):%H:%M:%S}"
