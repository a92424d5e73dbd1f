"""Which events become notifications, what they say, and when they are sent. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from controller.core import events as e
from controller.core.events import Event, Observation
from controller.core.outcome import Outcome
from controller.core.phases import UPGRADED, Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.settings import Settings
from controller.core.state.state import State
from controller.records import Notice
from controller.report.members.roles import who_is_what
from controller.report.members.status import member_status
from controller.report.run.about import about
from controller.report.run.brief import figures
from controller.report.run.halt import halt_message
from controller.report.run.next_commands import NextCommands
from controller.report.run.outage import spent
from controller.report.run.summary import summary
from controller.report.words import count, names

PROMPT: Final = timedelta(seconds=5)
"""A halt is notified when all members have come to rest, with the state of each. Where that takes
longer (a step that still runs, a rollback of all members), it is notified after this time."""

ENDS: Final = (Outcome.DONE, Outcome.ABORTED, Outcome.REFUSED)
"""Outcomes after which the heartbeat ends for good: its last beat says so."""


@dataclass(frozen=True, slots=True)
class RolloutNotices:
    """Implements `controller.runner.notify.Notices`."""

    rollout: str
    """Its id."""
    plan: Plan
    settings: Settings
    commands: NextCommands
    """For the commands that a halt names."""
    is_ending: bool = False
    """`abort` of a rollout that no process runs: that a process took it up is no news."""

    def of(
        self,
        event: Event | Observation,
        before: State,
        after: State,
        last: Instant | None,
        now: Instant,
        wall: datetime,
    ) -> Sequence[Notice]:
        match event:
            case e.RunBegan():
                return [] if self.is_ending else [self._started(event, before, wall)]
            case e.Finished():
                return self._finished(event, after, last, now, wall)
            case _:
                return self._on_the_way(event, before, after, last, now, wall)

    def _on_the_way(
        self,
        event: Event | Observation,
        before: State,
        after: State,
        last: Instant | None,
        now: Instant,
        wall: datetime,
    ) -> list[Notice]:
        told = []
        if isinstance(event, e.MemberStuck):
            told.append(self._stuck(event.member, after, wall))
        if isinstance(event, e.OutageSpent) and event.percent == 100:
            told.append(self._over_budget(event, after, wall))
        if after.done > before.done:
            told += [self._member_done(one, after, wall) for one in _done(before, after)]
        if not self.is_ending and _is_overdue(after, last, now):
            told.append(self._halted(after, now, wall, None))
        return told

    def heartbeat(self, state: State, wall: datetime) -> Notice:
        over = sum(1 for m in state.members.values() if m.phase in UPGRADED)
        text = f"{state.mode}, {over} of {count(len(state.members), 'member')} done"
        return self._notice("heartbeat", wall, text)

    def _notice(
        self,
        event: str,
        wall: datetime,
        text: str,
        lines: Sequence[str] = (),
        *,
        member: str = "",
        exit_code: int | None = None,
    ) -> Notice:
        name = self.plan.name
        text = f"rollout {name}: {text}"
        return Notice(event, name, self.rollout, wall, text, tuple(lines), member, exit_code)

    def _started(self, event: e.RunBegan, before: State, wall: datetime) -> Notice:
        if before.run is not None:
            lines = [
                f"{m.name}: {member_status(self.plan, before, m)}" for m in before.members.values()
            ]
            return self._notice("started", wall, f"continued by {event.by}", lines)
        order = f" ({told})" if (told := _order(event)) else ""
        members = event.only or tuple(member.name for member in self.plan.members)
        return self._notice(
            "started",
            wall,
            f"started by {event.by}{order}: {count(len(members), 'member')} of "
            f"{names(self.plan.backends)}, at most {self.plan.max_unavailable} out at a time",
        )

    def _stuck(self, member: str, after: State, wall: datetime) -> Notice:
        return self._notice(
            "stuck",
            wall,
            f"{member} is STUCK: its way back failed too; it stays out until a person repairs it",
            [f"{member}: {member_status(self.plan, after, after.members[member])}"],
            member=member,
        )

    def _over_budget(self, event: e.OutageSpent, after: State, wall: datetime) -> Notice:
        member = event.member
        status = member_status(self.plan, after, after.members[member])
        text = f"{member} is {spent(event)}"
        return self._notice("over_budget", wall, text, [f"{member}: {status}"], member=member)

    def _member_done(self, member: str, after: State, wall: datetime) -> Notice:
        status = member_status(self.plan, after, after.members[member])
        over = sum(1 for m in after.members.values() if m.phase in UPGRADED)
        text = f"{member}: {status} ({over} of {count(len(after.members), 'member')} done)"
        text += f"; {roles}" if (roles := who_is_what(after)) else ""
        return self._notice("member_done", wall, text, member=member)

    def _halted(self, after: State, now: Instant, wall: datetime, code: int | None) -> Notice:
        """`code` None: members are still being brought to rest."""
        halt = after.halt
        assert halt is not None, "a notice about a halt, without one"
        known = about(self.settings, self.plan)
        lines = halt_message(
            self.plan,
            after,
            now,
            wall,
            commands=self.commands,
            about=known,
            is_early=code is None,
        )
        by = after.run.by if after.run is not None else "no process"
        lines += [f"ROLLOUT   {self.rollout}, run by {by}", *_evidence(after)]
        moving = "" if code is not None else " (members are not at rest yet)"
        text = f"HALTED{moving}: {halt.seen}"
        return self._notice("halted", wall, text, lines, member=halt.member or "", exit_code=code)

    def _finished(
        self, event: e.Finished, after: State, last: Instant | None, now: Instant, wall: datetime
    ) -> list[Notice]:
        notices = []
        if event.outcome in (Outcome.HALTED, Outcome.STOPPED):
            if after.halt is not None and not _was_notified(after, last):
                notices.append(self._halted(after, now, wall, event.exit_code))
        else:
            kind = {Outcome.ABORTED: "aborted", Outcome.REFUSED: "refused"}.get(
                event.outcome, "done"
            )
            first, *lines = summary(self.plan, after, self.settings, now, wall, self.commands)
            lines = [*lines, *_evidence(after)]
            if kind == "done":
                first = f"{event.outcome}: {figures(self.plan, after, now)}"
            one = self._notice(kind, wall, first, lines, exit_code=event.exit_code)
            # It was told as started: who hears of halts alone hears that it ended.
            notices.append(replace(one, also=("halted",)) if kind == "refused" else one)
        if event.outcome in ENDS:
            notices.append(
                self._notice("heartbeat", wall, event.outcome, exit_code=event.exit_code)
            )
        return notices


def _order(run: e.RunBegan) -> str:
    return ": ".join(filter(None, (run.ticket, run.reason)))


def _evidence(after: State) -> list[str]:
    """Kept elsewhere, it tells whether the journal was written anew since."""
    run = after.run
    order = _order(run) if run is not None else ""
    lines = [f"REASON    {order}"] if order else []
    return [*lines, f"JOURNAL   head {after.head}"] if after.head else lines


def _done(before: State, after: State) -> list[str]:
    """Members that this event has brought to their end."""
    return [
        name
        for name, m in after.members.items()
        if m.phase is Phase.DONE and name in before.members
        if before.members[name].phase is not Phase.DONE
    ]


def refused(name: str, reasons: Sequence[str], exit_code: int, wall: datetime) -> Notice:
    """Of a run that ended before it began: there is no rollout yet, or none that it went on with.
    The reasons are masked already."""
    first, *others = [line for reason in reasons for line in reason.splitlines()] or ["?"]
    lines = (first, *others) if others else ()
    text = f"rollout {name}: REFUSED, nothing was touched: {first}"
    return Notice("refused", name, "", wall, text, lines, exit_code=exit_code)


def _was_notified(after: State, last: Instant | None) -> bool:
    """Whether the halt was notified before all members had come to rest."""
    return after.halted_at is not None and last is not None and last >= after.halted_at + PROMPT


def _is_overdue(after: State, last: Instant | None, now: Instant) -> bool:
    """Whether to notify the halt with this event: the first one `PROMPT` after the halt."""
    if after.halted_at is None or not after.touched or after.finished is not None:
        return False
    return now >= after.halted_at + PROMPT and not _was_notified(after, last)
