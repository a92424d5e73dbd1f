"""Builds the model of the page from the records of a journal."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from controller.core import events as e
from controller.core.phases import FIVE, Phase
from controller.core.plan.plan import Plan
from controller.core.pool.copies import replace
from controller.core.state.state import State
from controller.core.steps import ClosePool, Course, OpenPool
from controller.errors import StateError
from controller.records import Record
from controller.report.members.status import member_status
from controller.report.page.model import Action, Entry, Halt, Run, Sample, Series, Story, Stretch
from controller.report.run.outcomes import answered
from controller.report.run.replay import Replay, Replayed
from controller.report.status.elapsed import since
from controller.report.words import names

OFF_THE_PATH: Final = {
    Phase.ASKING: "turn",
    Phase.DUE: "turn",
    Phase.RESTORING: "undo",
    Phase.REMOVING: "undo",
    Phase.FAILED: "out",
    Phase.STUCK: "out",
    Phase.KEPT: "kept",
}
"""Phase → kind of bar, besides the five phases; all other phases have no bar."""


def build(records: Iterable[Record]) -> Story:
    """Raises StateError when the records are not those of a rollout."""
    builder = _Builder()
    for record in records:
        builder.add(record)
    return builder.story()


class _Builder:
    def __init__(self) -> None:
        self._replay = Replay()
        self._last: Record | None = None
        self._records = 0
        self._elapsed = 0.0
        self._has_begun = False
        self._finished: datetime | None = None
        self._runs: list[Run] = []
        self._open: dict[str, Stretch] = {}
        self._stretches: list[Stretch] = []
        self._series: dict[tuple[str, str, int], Series] = {}
        self._visits: dict[str, int] = {}
        self._actions: list[Action] = []
        self._entries: list[Entry] = []
        self._halts: list[Halt] = []
        self._overrides: list[tuple[str, str]] = []
        self._collected: list[e.Collected] = []

    def add(self, record: Record) -> None:
        read = self._replay.read(record)
        self._advance(record, is_another=isinstance(read.value, e.RunBegan) and self._has_begun)
        if read.sentence:
            self._entries.append(
                Entry(self._elapsed, record.wall, read.member, read.sentence, _mark(read.value))
            )
        if not isinstance(read.value, Plan):
            self._note(read, read.value)
            self._phases(read)
        self._last = record
        self._records += 1

    def _advance(self, record: Record, *, is_another: bool) -> None:
        """Within a run by the monotonic clock; between two runs, perhaps on two boots, by the wall
        clock."""
        last = self._last
        if last is None:
            self._runs.append(Run(0.0, 0.0, record.wall))
        elif is_another:
            self._elapsed += _seconds(since(last.wall, record.wall))
            self._runs.append(Run(self._elapsed, self._elapsed, record.wall))
        else:
            self._elapsed += _seconds(record.at - last.at)
            self._runs[-1] = replace(self._runs[-1], end=self._elapsed)

    def _note(self, read: Replayed, event: e.Event) -> None:
        wall = read.record.wall
        match event:
            case e.RunBegan():
                self._has_begun, self._finished = True, None
                self._overrides += [
                    (gate, f"overridden by {event.by}: {reason}")
                    for gate, reason in event.overrides.items()
                ]
            case e.GateSampled():
                self._sampled(wall, event)
            case e.MemberReturned(member):
                self._visits[member] = self._visits.get(member, 0) + 1
            case e.Halted():
                self._halts.append(Halt(wall, event))
            case e.Collected():
                self._collected.append(event)
            case e.ResumeRequested() if read.after.halt is None:
                self._collected = []
                self._halts = [replace(halt, is_past=True) for halt in self._halts]
            case e.Finished():
                self._finished = wall
                self._finish(read)
            case (
                e.StepEnded()
                | e.GuardAnswered()
                | e.QuestionsAnswered()
                | e.Validated()
                | e.SettingFailed()
            ):
                course = read.before.members[event.member].progress.course
                self._actions.append(_action(wall, course, event))
            case _:
                pass

    def _sampled(self, wall: datetime, event: e.GateSampled) -> None:
        member = event.member or ""
        visit = self._visits.get(member, 0) if member else len(self._runs)
        key = (event.gate, member, visit)
        series = self._series.setdefault(key, Series(event.gate, member))
        series.samples.append(Sample(self._elapsed, wall, event))

    def _finish(self, read: Replayed) -> None:
        """The lines printed at the end of a run are about its first halt."""
        lines = tuple(json.loads(read.record.body).get("told") or ())
        plan = self._replay.plan
        statuses = _statuses(plan, read.after) if plan is not None else ()
        for i, halt in enumerate(self._halts):
            if not halt.statuses:
                self._halts[i] = replace(halt, lines=lines, statuses=statuses)
                lines = ()

    def _phases(self, read: Replayed) -> None:
        for name in _touched(read):
            if name not in read.after.members:
                continue
            m = read.after.members[name]
            kind = FIVE.get(m.phase) or OFF_THE_PATH.get(m.phase, "")
            now = self._open.get(name)
            if now is not None and (now.kind, now.course) == (kind, m.progress.course):
                continue
            self._close(name)
            if kind:
                self._open[name] = Stretch(
                    name, m.progress.course, kind, self._elapsed, self._elapsed
                )

    def _close(self, name: str) -> None:
        if (former := self._open.pop(name, None)) is not None:
            self._stretches.append(replace(former, end=self._elapsed))

    def story(self) -> Story:
        plan, state, last = self._replay.plan, self._replay.state, self._last
        if plan is None or state is None or last is None:
            raise StateError("the journal has no plan for this rollout: nothing was touched")
        for name in list(self._open):
            self._close(name)
        return Story(
            plan=plan,
            state=state,
            records=self._records,
            runs=tuple(self._runs),
            stretches=tuple(self._stretches),
            series=tuple(self._series.values()),
            actions=tuple(self._actions),
            entries=tuple(self._entries),
            halts=tuple(self._halts),
            collected=tuple(self._collected),
            overrides=tuple(self._overrides),
            last=last.wall,
            finished=self._finished,
        )


def _statuses(plan: Plan, state: State) -> tuple[str, ...]:
    groups: dict[str, list[str]] = {}
    for m in state.members.values():
        groups.setdefault(member_status(plan, state, m), []).append(m.name)
    return tuple(f"{names(group)}: {how}" for how, group in groups.items())


def _seconds(duration: timedelta) -> float:
    return max(0.0, duration.total_seconds())


def _touched(read: Replayed) -> Iterable[str]:
    """The members whose phase the event may have changed."""
    match read.value:
        case e.Intended(step):
            return () if isinstance(step, OpenPool | ClosePool) else (step.member,)
        case e.GateSampled() | e.InstanceRestarted() | e.CapacityShort() | e.CapacityBack():
            return ()
        case e.RunBegan() | e.RollbackBegan() | e.ResumeRequested() | e.AbortRequested():
            return read.after.members
        case _:
            member = getattr(read.value, "member", None)
            return (member,) if member is not None else ()


def _mark(value: e.Event | Plan) -> str:
    match value:
        case e.Halted():
            return "halt"
        case (
            e.RunBegan()
            | e.StopRequested()
            | e.PauseRequested()
            | e.ResumeRequested()
            | e.AbortRequested()
            | e.OperatorAnswered()
        ):
            return "operator"
        case e.MemberFailed() | e.MemberStuck() | e.MemberKept() | e.SettingFailed():
            return "bad"
        case e.ForeignHandSeen() | e.LockLost() | e.JournalStalled() | e.OutageSpent(percent=100):
            return "bad"
        case e.StepEnded(passed=False) | e.Validated(passed=False):
            return "bad"
        case e.QuestionsAnswered(reply=reply) if reply is not e.Reply.HOLDS:
            return "bad"
        case _:
            return ""


def _action(
    wall: datetime,
    course: Course,
    event: e.StepEnded | e.GuardAnswered | e.QuestionsAnswered | e.Validated | e.SettingFailed,
) -> Action:
    match event:
        case e.StepEnded():
            return Action(
                wall, event.member, course, event.detail, event.passed, event.seconds, event.output
            )
        case e.GuardAnswered(member, answer, detail):
            is_answer = answer in (e.Answer.PRESENT, e.Answer.NEEDED)
            return Action(wall, member, course, f"{answer}: {detail}", is_answer)
        case e.QuestionsAnswered(member, reply):
            return Action(wall, member, course, answered(event), reply is e.Reply.HOLDS)
        case e.Validated(member, passed, detail):
            what = f"validation {'passed' if passed else 'FAILED'}: {detail}"
            return Action(wall, member, course, what, passed)
        case e.SettingFailed(member, setting, why):
            return Action(wall, member, course, f"{setting} failed: {why}", passed=False)
