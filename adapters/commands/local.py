"""Implements `controller.ports.Commands` on this machine."""

import asyncio
import os
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

from adapters.commands import kept_helper
from adapters.commands.aside import aside, keeping, leave
from adapters.commands.brief import run_briefly
from adapters.commands.environment import inherited
from adapters.commands.orphan import see_out
from adapters.commands.place import Place
from adapters.commands.program import unstartable
from adapters.commands.sharing import check_root, try_out
from adapters.commands.spec import packed, unfit
from adapters.commands.started_helper import Attended
from adapters.commands.telling import tell_lines
from controller.errors import StateError, StateGone
from controller.ports import Clock
from controller.secrets import NONE, Secrets
from controller.tasks import Command, Job, JobResult

_POLL = timedelta(milliseconds=25)
_ATTEMPTS = 3
"""Helpers that may end without a message before they started anything."""


class LocalCommands:
    """Runs each job under a helper of its own, which outlives this process.

    `folder`: of the jobs, one per key. `grace`: between TERM and KILL at a timeout. `script`:
    in the place of the helper. `secrets`: in no output that is kept or handed on, and their
    variables in no environment of a command. A job that certainly was not begun has a `fault`;
    raises StateError when the folder cannot be used and it may have been, and ValueError for a key
    that no job may have.
    """

    def __init__(
        self,
        folder: Path,
        clock: Clock,
        *,
        grace: timedelta = timedelta(seconds=10),
        script: Path | None = None,
        secrets: Secrets = NONE,
    ) -> None:
        self._folder = folder
        self._clock = clock
        self._grace = grace
        self._script = script
        self._secrets = secrets
        self._left: list[Attended] = []

    def prepare(self) -> None:
        """Make the folder of the jobs. Raises StateError when this user cannot use it."""
        kept_helper.descriptor()
        check_root(self._folder)
        try_out(self._folder)

    async def run(self, job: Job) -> JobResult:
        """See `Commands.run`. A job that was killed at its timeout by us, because its helper was
        gone, has `timed_out`; one that ended unseen is `lost`."""
        place = Place(self._folder, job.key, job.places)
        if fault := unfit(job.command):
            return JobResult(fault=fault)
        self._left = [left for left in self._left if not left.reap(os.WNOHANG)]
        begun = _Begun(is_possible=not job.is_new)
        try:
            if remains := await aside(lambda: _prepared(place)):
                return JobResult(fault=_not_doubled(job.command, remains))
            ended = await self._told_end_of(place, job, begun)
            return await aside(lambda: place.concealed(ended, self._secrets))
        except _NotBegun as error:
            return JobResult(fault=str(error))
        except OSError as error:
            why = f"{place.folder}: {error.strerror or error}"
            if not begun.is_possible:
                return JobResult(fault=f"{job.command.label} was not started: {why}")
            raise StateError(why) from error

    async def run_briefly(self, command: Command) -> JobResult:
        if fault := unfit(command):
            return JobResult(fault=fault)
        around = inherited(self._secrets.names)
        result = await run_briefly(command, around, self._clock, self._grace)
        return replace(result, output=self._secrets.masked(result.output))

    def unstartable(self, command: Command) -> str | None:
        return unstartable(command)

    async def _told_end_of(self, place: Place, job: Job, begun: "_Begun") -> JobResult:
        if job.tell is None:
            return await self._end_of(place, job, begun)
        telling = asyncio.ensure_future(tell_lines(place, job.tell, self._clock, self._secrets))
        try:
            return await self._end_of(place, job, begun)
        finally:
            telling.cancel()

    async def _end_of(self, place: Place, job: Job, begun: "_Begun") -> JobResult:
        silent = 0
        while (ended := await aside(place.result)) is None:
            if (lock := await aside(place.lock, undo=_closed)) is None:
                await self._clock.sleep(_POLL)
                continue
            try:
                attended = await self._take_up(place, job, lock)
            finally:
                _closed(lock)
            if attended is None:
                continue
            begun.is_possible = True
            complaint = await self._attend(attended, place, job.command)
            silent += 1
            if (complaint or silent == _ATTEMPTS) and await aside(place.group) is None:
                how = f"the helper failed: {complaint}"
                if not complaint:
                    how = f"{silent} helpers were killed before they began"
                if not await aside(place.folder.is_dir):
                    raise StateGone(f"{place.folder}: it was removed while the step may have run")
                raise _NotBegun(f"{job.command.label} was not started: {place.folder}: {how}")
        return ended

    async def _take_up(self, place: Place, job: Job, lock: int) -> Attended | None:
        """With the lock held: start the job, or wait for the step that a killed helper left."""
        ended, group = await aside(lambda: (place.result(), place.group()))
        if ended is not None:
            return None
        if group is None:
            if not job.joins:
                return Attended(self._script, lock, inherited(self._secrets.names))
            # Nobody has the lock, so it never began; and under this key it never will.
            await aside(keeping(lock, lambda: place.settle("lost", 0.0)))
            return None
        settle = await see_out(place, group, job.command, self._clock, self._grace)
        await aside(keeping(lock, settle))
        return None

    async def _attend(self, attended: Attended, place: Place, command: Command) -> str:
        try:
            complaint = await attended.attend(packed(place, command, self._grace))
        except asyncio.CancelledError:
            self._left.append(attended)
            raise
        ended = await aside(place.result)
        return complaint.rpartition("\n")[2] if ended is None else ""


@dataclass(slots=True)
class _Begun:
    is_possible: bool
    """The job may have been begun, by this process or a former one."""


class _NotBegun(Exception):
    """The job was not begun, and never will be: whoever could have has ended."""


def _prepared(place: Place) -> list[str]:
    """What still runs of an earlier attempt; its folder is there, if that is nothing."""
    place.clear_away()
    remains = place.remains() if place.group() is None else []
    if not remains:
        place.create()
    return remains


def _closed(lock: int | None) -> None:
    """On a file system over a network this takes as long as its server likes."""
    if lock is not None:
        leave(lambda: os.close(lock))


def _not_doubled(command: Command, remains: list[str]) -> str:
    return (
        f"{command.label}: {', '.join(remains)} of an earlier attempt still runs on this machine; "
        "end it, or wait for its end"
    )
