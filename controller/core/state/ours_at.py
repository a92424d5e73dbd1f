"""At which load balancer requests of our own were counted: they lead through one of them, and the
others count users alone.

What is not known is taken for counted at each: then traffic looks like less than it is, which may
hold a rollout, and never like more, which would hide that users are gone.
"""

from collections.abc import Mapping
from typing import Final

from controller.core.gates.quiet import PINNED
from controller.core.gates.tally import Tally
from controller.core.pool import Instant
from controller.core.state.parts import MemberState
from controller.core.state.state import State

ELSEWHERE: Final = 1 - PINNED
"""A smaller share of them, counted at a member in one place, is none that leads through there."""


def ours_at(state: State, instance: str, since: Instant, until: Instant) -> int:
    """At most so many of them were counted there then."""
    sent = state.ours.between(since, until)
    members = [m for m in state.members.values() if m.trial.own.total] if sent else []
    unknown = state.ours.total - sum(m.trial.own.total for m in members)
    return min(sent, max(unknown, 0) + sum(_of_trial(m, instance) for m in members))


def _of_trial(m: MemberState, instance: str) -> int:
    """Of those that were sent to a member since its return. Once users came to it, nobody knows
    whose what is counted there is."""
    own, seen = m.trial.own.total, m.trial.seen_at
    here, missing = seen.get(instance, 0), own - sum(seen.values())
    may_be_elsewhere = missing > ELSEWHERE * own or here > ELSEWHERE * own
    if m.trial.met_users or instance not in seen or may_be_elsewhere:
        return own
    return here + max(missing, 0)


def counted_at(state: State, m: MemberState) -> Mapping[str, int]:
    """Instance → how many requests it has counted at the member since its return; an instance that
    was restarted since, or that counted nothing before, is left out."""
    found: dict[str, int] = {}
    unknown: set[str] = set()
    for place, (incarnation, now) in state.tallies.get(m.name, Tally()).last.items():
        was = m.trial.mark_at.get(place)
        if was is None or not was[0].is_same(incarnation) or now.total < was[1].total:
            unknown.add(place[0])
        else:
            found[place[0]] = found.get(place[0], 0) + now.total - was[1].total
    return {instance: count for instance, count in found.items() if instance not in unknown}
