"""Random walks through the states that a rollout can reach, without runner or event loop.

A walk is a list of happenings. Load balancers here do as told, and forget it in a reload; what is
decided is applied at once, and performed when the walk says so.
"""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final

from controller.core.decide.context import Output
from controller.core.decide.decide import decide
from controller.core.events import (
    AbortRequested,
    Answer,
    Collected,
    Event,
    GuardAnswered,
    Intended,
    Looked,
    LookFailed,
    MemberSet,
    OperatorAnswered,
    PauseRequested,
    PoolClosed,
    PoolOpened,
    PoolStepFailed,
    QuestionsAnswered,
    RampRefused,
    Reply,
    ResumeRequested,
    RunBegan,
    SettingFailed,
    StepEnded,
    StopRequested,
    Validated,
)
from controller.core.plan.plan import Plan
from controller.core.pool import (
    FULL,
    Admin,
    Counters,
    Health,
    Incarnation,
    InstanceView,
    Line,
    LineKey,
)
from controller.core.state.apply import apply
from controller.core.state.state import Mode, State, initial
from controller.core.steps import (
    AskGuard,
    AskOperator,
    AskQuestions,
    ClosePool,
    Collect,
    OpenPool,
    PoolStep,
    RunStep,
    SetMember,
    Setting,
    Step,
    Validate,
)
from tests.support.contexts import DRAINS, OUT, READY
from tests.support.lines import a_line

Happening = tuple[str, int]
"""What happens, and a number that says which of several, or how long."""

ENDLESS: Final = 100
"""So many decisions in a row without anything happening never come to an end."""

SHOWN: Final = {
    Setting.DRAIN: DRAINS,
    Setting.HOLD: OUT,
    Setting.REMOVE: OUT,
    Setting.CUT: {"in_flight": 0},
    Setting.CHECK: DRAINS,
    Setting.PUT_BACK: READY,
    Setting.RESTORE: READY,
}

A_MOMENT: Final = timedelta(milliseconds=1)
"""What a step takes at the least: no look is from the very moment that a setting was confirmed."""

GAPS: Final = tuple(timedelta(seconds=one) for one in (0.03, 0.3, 1.1, 2.5))


