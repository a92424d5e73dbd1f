"""What a run would refuse of the hosts as they were seen, and what an operator should know."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from typing import Final

from controller.hosts_seen import HostLook, HostSeen, HostTrouble, Restart
from controller.preflight.hosts.questions import Visit
from controller.report.words import about, names

SPARSE: Final[Mapping[str, int]] = {"/": 512, "/var": 1024, "/boot": 150}
"""MiB: with less free, an upgrade of packages, of their records, or of a kernel may fail."""


@dataclass(frozen=True, slots=True)
class HostVerdict:
    refusals: tuple[str, ...] = ()
    away: Mapping[str, str] = field(default_factory=dict)
    """Members whose host was not reached → why. Whether they may be skipped, the file says."""
    notes: tuple[str, ...] = ()


def judged(looks: Mapping[str, HostLook], visits: Mapping[str, Visit]) -> HostVerdict:
    troubles = {
        name: look.answer for name, look in looks.items() if isinstance(look.answer, HostTrouble)
    }
    seen = {name: look.answer for name, look in looks.items() if isinstance(look.answer, HostSeen)}
    refusals = [about(name, one.why) for name, one in troubles.items() if not one.is_away]
    notes: list[str] = []
    for name, host in seen.items():
        refusals += (f"{name}: {why}" for why in _refused(host, looks[name], visits[name]))
        notes += (f"{name}: {why}" for why in _doubtful(host, visits[name]))
    refusals += _shared(seen, looks)
    notes += _reboots(seen, looks)
    away = {name: one.why for name, one in troubles.items() if one.is_away}
    return HostVerdict(tuple(refusals), away, tuple(notes))


def _refused(host: HostSeen, look: HostLook, visit: Visit) -> Iterator[str]:
    yield from host.lacking
    if visit.first in host.missing:
        yield f"its first step cannot be started: no program {visit.first!r} there"
    is_known = host.needs_reboot is not None or visit.may_be_asked
    if look.restart is Restart.NEEDED and not is_known:
        why = host.reboot_why or "it did not say"
        yield f"whether a reboot is needed is not known: {why}; write reboot.needed"


def _doubtful(host: HostSeen, visit: Visit) -> Iterator[str]:
    later = [one for one in host.missing if one != visit.first]
    if later:
        yield f"not there yet: {names(later)}; an earlier step must install it, or it halts there"
    if visit.restart is not Restart.NEVER and host.user not in ("root", ""):
        yield f"its steps run as {host.user}, who may not be allowed to restart it (hosts.ssh.sudo)"
    for one in host.free:
        if one.kilobytes < SPARSE.get(one.path, 0) * 1024:
            yield f"LITTLE SPACE: {one.kilobytes // 1024} MiB are free in {one.path}"


def _shared(seen: Mapping[str, HostSeen], looks: Mapping[str, HostLook]) -> Iterator[str]:
    """Several members on one machine, of which each would take the others down with it."""
    restarting = [name for name in seen if looks[name].restart is not Restart.NEVER]
    for one, other in combinations(restarting, 2):
        if seen[one].is_same_machine(seen[other]):
            yield (
                f"{one} and {other} are one machine (boot id {seen[one].boot_id[:8]}, host name "
                f"{seen[one].name or 'unknown'}): its reboot would take both down; leave the "
                "`reboot` step out"
            )


def _reboots(seen: Mapping[str, HostSeen], looks: Mapping[str, HostLook]) -> Iterator[str]:
    """Who needs one as things are, whatever the steps do."""
    due = [name for name, host in seen.items() if host.needs_reboot]
    left = [name for name in due if looks[name].restart is Restart.NEVER]
    if due:
        yield f"a reboot is needed already: {_with_why(due, seen)}"
    if left:
        yield f"no step restarts them: {names(left)}"


def _with_why(due: Sequence[str], seen: Mapping[str, HostSeen]) -> str:
    whys: dict[str, list[str]] = {}
    for name in due:
        whys.setdefault(seen[name].reboot_why, []).append(name)
    return "; ".join(names(members) + (f" ({why})" if why else "") for why, members in whys.items())
