"""What `init` found on running HAProxys, as a rollout file needs it. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from controller.core.pool import InstanceView, Line, Occupant
from controller.core.snapshot import Snapshot, capacity, looked
from controller.errors import Refused, UsageFault
from controller.pools.haproxy import HaproxyFacts, listed_twice

MOST_NAMED = 12
"""Most names in one line."""

NOBODY = Occupant("", "", 0)

Servers = Mapping[str, Sequence[str]]
"""Backend → its servers without backups and those that have no address."""


@dataclass(frozen=True, slots=True)
class Discovery:
    views: tuple[InstanceView, ...]
    """Full ones, of the chosen backends, one for each HAProxy."""
    facts: tuple[HaproxyFacts, ...]
    """Of each, in the same order."""
    servers: Servers
    """Of every backend."""
    own: frozenset[str] = frozenset()
    """Addresses of the machine that poolroll runs on."""

    @property
    def backends(self) -> tuple[str, ...]:
        return tuple(self.views[0].backends)

    @property
    def lines(self) -> tuple[Line, ...]:
        return tuple(line for view in self.views for line in view.lines)

    @property
    def followers(self) -> frozenset[str]:
        """`backend/server` whose health follows another one's (track)."""
        return frozenset(follower for one in self.facts for follower, _ in one.trackers)

    @property
    def members(self) -> dict[str, Line]:
        """Servers that can be members, with the first line of each: no backups, resolved, and in
        every chosen backend of every load balancer."""
        return {name: line for name, line in self._candidates().items() if not self.unfit(name)}

    @property
    def excluded(self) -> dict[str, str]:
        """Servers that cannot be members → why."""
        return {name: why for name in self._candidates() if (why := self.unfit(name))}

    @property
    def serving(self) -> int:
        """How many serve now, on the load balancer where the fewest do; without backups."""
        return capacity(looked(Snapshot(view.instance), view) for view in self.views).serving

    @property
    def placed(self) -> int:
        """How many are in rotation, healthy or not, where the fewest are; without backups."""
        members = [
            sum(
                1
                for line in view.lines
                if line.backend == backend and not line.is_out and line.may_be_member
            )
            for view in self.views
            for backend in self.backends
        ]
        return min(members, default=0)

    @property
    def name(self) -> str:
        """A name for the rollout."""
        made = re.sub("[^a-z0-9-]+", "-", self.backends[0].lower()).strip("-")
        return made[:63].rstrip("-") or "pool"

    @property
    def beside(self) -> dict[str, list[str]]:
        """Other backends → their servers that are a member, or follow one: `plan` refuses."""
        members = self.members
        lines = [line for line in self.lines if line.member in members]
        places = {(o.address, o.port) for line in lines if (o := line.occupant) and o.port}
        paths = {f"{line.backend}/{line.member}" for line in lines}
        found: dict[str, list[str]] = {}
        for one in self.facts:
            for other in one.others:
                follows = one.leader_of(other.path) in paths
                if follows or (other.has_users and (other.address, other.port) in places):
                    names = found.setdefault(other.backend, [])
                    names += [other.name] if other.name not in names else []
        return found

    def unfit(self, name: str) -> str:
        """Why a server cannot be a member; empty when it can."""
        for view in self.views:
            lines = view.of(name)
            if any(line.is_unresolved for line in lines):
                return "has no address: its host name is not resolved"
            for backend in self.backends:
                if all(line.backend != backend for line in lines):
                    return f"is not in {backend} at {view.instance}"
        if name in self._on_this_machine:
            return "is on the machine that poolroll runs on; it needs --this-machine"
        return ""

    @property
    def _on_this_machine(self) -> frozenset[str]:
        """None where all are there, as in a laboratory."""
        candidates = self._candidates().items()
        found = {name for name, line in candidates if (line.occupant or NOBODY).address in self.own}
        return frozenset(found) if len(found) < len(candidates) else frozenset()

    def _candidates(self) -> dict[str, Line]:
        found: dict[str, Line] = {}
        for line in self.lines:
            if line.may_be_member:
                found.setdefault(line.member, line)
        return found


def chosen_backends(servers: Servers, asked: Sequence[str]) -> tuple[str, ...]:
    """The backends asked for, or the one with the most servers (of several, the first).

    Raises UsageFault for an unknown one, Refused when no backend has servers.
    """
    there = [name for name, members in servers.items() if members]
    known = ", ".join(there[:MOST_NAMED]) or "none"
    known += f", and {len(there) - MOST_NAMED} more" if len(there) > MOST_NAMED else ""
    for name in asked:
        if name in servers and name not in there:
            raise UsageFault(
                f"--backend {name}: none of its servers can be a member: a backup never is (taking "
                "one out would change nothing for users while others serve, and end it for all "
                "where none does), nor is one whose name has no address yet"
            )
        if name not in there:
            raise UsageFault(
                f"--backend {name}: no backend of that name has servers; known: {known}"
            )
    if not there:
        raise Refused("no backend here has a server that could be upgraded")
    return tuple(dict.fromkeys(asked)) or (max(there, key=lambda name: len(servers[name])),)


def require_distinct(facts: Sequence[HaproxyFacts]) -> None:
    """Raises Refused where two endpoints lead to one HAProxy."""
    if reasons := listed_twice(facts):
        raise Refused(*reasons)


def with_leaders(backends: Sequence[str], trackers: Sequence[tuple[str, str]]) -> tuple[str, ...]:
    """`backends`, and the backends whose servers of the same name they track: a member can be
    returned only where its health check runs."""
    result = list(backends)
    for follower, leader in trackers:
        backend, _, name = follower.partition("/")
        led_by, _, leading = leader.partition("/")
        if backend in result and led_by not in result and leading == name:
            result.append(led_by)
    return tuple(result)


def with_twins(backends: Sequence[str], facts: HaproxyFacts, view: InstanceView) -> tuple[str, ...]:
    """`backends`, and those where every member has a server of its own name that is the same
    process, or follows it: `plan` refuses while they are not listed."""
    lines = [line for line in view.lines if not line.is_backup]
    places = {(o.address, o.port): line.member for line in lines if (o := line.occupant) and o.port}
    paths = {f"{line.backend}/{line.member}": line.member for line in lines}
    twins: dict[str, set[str]] = {}
    for other in facts.others:
        there = places.get((other.address, other.port), paths.get(facts.leader_of(other.path)))
        if there == other.name and other.backend not in backends:
            twins.setdefault(other.backend, set()).add(other.name)
    members = {line.member for line in lines}
    return (*backends, *(backend for backend, names in twins.items() if names >= members))