@dataclass
class Walk:
    plan: Plan
    watch: Callable[["Walk", Output], None]
    """Called with each output before it is applied."""
    state: State = field(init=False)
    now: timedelta = timedelta(seconds=100)
    lines: dict[tuple[str, str], dict[str, Any]] = field(default_factory=dict)
    """(instance, member) → what its line shows."""
    workers: dict[str, int] = field(default_factory=dict)
    arrived: dict[tuple[str, str], int] = field(default_factory=dict)
    open: list[Step] = field(default_factory=list)
    served: int = 0
    errors: int = 0

    def __post_init__(self) -> None:
        self.state = initial(self.plan)
        self.workers = dict.fromkeys(self.plan.instances, 1)
        for instance in self.plan.instances:
            self._forget(instance)
        self._happens(RunBegan("me"))

    def _forget(self, instance: str) -> None:
        for member in self.plan.members:
            former = self.lines.get((instance, member.name), {})
            kept: dict[str, Any] = {
                name: former[name] for name in ("health", "in_flight") if name in former
            }
            self.lines[instance, member.name] = {**READY, "weight": 100, **kept}

    # --- what happens --------------------------------------------------------------------------

    def go(self, happenings: list[Happening]) -> None:
        for what, number in happenings:
            if self.state.mode is Mode.FINISHED and not self._begins_again(number):
                return
            HAPPENINGS[what](self, number)
            self._decide()

    def _begins_again(self, number: int) -> bool:
        """A new process goes on with what did not end for good."""
        end = self.state.finished
        if end is None or end.outcome.is_final:
            return False
        self.crash(number)
        if self.state.mode is Mode.HALTED and number % 3:
            self._happens(ResumeRequested("me", "looked at it"))
        elif self.state.mode is Mode.HALTED:
            self._happens(AbortRequested("me", restore=True))
        return True

    def _happens(self, event: Event) -> None:
        self.state = apply(self.plan, self.state, event, self.now)

    def _decide(self) -> None:
        for _ in range(ENDLESS):
            output = decide(self.plan, self.state, self.now)
            if output is None:
                break
            self.watch(self, output)
            if isinstance(output, Step):
                self._happens(Intended(output))
                self.open.append(output)
            else:
                self._happens(output)
        else:
            raise AssertionError("decisions without end")

        self.open = [step for step in self.open if self._is_awaited(step)]

    def _is_awaited(self, step: Step) -> bool:
        """A question whose member stood down meanwhile is no longer asked."""
        if isinstance(step, PoolStep):
            return self.state.whole.work is step
        if isinstance(step, Collect):
            return self.state.collection.work is step
        m = self.state.members[step.member]
        if isinstance(step, SetMember):
            return m.order.setting is step.setting
        return m.progress.work is step

    def rounds(self, number: int) -> None:
        """All goes well for a while: looks, and everything that is open ends as it should, but
        for the last of it at times."""
        for left in reversed(range(1 + number % 5)):
            self.wait(number)
            for instance in self.plan.instances:
                self._look(instance)
            self._decide()
            if not left and number % 3 == 0:
                return
            for _ in range(ENDLESS):
                if self.open:
                    self._performed(self.open.pop(0))
                    self._decide()
            assert not self.open, "steps without end"

    def wait(self, number: int) -> None:
        self.now += GAPS[number % len(GAPS)]
        self.served += 20 * len(self.plan.members)

    def wait_long(self, number: int) -> None:
        self.now += timedelta(seconds=40 * (1 + number % 9))

    def _one(self, number: int) -> str:
        return self.plan.instances[number % len(self.plan.instances)]

    def _member(self, number: int) -> str:
        return self.plan.members[number % len(self.plan.members)].name

    def look(self, number: int) -> None:
        self.wait(number)
        self._look(self._one(number), is_full=number % 3 > 0)

    def _look(self, instance: str, *, is_full: bool = True) -> None:
        seen = [m.name for m in (self.state.members if is_full else {}).values()]
        seen = seen or [m.name for m in self.state.in_progress]
        share = self.served // len(self.plan.members)
        counts = Counters(min(self.errors, share), share)
        lines = tuple(self._line(instance, name, counts) for name in seen)
        worker = Incarnation(str(self.workers[instance]), 1000 * self.workers[instance])
        view = InstanceView(instance, self.now, worker, lines, is_full, {"web": counts})
        self.state = apply(self.plan, self.state, Looked(view), self.now)

    def _line(self, instance: str, name: str, counts: Counters) -> Line:
        """Nobody comes while it is out."""
        line = a_line(name, counters=counts, **self.lines[instance, name])
        came = self.arrived.get((instance, name), 0) if line.admin is Admin.OUT else counts.total
        self.arrived[instance, name] = came
        return replace(line, arrivals=came)

    def silence(self, number: int) -> None:
        self.wait(number)
        failed = LookFailed(self._one(number), self.now, "refused")
        self.state = apply(self.plan, self.state, failed, self.now)

    def reload(self, number: int) -> None:
        instance = self._one(number)
        self.workers[instance] += 1
        self._forget(instance)

    def meddle(self, number: int) -> None:
        """Somebody else changes a line."""
        shown = (READY, DRAINS, OUT, {"weight": 7})[number % 4]
        self.lines[self._one(number), self._member(number // 2)] |= shown

    def health(self, number: int) -> None:
        health = Health.FAILING if number % 2 else Health.PASSING
        for instance in self.plan.instances:
            self.lines[instance, self._member(number // 2)]["health"] = health

    def traffic(self, number: int) -> None:
        self.lines[self._one(number), self._member(number // 2)]["in_flight"] = number % 4

    def fail_requests(self, number: int) -> None:
        self.errors += number % 40

    def end_one(self, number: int) -> None:
        if self.open:
            self._performed(self.open.pop(number % len(self.open)))

    def fail_one(self, number: int) -> None:
        if self.open:
            self._failed(self.open.pop(number % len(self.open)), number)

    def crash(self, number: int) -> None:
        """Another process takes over; what was open may have been done or not."""
        for step in self.open:
            if number % 2 and isinstance(step, SetMember):
                self._set(step)
        self.open = []
        self._happens(RunBegan("me", stepwise=number % 5 == 0))

    # --- what becomes of a step ----------------------------------------------------------------

    def _set(self, step: SetMember) -> None:
        for instance in self.plan.instances:
            line = self.lines[instance, step.member]
            line |= SHOWN[step.setting]
            found = step.found.at(LineKey(instance, "web")) if step.found is not None else None
            if line["admin"] is Admin.READY and found is not None:
                line["weight"] = found.weighing(step.share)

    def _performed(self, step: Step) -> None:
        self.now += A_MOMENT
        match step:
            case SetMember():
                self._set(step)
                workers = {one: Incarnation(str(n), 1000 * n) for one, n in self.workers.items()}
                self._happens(MemberSet(step.member, step.setting, workers))
            case AskGuard(member):
                is_there = self.state.members[member].progress.begun
                answer = Answer.PRESENT if is_there else Answer.NEEDED
                self._happens(GuardAnswered(member, answer, "so it is"))
            case AskQuestions(member):
                self._happens(QuestionsAnswered(member, Reply.HOLDS, "asked"))
            case RunStep(member, _, index, attempt):
                self._happens(StepEnded(member, index, attempt, True, False, "well", "", 1.0))
            case Validate(member):
                self._happens(Validated(member, True, "well"))
            case AskOperator(member):
                self._happens(OperatorAnswered(member, True))
            case Collect():
                self._fetched(step)
            case OpenPool():
                self._happens(PoolOpened({"paused": "false"}))
            case ClosePool():
                self._happens(PoolClosed())

    def _failed(self, step: Step, number: int) -> None:
        self.now += A_MOMENT
        match step:
            case SetMember(member, Setting.PUT_BACK) if step.share < FULL and number % 2:
                self._happens(RampRefused(member, "no weights"))
            case SetMember(member, setting):
                if number % 3:
                    self._set(step)
                self._happens(SettingFailed(member, setting, "no", retryable=True))
            case AskGuard(member):
                answer = (Answer.REFUSED, Answer.NEEDED, Answer.PRESENT)[number % 3]
                self._happens(GuardAnswered(member, answer, "so it is"))
            case RunStep(member, _, index, attempt):
                lost = number % 2 == 0
                self._happens(StepEnded(member, index, attempt, False, lost, "ill", "", 1.0))
            case AskQuestions(member):
                reply = Reply.UNREACHED if number % 2 else Reply.FAILS
                self._happens(QuestionsAnswered(member, reply, "no room"))
            case Validate(member):
                self._happens(Validated(member, False, "ill"))
            case AskOperator(member):
                self._happens(OperatorAnswered(member, False))
            case Collect():
                self._fetched(step)
            case OpenPool() | ClosePool():
                self._happens(PoolStepFailed("no", retryable=True))

    def _fetched(self, step: Collect) -> None:
        self._happens(Collected(step.member, step.index, step.beside, "log", "well", "lines"))


def _says(make: Callable[[int], Event]) -> Callable[[Walk, int], None]:
    def act(walk: Walk, number: int) -> None:
        walk._happens(make(number))

    return act


HAPPENINGS: Final[dict[str, Callable[[Walk, int], None]]] = {
    "all goes well": Walk.rounds,
    "time passes": Walk.wait_long,
    "a look": Walk.look,
    "no answer": Walk.silence,
    "a reload": Walk.reload,
    "somebody else": Walk.meddle,
    "health": Walk.health,
    "traffic": Walk.traffic,
    "errors": Walk.fail_requests,
    "a step ends": Walk.end_one,
    "a step fails": Walk.fail_one,
    "a crash": Walk.crash,
    "pause": _says(lambda number: PauseRequested("me")),
    "resume": _says(lambda number: ResumeRequested("me", "looked at it")),
    "a signal": _says(lambda number: StopRequested("SIGTERM", at_once=number % 2 == 0)),
    "abort": _says(lambda number: AbortRequested("me", restore=number % 2 == 0)),
}
OFTEN: Final = ("all goes well",) * 14 + ("a look", "a step ends") * 3
KINDS: Final = (*OFTEN, *HAPPENINGS)
