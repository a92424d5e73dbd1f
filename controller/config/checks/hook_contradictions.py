"""Contradictions in commands that are run once for a change, and about a pair of two boxes."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from controller.config.text.places import Trail
from controller.config.text.scalars import Wrong, duration
from controller.config.text.trails import listing

Found = Iterator[tuple[Trail, str]]

LONGEST: Final = timedelta(seconds=90)
"""A setting is waited for a little longer than that, and no more."""
_PAIR: Final[Trail] = ("pool", "hosts")


def hook_faults(hook: object, trail: Trail) -> Found:
    if not isinstance(hook, dict):
        return
    kinds = [kind for kind in ("command", "ssh") if kind in hook]
    if not kinds:
        yield trail, "has nothing to run; add one of command, ssh"
    if len(kinds) > 1:
        yield (*trail, "ssh"), "command is also given; keep one of the two"
    if _is_long(hook.get("timeout")):
        yield (*trail, "timeout"), "is more than 90s, and users wait; write a shorter time"


def _is_long(timeout: object) -> bool:
    try:
        return duration(timeout) > LONGEST
    except Wrong:
        return False


def pair_faults(pool: dict[str, object], hosts: dict[str, object]) -> Found:
    """Of `pool.hosts` with `promote`."""
    yield from hook_faults(hosts.get("promote"), (*_PAIR, "promote"))
    members = listing(hosts, "members")
    if isinstance(hosts.get("members"), list) and len(members) != 2:
        yield (
            (*_PAIR, "members"),
            f"are {len(members)}, and promote is for two, one active and one standby; list two",
        )
    if "state" not in hosts:
        yield (
            (*_PAIR, "state"),
            "is missing beside promote, which is read back: it must print ready or standby; add it",
        )
    for key in ("out", "in", "counts"):
        if key in hosts:
            yield (*_PAIR, key), "has no effect beside promote; remove it"
    if "downtime" in pool:
        yield (
            ("pool", "downtime"),
            "is not needed beside promote: users have moved before a member is touched; remove it",
        )
    if pool.get("max_unavailable", 1) not in (1, "1"):
        yield ("pool", "max_unavailable"), "must be 1 for a pair; remove it"
