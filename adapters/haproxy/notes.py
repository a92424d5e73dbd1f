"""Refusals and notes for the plan about HAProxy's features. Pure."""

from collections.abc import Collection, Iterator, Sequence
from datetime import timedelta
from typing import Final

from adapters.haproxy.beside import beside_of
from adapters.haproxy.versions import doubt
from controller.core.plan.abilities import MEMBER, Abilities, ByHand
from controller.core.pool import Check, InstanceView, Line
from controller.pools.haproxy import AGENT, HaproxyFacts
from controller.records import Survey

PACE: Final = timedelta(milliseconds=20)
"""Time between two looks: one costs half a millisecond at a UNIX socket."""

_STATIC: Final = "balances by a static algorithm, which takes only none and all of a weight"

_BY_DNS: Final = "takes its weights from DNS (SRV records), which soon set anew what a ramp sets"
LEAK: Final = (
    "`option persist` or `force-persist` sends clients with a cookie or a table entry to a server "
    "in maintenance"
)


def survey_of(facts: HaproxyFacts, view: InstanceView, selected: Collection[str]) -> Survey:
    """`view`: a full one; `selected`: members of the rollout."""
    backends = tuple(view.backends)
    beside = beside_of(facts, view, selected)
    notes = [*_about(facts), *beside.notes]
    led = {follower for follower, _ in facts.trackers}
    for backend in backends:
        there = [line for line in view.lines if line.backend == backend]
        lines = [line for line in there if line.member in selected and not line.is_backup]
        notes += [*_on_members(backend, lines, led), *_on_backups(backend, there)]
        if facts.modes[backend] == "tcp":
            notes.append(
                f"{backend} is in mode tcp: the load balancer sees sessions and broken "
                "connections, not the answers of the application; gates on its counters see no "
                "HTTP error"
            )
    return Survey(
        refusals=(*_unreturnable(facts, backends, selected), *beside.refusals),
        notes=tuple(notes),
        abilities=_abilities(facts),
        by_hand=ByHand(_set_by_hand(backends, "ready"), _set_by_hand(backends, "maint")),
    )


def _abilities(facts: HaproxyFacts) -> Abilities:
    return Abilities(
        sticky=facts.sticky,
        unweighted={
            **dict.fromkeys(sorted(facts.static), _STATIC),
            **dict.fromkeys(sorted(facts.weighed_by_dns), _BY_DNS),
        },
        limits={(facts.api, *place): limit for place, limit in facts.maxconn.items()},
        prefers_idle=frozenset((facts.api, backend) for backend in facts.prefers_idle),
        pace=PACE,
        leak=LEAK,
    )


def _set_by_hand(backends: Sequence[str], state: str) -> str:
    """Commands of the Runtime API (management guide, section 9.3)."""
    return "; ".join(f"set server {backend}/{MEMBER} state {state}" for backend in backends)


def _unreturnable(
    facts: HaproxyFacts, backends: Collection[str], selected: Collection[str]
) -> Iterator[str]:
    """A line whose health follows a server outside the pool cannot be returned safely: its
    health check cannot be restarted."""
    for follower, leader in facts.trackers:
        backend, _, name = follower.partition("/")
        if backend not in backends or name not in selected:
            continue
        led_by, _, leading = leader.partition("/")
        if led_by not in backends:
            yield (
                f"{facts.api}: {follower} follows the health of {leader} (track); add "
                f"{led_by!r} to pool.haproxy.backends, so that it is taken out there too"
            )
        elif leading != name:
            yield (
                f"{facts.api}: {follower} follows the health of another member, {leader} "
                "(track); a member can only be returned by its own health"
            )


def _about(facts: HaproxyFacts) -> Iterator[str]:
    """On the HAProxy as a whole."""
    if (why := doubt(facts.version)) is not None:
        yield f"{facts.api}: {why}"


def _on_members(backend: str, lines: Sequence[Line], led: Collection[str]) -> Iterator[str]:
    """On the members' lines in one backend. `led`: `backend/server` that follow another one."""
    unchecked = [line for line in lines if line.check is Check.NONE]
    if bare := [line for line in unchecked if f"{backend}/{line.member}" not in led]:
        yield (
            f"{_names(bare)} in {backend}: no health check in the load balancer; only "
            "validation protects users from a bad version"
        )
    if agents := [line for line in lines if line.keep.get(AGENT)]:
        yield (
            f"{_names(agents)} in {backend}: the agent check is switched off while the "
            "member is in progress, since it may cancel a drain"
        )
    if warming := [line for line in lines if line.is_warming]:
        yield (
            f"{_names(warming)} in {backend}: warming up now (slowstart); a soak starts when the "
            "warm-up has ended"
        )


def _on_backups(backend: str, lines: Sequence[Line]) -> Iterator[str]:
    """On all lines of one backend."""
    if backups := [line for line in lines if line.is_backup]:
        yield f"{_names(backups)} in {backend}: backup, never upgraded and never counted as serving"


def _names(lines: Sequence[Line]) -> str:
    return ", ".join(line.member for line in lines)
