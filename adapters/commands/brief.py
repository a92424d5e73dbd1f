"""Short commands (`unless`, probes): run without a helper, and killed when the caller is
cancelled."""

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, STDOUT, Process
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

from adapters.commands import helper
from controller.ports import Clock
from controller.tasks import Command, JobResult

_POLL = timedelta(milliseconds=20)


async def run_briefly(command: Command, clock: Clock, grace: timedelta) -> JobResult:
    """Run `command` to its end or its timeout, then TERM, and KILL after `grace`.

    Cancelled, it kills the command and all below it first. What the command leaves behind when it
    ends by itself is left alone. Only for a command that `spec.unfit` accepts.
    """
    try:
        return await _run(command, clock, grace)
    except OSError as error:
        return JobResult(fault=_fault(command, error))


async def _run(command: Command, clock: Clock, grace: timedelta) -> JobResult:
    began = clock.now()
    pipe = _Pipe()
    try:
        process = await _start(command, pipe)
        try:
            in_time = await _ended(process, command.timeout)
            if not in_time:
                await _end_family(process, clock, grace)
        except asyncio.CancelledError:
            await _kill(process)
            raise
    finally:
        pipe.close()
    took = (clock.now() - began).total_seconds()
    if not in_time:
        return JobResult(timed_out=True, output=pipe.text(), seconds=took)
    code = process.returncode or 0
    number = -code if code < 0 else None
    exit_code = code if number is None else 128 + number
    return JobResult(exit_code=exit_code, signal=number, output=pipe.text(), seconds=took)


class _Pipe:
    """The output of a command. asyncio's own pipes would make `wait` wait for every process that
    still holds one, long after the command has ended."""

    def __init__(self) -> None:
        self._read, self.write = os.pipe()
        os.set_blocking(self._read, False)
        self._capture = helper.Capture()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(self._read, self._take)

    def text(self) -> str:
        return self._capture.text()

    def close(self) -> None:
        """Read what is left, then close the pipe."""
        read = 0
        while read < helper.DRAIN and (size := self._take()):
            read += size
        self._loop.remove_reader(self._read)
        os.close(self._read)
        os.close(self.write)

    def _take(self) -> int:
        try:
            chunk = os.read(self._read, 65536)
        except BlockingIOError:
            return 0
        self._capture.add(chunk)
        return len(chunk)


async def _start(command: Command, pipe: _Pipe) -> Process:
    spawning = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *command.argv,
            stdin=DEVNULL,
            stdout=pipe.write,
            stderr=STDOUT,
            cwd=command.cwd,
            env={**os.environ, **command.env},
            start_new_session=True,
        )
    )
    try:
        return await asyncio.shield(spawning)
    except asyncio.CancelledError:
        with suppress(OSError):  # it could not be started: nothing to kill
            await _kill(await spawning)
        raise


async def _ended(process: Process, within: timedelta) -> bool:
    try:
        async with asyncio.timeout(within.total_seconds()):
            await process.wait()
    except TimeoutError:
        return False
    return True


async def _end_family(process: Process, clock: Clock, grace: timedelta) -> None:
    patience = timedelta(seconds=helper.KILL_PATIENCE)
    family = _family(process)
    for number, wait in ((signal.SIGTERM, grace), (signal.SIGKILL, patience)):
        family |= _family(process)
        _tell(process, family, number)
        until = clock.now() + wait
        while helper.group_lives(process.pid) or any(_lives(*one) for one in family.items()):
            if clock.now() >= until:
                break
            await clock.sleep(_POLL)
        else:
            break
    await _reaped(process)


def _family(process: Process) -> dict[int, str]:
    """Every process below the command, also in another group: id → start. Known only as long as
    its parents live, so it is asked before they are ended."""
    found = [] if process.returncode is not None else helper.descendants(process.pid)
    return {pid: helper.start_of(pid) for pid in found}


def _lives(pid: int, start: str) -> bool:
    return helper.start_of(pid) == start and not helper.has_ended(pid)


def _tell(process: Process, family: dict[int, str], number: int) -> None:
    helper.signal_group(process.pid, number)
    for pid, start in family.items():
        if _lives(pid, start) and (helper.stat(pid) or "---")[2] != str(process.pid):
            helper.send(pid, number)


async def _kill(process: Process) -> None:
    _tell(process, _family(process), signal.SIGKILL)
    await _reaped(process)


async def _reaped(process: Process) -> None:
    """Leave no zombie; but a process may hang in the kernel, so the wait is bounded."""
    await _ended(process, timedelta(seconds=helper.KILL_PATIENCE))


def _fault(command: Command, error: OSError) -> str:
    name = command.argv[0]
    stage = "cwd" if error.filename == command.cwd else "exec"
    if stage == "exec" and "/" in name and os.path.exists(Path(command.cwd) / name):  # noqa: PTH110
        stage = "interpreter" if isinstance(error, FileNotFoundError) else stage
    return helper.explain(stage, error.errno or 0, name, command.cwd)
