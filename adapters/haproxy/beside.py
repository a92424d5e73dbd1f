"""Servers beside the pool: lines of other backends that are a member of it, or follow one. Pure.

Users of such a backend meet the member, and nobody waits for their requests or counts their errors.
"""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from adapters.haproxy.tables import Row
from controller.core.pool import InstanceView
from controller.pools.haproxy import HaproxyFacts, OtherServer

MOST_NAMED = 8
"""Most servers named in one line."""


@dataclass(frozen=True, slots=True)
class Beside:
    refusals: tuple[str, ...]
    notes: tuple[str, ...]


def other_of(row: Row) -> OtherServer:
    """From a line of `show stat`. Its `addr` holds address and port, IPv6 in brackets, or `unix`
    (management guide, section 9.1), and is empty at a low permission level."""
    address, _, port = row.optional("addr").rpartition(":")
    is_port = port.isascii() and port.isdecimal() and len(port) <= len("65535")
    return OtherServer(
        row.text("pxname"),
        row.text("svname"),
        address.strip("[]"),
        int(port) if is_port else 0,
        has_users=not row.text("status").startswith("MAINT") and row.count("bck") == 0,
    )


def beside_of(facts: HaproxyFacts, view: InstanceView, selected: Collection[str]) -> Beside:
    """`view`: a full one; `selected`: members of the rollout."""
    lines = [one for one in view.lines if one.member in selected and not one.is_backup]
    found = [(one.occupant, one.member) for one in lines if one.occupant is not None]
    here = {(who.address, who.port): member for who, member in found if who.port}
    hosts = {who.address: member for who, member in found if not _is_local(who.address)}
    paths = {f"{one.backend}/{one.member}": one.member for one in lines}
    refusals: list[str] = []
    notes: list[str] = []
    for backend in dict.fromkeys(other.backend for other in facts.others):
        there = [other for other in facts.others if other.backend == backend]
        led = {one.path: paths.get(facts.leader_of(one.path), "") for one in there}
        followers = [(one, led[one.path]) for one in there if led[one.path]]
        alone = [one for one in there if not led[one.path]]
        twins = [(o, here[o.address, o.port]) for o in alone if (o.address, o.port) in here]
        busy = [(one, member) for one, member in twins if one.has_users]
        refusals += _followers(facts.api, backend, followers, selected)
        refusals += _twins(facts.api, backend, busy)
        notes += [
            f"{one.path} has the address of {member} and is a backup or in maintenance: it is not "
            f"held out during the upgrade of {member}; do not put it in rotation meanwhile"
            for one, member in twins
            if not one.has_users
        ]
        near = [hosts[o.address] for o in alone if o.address in hosts and o.has_users]
        if near and not busy:
            notes.append(
                f"{backend} has servers at the addresses of {names_of(near)}, with other ports: "
                "they are not taken out with them"
            )
    return Beside(tuple(refusals), tuple(notes))


def _followers(
    api: str,
    backend: str,
    followers: Sequence[tuple[OtherServer, str]],
    selected: Collection[str],
) -> Iterator[str]:
    """Those go out with the member, but its upgrade waits for no request of theirs."""
    if followers:
        paths = names_of([one.path for one, _ in followers])
        yield (
            f"{api}: {paths} follow members of this pool (track) and go out with them, but no "
            "upgrade would wait for their requests, and no gate count their errors; "
            + _mend(backend, followers, selected)
        )


def _twins(api: str, backend: str, twins: Sequence[tuple[OtherServer, str]]) -> Iterator[str]:
    """Those stay in rotation while the same process is upgraded."""
    if twins:
        pairs = names_of([f"{one.path} is {member}" for one, member in twins])
        yield (
            f"{api}: {pairs} (same address and port), and stays in rotation: users of "
            f"{backend!r} would meet the member during its upgrade; " + _mend(backend, twins)
        )


def _mend(
    backend: str,
    servers: Sequence[tuple[OtherServer, str]],
    selected: Collection[str] = (),
) -> str:
    """A member is a name, and must be in every backend that is listed."""
    listed = f"add {backend!r} to pool.haproxy.backends"
    named = {one.name for one, member in servers if one.name == member}
    if len(named) < len(servers) or not named >= set(selected):
        return f"give every member a server of its own name in {backend!r}, and {listed}"
    return listed


def names_of(names: Sequence[str]) -> str:
    """As a list in a message, of many only the first."""
    names = list(dict.fromkeys(names))
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f" and {more} more" if more > 0 else "")


def _is_local(address: str) -> bool:
    """Many members may share an address of this machine alone; it tells nothing."""
    return address.startswith("127.") or address == "::1"
