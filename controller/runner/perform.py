"""Performing one step: the step in, its outcome as an event out."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol

from controller.core.events import (
    Answer,
    Event,
    GuardAnswered,
    MemberSet,
    OperatorAnswered,
    RampRefused,
    SettingFailed,
    StepEnded,
    Validated,
)
from controller.core.pool import FULL, Admin, Found, InstanceView
from controller.core.steps import (
    AskGuard,
    AskOperator,
    Course,
    RunStep,
    SetMember,
    Setting,
    Step,
    Validate,
)
from controller.core.words import span
from controller.errors import BalancerError, WeightRefused
from controller.ports import Commands, Job, JobResult, LoadBalancer, Validator
from controller.runner.job_keys import key_of
from controller.tasks import Command, Guard, Work

OUTPUT_KEPT = 8192
"""Characters of a step's output that go into the journal: its end, where the error stands."""

NOTHING_FOUND = Found(())

AWAY = frozenset({Setting.DRAIN, Setting.HOLD, Setting.REMOVE, Setting.CHECK})
"""Settings after which no line is ready."""


class Questions(Protocol):
    """The operator at the terminal."""

    async def go_on_with(self, member: str) -> bool: ...


class Performer:
    """Performs steps through the ports. Raises nothing that a step could meet."""

    def __init__(
        self,
        rollout: str,
        balancer: LoadBalancer,
        commands: Commands,
        validator: Validator,
        work: Callable[[str, Course], Work],
        questions: Questions | None = None,
    ) -> None:
        self._rollout = rollout
        self._balancer = balancer
        self._commands = commands
        self._validator = validator
        self._work = work
        self._questions = questions

    async def perform(self, step: Step) -> Event:
        match step:
            case SetMember():
                return await self._set(step)
            case AskGuard(member, course, _):
                return await self._ask(member, self._work(member, course).guard)
            case RunStep():
                return await self._run(step)
            case Validate(member, course):
                result = await self._validator.validate(self._work(member, course).validations)
                return Validated(member, result.passed, result.detail)
            case AskOperator(member):
                answer = self._questions is None or await self._questions.go_on_with(member)
                return OperatorAnswered(member, answer)

    async def _set(self, step: SetMember) -> Event:
        member, found = step.member, step.found or NOTHING_FOUND
        calls: dict[Setting, Callable[[], Awaitable[None]]] = {
            Setting.DRAIN: lambda: self._balancer.drain(member),
            Setting.HOLD: lambda: self._balancer.take_out(member),
            Setting.REMOVE: lambda: self._balancer.take_out(member),
            Setting.CUT: lambda: self._balancer.cut(member),
            Setting.CHECK: lambda: self._balancer.begin_return(member),
            Setting.PUT_BACK: lambda: self._balancer.put_back(member, found, step.share),
            Setting.RESTORE: lambda: self._balancer.put_back(member, found),
        }
        try:
            await calls[step.setting]()
            views = await self._views(member)
        except BalancerError as error:
            if isinstance(error, WeightRefused) and step.share < FULL:
                return RampRefused(member, str(error))
            return SettingFailed(member, step.setting, str(error), error.retryable)
        for view in views:
            if step.setting in AWAY and any(one.admin is Admin.READY for one in view.lines):
                # A worker that does not show the setting must not be held to it.
                why = f"{view.instance}: it was reloaded while it was being set"
                return SettingFailed(member, step.setting, why, retryable=True)
        return MemberSet(member, step.setting, {view.instance: view.worker for view in views})

    async def _views(self, member: str) -> Sequence[InstanceView]:
        """What each instance shows, right after the setting was read back."""
        instances = self._balancer.instances
        return await asyncio.gather(*(self._balancer.look(one, (member,)) for one in instances))

    async def _ask(self, member: str, guard: Guard | None) -> Event:
        if guard is None:
            return GuardAnswered(member, Answer.NEEDED, "no `unless` is configured")
        result = await self._commands.run_briefly(guard.command)
        return GuardAnswered(member, *weigh(guard, result))

    async def _run(self, step: RunStep) -> Event:
        command = self._work(step.member, step.course).steps[step.index]
        result = await self._commands.run(Job(key_of(self._rollout, step), command))
        return StepEnded(
            member=step.member,
            index=step.index,
            attempt=step.attempt,
            passed=result.exit_code == 0,
            lost=result.lost,
            detail=f"step {step.index + 1} ({command.argv[0]}) {_end(result, command)}",
            output=result.output[-OUTPUT_KEPT:],
            seconds=result.seconds,
        )


def weigh(guard: Guard, result: JobResult) -> tuple[Answer, str]:
    """What an execution of `unless` says: there, needed, or (fail closed) refused."""
    said = f"`unless` {_end(result, guard.command)}"
    if result.exit_code == 0:
        return Answer.PRESENT, said
    if result.exit_code in guard.go_on:
        return Answer.NEEDED, said
    last = result.output.strip().splitlines()[-1:]
    return Answer.REFUSED, said + (f": {last[0][:200]}" if last else "")


def _end(result: JobResult, command: Command) -> str:
    if result.fault is not None:
        return f"could not be started: {result.fault}"
    if result.timed_out:
        return f"did not end in time ({span(command.timeout)}) and was ended"
    if result.lost:
        return "was cut off; how it ended is not known"
    return f"ended with exit code {result.exit_code}"
