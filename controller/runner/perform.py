"""Performs one step through the ports, and returns its outcome as an event."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from controller.core.events import (
    Answer,
    Event,
    GuardAnswered,
    MemberSet,
    OperatorAnswered,
    PoolClosed,
    PoolOpened,
    PoolStepFailed,
    QuestionsAnswered,
    RampRefused,
    Reply,
    SettingFailed,
    StepEnded,
    Validated,
)
from controller.core.events.said import said_last
from controller.core.gates.figures import span
from controller.core.pool import FULL, Found
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
from controller.errors import BalancerError, ConfigurationError, WeightRefused
from controller.ports import LoadBalancer, Tasks, Validator
from controller.records import Confirmed
from controller.runner.collecting import collected, unfilled
from controller.runner.job_keys import key_of, places_of
from controller.runner.patience import MORE, WHOLE, within
from controller.runner.questions import SSH_FAILED, ask_all, is_cut, is_ssh, is_unreached
from controller.runner.saving import Saving
from controller.tasks import Guard, JobResult, PoolTask, Task, TaskJob, Work, called

OUTPUT_KEPT = 8192
"""Characters of a step's output that go into the journal: its end, where the error stands."""

MOST_CODES = 5
"""Exit codes that a limit names."""

NOTHING_FOUND = Found(())

FileStep = AskGuard | AskQuestions | RunStep | Validate | Collect
"""Steps whose commands and probes come from the rollout file."""


class Questions(Protocol):
    """The operator at the terminal."""

    async def go_on_with(self, member: str) -> bool: ...


class Performer:
    """Performs steps through the ports. The faults of a step become events, never exceptions, but
    for Overdue, and StateError where the end of a step cannot be read."""

    def __init__(
        self,
        rollout: str,
        balancer: LoadBalancer,
        tasks: Tasks,
        validator: Validator,
        work: Callable[[FileStep], Work],
        questions: Questions | None = None,
        saving: Saving | None = None,
    ) -> None:
        self._rollout = rollout
        self._balancer = balancer
        self._tasks = tasks
        self._validator = validator
        self._work = work
        self._questions = questions
        self._saving = saving

    async def perform(self, step: Step, *, is_new: bool = False) -> Event:
        """`is_new`: no process has begun this execution before."""
        match step:
            case SetMember():
                return await self._set(step)
            case AskGuard():
                return await self._ask(step)
            case AskQuestions():
                return await self._ask_questions(step)
            case RunStep():
                return await self._run(step, is_new)
            case Validate():
                return await self._validate(step)
            case AskOperator(member):
                answer = self._questions is None or await self._questions.go_on_with(member)
                return OperatorAnswered(member, answer)
            case Collect():
                return await collected(step, self._work, self._tasks)
            case OpenPool() | ClosePool():
                return await self._whole(step)

    async def _whole(self, step: PoolStep) -> Event:
        try:
            if isinstance(step, OpenPool):
                return PoolOpened(await within(WHOLE, self._balancer.open(step.course)))
            await within(WHOLE, self._balancer.close(step.kept))
        except BalancerError as error:
            return PoolStepFailed(str(error), error.retryable)
        return PoolClosed()

    async def _set(self, step: SetMember) -> Event:
        member, found, seats = step.member, step.found or NOTHING_FOUND, step.seats
        balancer = self._balancer
        calls: dict[Setting, Callable[[], Awaitable[Confirmed]]] = {
            Setting.DRAIN: lambda: balancer.drain(member, seats),
            Setting.HOLD: lambda: balancer.take_out(member, seats),
            Setting.REMOVE: lambda: balancer.take_out(member, seats),
            Setting.CUT: lambda: balancer.cut(member, seats),
            Setting.CHECK: lambda: balancer.begin_return(member, seats),
            Setting.PUT_BACK: lambda: balancer.put_back(member, found, step.share, seats),
            Setting.RESTORE: lambda: balancer.put_back(member, found, FULL, seats),
        }
        try:
            confirmed = await within(MORE, calls[step.setting]())
        except BalancerError as error:
            if isinstance(error, WeightRefused) and step.share < FULL:
                return RampRefused(member, str(error))
            why, is_final = str(error), error.is_final
            return SettingFailed(member, step.setting, why, error.retryable, is_final)
        return MemberSet(member, step.setting, confirmed)

    async def _validate(self, step: Validate) -> Event:
        try:
            validations = self._work(step).validations
        except ConfigurationError as error:
            return Validated(step.member, False, unfilled(error))
        limit = sum((one.within for one in validations), WHOLE)
        result = await within(limit, self._validator.validate(validations))
        return Validated(step.member, result.passed, result.detail)

    async def _ask(self, step: AskGuard) -> Event:
        member = step.member
        try:
            guard = self._work(step).guard
        except ConfigurationError as error:
            return GuardAnswered(member, Answer.REFUSED, unfilled(error))
        if guard is None:
            return GuardAnswered(member, Answer.NEEDED, "no `unless` is configured")
        limit = guard.task.timeout + MORE
        result = await within(limit, self._tasks.ask(guard.task))
        if is_cut(guard.task, guard.go_on, result):
            result = await within(limit, self._tasks.ask(guard.task))
        return GuardAnswered(member, *weigh(guard, result))

    async def _ask_questions(self, step: AskQuestions) -> Event:
        try:
            questions = self._work(step).questions
        except ConfigurationError as error:
            return QuestionsAnswered(step.member, Reply.FAILS, unfilled(error))
        return QuestionsAnswered(step.member, *await ask_all(questions, self._tasks))

    async def _run(self, step: RunStep, is_new: bool) -> Event:
        try:
            task = _task(step, self._work(step))
        except ConfigurationError as error:
            return _not_begun(step, unfilled(error))
        saving = self._saving if step.snapshot is not None else None
        if saving is not None and (why := await saving.begins(step, is_new=is_new)):
            return _not_begun(step, f"{step.title} {why}")
        key = key_of(self._rollout, step)
        places = places_of(step.seats)
        job = TaskJob(key, task, step.seats, step.joins, is_new, step.former, places)
        result = await within(task.timeout + MORE, self._tasks.run(job))
        passed, may_run = result.exit_code in task.ok, _may_run(result, task)
        if saving is not None:
            await saving.ended(step, passed=passed, is_known=not (result.lost or may_run))
        return StepEnded(
            member=step.member,
            index=step.index,
            attempt=step.attempt,
            passed=passed,
            lost=result.lost,
            detail=f"{step.title} ({called(task)}) {_end(result, task)}",
            output=result.output[-OUTPUT_KEPT:],
            seconds=result.seconds,
            exit_code=result.exit_code,
            may_run=may_run,
            note=_note(result),
            limit=_limit(task),
        )


