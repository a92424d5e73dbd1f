"""Implements `controller.ports.Tasks` for hosts: each task is a program on this machine that drives
`ssh`, run as a local step is, so that it outlives poolroll (`adapters.hosts.program`)."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, Final

from adapters.hosts.calling import command_of, given_of, question
from adapters.hosts.driver import spec
from adapters.hosts.need import NEEDED
from adapters.hosts.proof import prove
from adapters.hosts.results import answer_of, result_of
from controller.hosts import HostCommand, Proof, Reboot
from controller.ports import Clock, Commands
from controller.tasks import Job, JobResult, Task, TaskJob

GRACE: Final = timedelta(seconds=30)
SLACK: Final = timedelta(seconds=30)
"""On top of both: the program ends before."""
JOINS: Final = 3
"""So often the program may be killed; each time it joins what runs on the host."""
MEMBER: Final = "POOLROLL_MEMBER_NAME"
KINDS: Final = (HostCommand, Reboot, Proof)


class HostTasks:
    """`commands`: run the program here. `grace`: after the timeout of a step, for its end to be
    told. `tell`: takes a member's name, and how far its reboot has come."""

    def __init__(
        self,
        commands: Commands,
        clock: Clock,
        *,
        grace: timedelta = GRACE,
        tell: Callable[[str, str], None] | None = None,
    ) -> None:
        self._commands = commands
        self._clock = clock
        self._tell = tell
        self._grace = grace.total_seconds()

    async def run(self, job: TaskJob) -> JobResult:
        task = job.task
        match task:
            case HostCommand():
                given = given_of("step", job, task, argv=task.argv, ok=sorted(task.ok))
                return await self._through(job, given)
            case Reboot():
                return await self._reboot(job, task)
            case Proof():
                return await prove(task, self._asked, self._clock)
            case _:
                raise TypeError(f"no task of a host: {type(task).__name__}")

    async def ask(self, task: Task) -> JobResult:
        assert isinstance(task, HostCommand)
        return answer_of(await self._commands.run_briefly(question(task)))

    async def _asked(self, task: HostCommand) -> JobResult:
        return result_of(await self._commands.run_briefly(question(task)))

    def unstartable(self, task: Task) -> str | None:
        """Whether the host has the program, only the host can tell."""
        if shutil.which("ssh") is None:
            return "ssh: command not found; install OpenSSH's client"
        if isinstance(task, Reboot) and task.reset is not None:
            return self._commands.unstartable(task.reset)
        return None

    async def _through(
        self,
        job: TaskJob,
        given: dict[str, Any],
        part: str = "",
        tell: Callable[[str], None] | None = None,
    ) -> JobResult:
        """The program to its end. Killed, it is begun again, and joins."""
        timeout = timedelta(seconds=given["limit"] + self._grace) + SLACK
        given |= {"grace": self._grace}
        for turn in range(JOINS):
            name = "".join((job.key, part, f".{turn}" if turn else ""))
            is_new = job.is_new and not turn
            joins = job.joins and not turn
            given |= {"is_new": is_new}
            local = Job(name, command_of(given, timeout), joins, is_new, tell, job.places)
            result = result_of(await self._commands.run(local))
            if not result.lost or not result.connections:
                break
        return result

    async def _reboot(self, job: TaskJob, task: Reboot) -> JobResult:
        # The last ones: before them a pool may have steps of its own.
        heard = zip(reversed(task.asked_by), reversed(job.former), strict=False)
        is_asked = any(code in asking for asking, code in heard)
        after = None if task.reset is None else task.reset_after
        given = given_of(
            "reboot",
            job,
            task,
            argv=task.argv,
            question=_question(task, is_asked=is_asked),
            reset_after=None if after is None else after.total_seconds(),
        )
        tell = None if self._tell is None else partial(self._tell, task.env.get(MEMBER, ""))
        result = _with_last(await self._through(job, given, tell=tell))
        if task.reset is None or after is None or result.fault != spec.RESET:
            return result
        local = Job(f"{job.key}.reset", task.reset, is_new=job.is_new, places=job.places)
        reset = await self._commands.run(local)
        told = f"{result.output}reset: {task.reset.label} {_how(reset)}\n{reset.output}"
        given |= {"reset_after": None, "limit": (task.timeout - after).total_seconds()}
        last = _with_last(await self._through(job, given, ".again", tell))
        seconds = result.seconds + reset.seconds + last.seconds
        return replace(last, output=told + last.output, seconds=seconds)


def _with_last(result: JobResult) -> JobResult:
    """Its last line says how the host is."""
    last = result.output.rstrip("\n").rpartition("\n")[2]
    return replace(result, told=last) if result.exit_code == 0 else result


def _question(task: Reboot, *, is_asked: bool) -> tuple[str, ...]:
    """To ask before; empty: do it in any case."""
    if is_asked or not task.is_conditional:
        return ()
    return task.question or ("/bin/sh", "-c", NEEDED)


def _how(result: JobResult) -> str:
    if result.exit_code is not None:
        return result.end
    return "did not end in time" if result.timed_out else result.fault or "was cut off"
