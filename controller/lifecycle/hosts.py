"""The preflight of hosts: each that a run would go to is looked at before anything is touched."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from controller.config import RolloutFile
from controller.core.events import Answer
from controller.core.phases import Phase
from controller.core.plan.order import last
from controller.core.plan.plan import Plan
from controller.core.pool import Member
from controller.hosts_seen import HostLook, HostSeen, HostsSeen
from controller.lifecycle.findings import Findings
from controller.lifecycle.options import ReadPorts, RunOptions
from controller.preflight.hosts import this_machine
from controller.preflight.hosts.asking import ask_hosts
from controller.preflight.hosts.judging import judged
from controller.preflight.hosts.questions import visits


@dataclass(frozen=True, slots=True)
class HostFindings:
    refusals: list[str] = field(default_factory=list)
    own: list[str] = field(default_factory=list)
    """Refusals because of this machine, which stand when a rollout is gone on with, too."""
    away: Mapping[str, tuple[Answer, str]] = field(default_factory=dict)
    """Members whose host was not reached, as answers of `unless`."""


async def look_at_hosts(
    seen: Findings,
    file: RolloutFile,
    left: Plan,
    members: Sequence[Member],
    ports: ReadPorts,
    options: RunOptions,
) -> HostFindings:
    """`members`: of `left`, those that have not begun. What is seen goes to `seen`, which also gets
    the plan with this machine last."""
    going = visits(file, members, left.purpose) if seen.is_startable else {}
    if not going or ports.hosts is None:
        return HostFindings()
    asked = {name: visit.question for name, visit in going.items()}
    answers = await ask_hosts(asked, ports.hosts, ports.clock, ports.tell)
    own = await ports.hosts.own()
    found = {
        name: HostLook(asked[name].access.host, answer, going[name].restart)
        for name, answer in answers.items()
    }
    looks = this_machine.marked(found, own)
    seen.hosts = HostsSeen(looks)
    verdict = judged(looks, going)
    seen.notes += (*this_machine.told(looks, own), *verdict.notes)
    forgotten = ports.hosts.forgotten()
    mine = list(this_machine.refused(looks, left, forgotten, is_meant=options.this_machine))
    if seen.former is None and (ours := this_machine.ours(looks)):
        seen.whole = last(seen.whole or left, ours)
        seen.left = last(left, ours)
    away = {name: (Answer.UNREACHED, why) for name, why in verdict.away.items()}
    return HostFindings(list(verdict.refusals), mine, away)


async def refuse_this_machine(
    seen: Findings, file: RolloutFile, ports: ReadPorts, options: RunOptions
) -> None:
    """For a run that goes on, and asks each host when its turn comes: it may do so on another
    machine than it began on. Only hosts that go by an address or a name of this one are asked."""
    left, hosts = seen.left, ports.hosts
    if left is None or hosts is None or seen.refusals or options.this_machine:
        return
    members = [one for one in left.members if seen.state.members[one.name].phase is Phase.WAITING]
    going = visits(file, members, left.purpose)
    own = await hosts.own() if going else HostSeen()
    asked = {
        name: visit.question
        for name, visit in going.items()
        if this_machine.may_be(own, visit.question.access.host)
    }
    answers = await ask_hosts(asked, hosts, ports.clock, ports.tell)
    found = {
        name: HostLook(asked[name].access.host, answer, going[name].restart)
        for name, answer in answers.items()
    }
    looks = this_machine.marked(found, own)
    seen.refusals += this_machine.refused(looks, left, "", is_meant=False)