def _not_begun(step: RunStep, why: str) -> StepEnded:
    return StepEnded(step.member, step.index, step.attempt, False, False, why, "", 0.0)


def _task(step: RunStep, work: Work) -> Task:
    """Work on a snapshot is a single task."""
    return work.steps[0] if step.snapshot is not None else work.steps[step.index]


def weigh(guard: Guard, result: JobResult) -> tuple[Answer, str]:
    """The answer of `unless`: present, needed, or (fail closed) refused; not reached where nothing
    came back that says anything of the member."""
    said = f"`unless` {_end(result, guard.task)}"
    if result.exit_code == 0:
        return Answer.PRESENT, said
    last = said_last(result.output)
    told = said + (f": {last}" if last else "")
    if result.exit_code in guard.go_on:
        return Answer.NEEDED, told if isinstance(guard.task, PoolTask) else said
    return Answer.UNREACHED if is_unreached(result) else Answer.REFUSED, told


def _end(result: JobResult, task: Task) -> str:
    if result.fault is not None:
        return f"could not be started: {result.fault}"
    may_run = _may_run(result, task)
    rest = f"; {may_run}" if may_run else ""
    if result.timed_out:
        return f"did not end in time ({span(task.timeout)}) and was ended{rest}"
    if result.lost:
        return f"was cut off; how it ended is not known{rest}"
    if result.failure:
        return result.failure + rest
    return result.end + rest + (f": {result.told}" if result.told else "")


def _may_run(result: JobResult, task: Task) -> str:
    """What of a step that failed, or whose end nobody saw, may still run, in words; empty: nothing
    that is known."""
    parts = []
    if result.survivors:
        could = "" if result.lost else "could not be ended and "
        parts.append(f"{', '.join(result.survivors)} {could}may still run")
    names = list(result.connections)
    if result.exit_code == SSH_FAILED and is_ssh(task):
        names.append("ssh")
    if names:
        parts.append(f"what {' and '.join(names)} started elsewhere may still run there")
    return "; ".join(parts)


def _limit(task: Task) -> str:
    """How it must end: its own time (a reboot has one), and its own exit codes."""
    codes = " or ".join(str(code) for code in sorted(task.ok)[:MOST_CODES])
    others = " or others of `exits`" if len(task.ok) > MOST_CODES else ""
    key = getattr(task, "bound_by", "")
    return f"exit code {codes}{others} within {span(task.timeout)}" + (f" ({key})" if key else "")


def _note(result: JobResult) -> str:
    if not result.writers:
        return ""
    return (
        f"it left {', '.join(result.writers)} running, which writes to the output of this step: "
        "start a service with an output of its own (>/dev/null 2>&1, or systemd-run)"
    )
