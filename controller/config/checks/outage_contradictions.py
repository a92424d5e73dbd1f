"""Contradictions about a planned outage: where nothing serves in place of a member."""

from collections.abc import Iterator, Sequence
from typing import Final

from controller.config.checks.hook_contradictions import hook_faults, pair_faults
from controller.config.checks.kind_of_pool import HOSTS
from controller.config.text.places import Trail
from controller.config.text.trails import mapping

Found = Iterator[tuple[Trail, str]]

SCRIPTS: Final = ("out", "in", "state")
HOOKS: Final = ("before", "after")
_PLACE: Final[Trail] = ("pool", "downtime")


def outage_contradictions(data: object, kind: str) -> Found:
    pool, hosts = mapping(data, "pool"), mapping(data, "pool", "hosts")
    is_planned, given = "downtime" in pool, [key for key in SCRIPTS if key in hosts]
    if kind == HOSTS and "promote" in hosts:
        yield from pair_faults(pool, hosts)
        return
    if kind == HOSTS:
        yield from _scripts(given, is_planned=is_planned)
    if is_planned and kind != HOSTS:
        yield _PLACE, f"is for hosts alone: others serve in place of a member of {kind}; remove it"
    if not is_planned and pool.get("min_available") in (0, "0"):
        yield (
            ("pool", "min_available"),
            "0 would leave users without anybody: that is a planned outage; write pool.downtime "
            "with a budget, or a floor of at least 1",
        )
    if is_planned and kind == HOSTS:
        yield from _hooks(mapping(data, *_PLACE), given)
    if kind == HOSTS and not given:
        yield from _alone(data)


def _scripts(given: Sequence[str], *, is_planned: bool) -> Found:
    missing = [key for key in SCRIPTS if key not in given]
    if not given and not is_planned:
        yield (
            ("pool", "hosts"),
            "has no out, in and state, so that nobody serves in place of a member while it is "
            "upgraded: that is a planned outage; write pool.downtime with a budget, like "
            "downtime: {budget: 5m}, or the three scripts",
        )
    for key in missing if given else ():
        yield ("pool", "hosts", key), f"is missing beside {given[0]}; add it, or remove all three"


def _hooks(downtime: dict[str, object], given: Sequence[str]) -> Found:
    for key in HOOKS:
        trail = (*_PLACE, key)
        if given and key in downtime:
            mend = "out" if key == "before" else "in"
            yield trail, f"is for servers without a balancer; let `{mend}` do it, and remove this"
        yield from hook_faults(downtime.get(key), trail)


def _alone(data: object) -> Found:
    pool, hosts = mapping(data, "pool"), mapping(data, "pool", "hosts")
    if pool.get("max_unavailable", 1) not in (1, "1"):
        yield (
            ("pool", "max_unavailable"),
            "must be 1: servers that stand alone go one after another, each with a budget of its "
            "own; remove it",
        )
    for key in ("counts", "every"):
        if key in hosts:
            yield ("pool", "hosts", key), "is about `state`, which is not given; remove it"
