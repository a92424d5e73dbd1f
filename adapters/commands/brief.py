"""Short commands (`unless`, probes): run without a helper, and killed when the caller is
cancelled. Their output goes to a file, as that of steps does: who is left behind and writes there
neither waits for a reader nor dies of SIGPIPE."""

import asyncio
import os
import signal
import sys
from asyncio.subprocess import DEVNULL, STDOUT, Process
from collections.abc import Mapping
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from tempfile import gettempdir
from uuid import uuid4

from adapters.commands import helper, kept_helper, message, output, processes
from controller.ports import Clock
from controller.tasks import Command, JobResult

_POLL = timedelta(milliseconds=20)
_READ_EVERY = timedelta(milliseconds=100)


async def run_briefly(
    command: Command, environ: Mapping[str, str], clock: Clock, grace: timedelta
) -> JobResult:
    """Run `command` to its end or its timeout, then TERM, and KILL after `grace`.

    `environ`: what it finds around it. Cancelled, it kills the command and all below it first. What
    the command leaves behind when it ends by itself is left alone. Only for a command that
    `spec.unfit` accepts.
    """
    try:
        return await _run(command, environ, clock, grace)
    except OSError as error:
        return JobResult(fault=_fault(command, error))


async def _run(
    command: Command, environ: Mapping[str, str], clock: Clock, grace: timedelta
) -> JobResult:
    began = clock.now()
    write = output.nameless(f"{gettempdir()}/poolroll-{os.getpid()}-{uuid4()}")
    stream = output.Stream.of(write)
    reading = asyncio.ensure_future(_read(stream, clock))
    try:
        try:
            process = await _start(command, environ, write)
        finally:
            os.close(write)
        try:
            in_time = await _ended(process, command.timeout)
            if not in_time:
                await _end_family(process, clock, grace)
        except asyncio.CancelledError:
            await _kill(process)
            raise
        took = (clock.now() - began).total_seconds()
        stream.take()
        if stream.is_held():
            await _look_after(stream)
    finally:
        reading.cancel()
        os.close(stream.fd)
    text = stream.capture.text()
    if not in_time:
        return JobResult(timed_out=True, output=text, seconds=took)
    code = process.returncode or 0
    number = -code if code < 0 else None
    exit_code = code if number is None else 128 + number
    return JobResult(exit_code=exit_code, signal=number, output=text, seconds=took)


async def _read(stream: output.Stream, clock: Clock) -> None:
    """Keeps the file small."""
    while True:
        await clock.sleep(_READ_EVERY)
        stream.take()


async def _look_after(stream: output.Stream) -> None:
    """A process that the command has left behind writes there for as long as it likes, also when
    poolroll has ended: see `helper.keep_small`."""
    kept = kept_helper.descriptor()
    with suppress(OSError):
        keeper = await asyncio.create_subprocess_exec(
            *(sys.executable, *kept_helper.argv(kept), helper.KEEP_SMALL),
            pass_fds=(kept,),
            stdin=stream.fd,
            stdout=DEVNULL,
            stderr=DEVNULL,
            start_new_session=True,
        )
        await keeper.wait()


async def _start(command: Command, environ: Mapping[str, str], write: int) -> Process:
    spawning = asyncio.ensure_future(
        asyncio.create_subprocess_exec(
            *command.argv,
            stdin=DEVNULL,
            stdout=write,
            stderr=STDOUT,
            cwd=command.cwd,
            env={**environ, **command.env},
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
        while processes.group_lives(process.pid) or _some_live(family):
            if clock.now() >= until:
                break
            await clock.sleep(_POLL)
        else:
            break
    await _reaped(process)


def _family(process: Process) -> dict[int, str]:
    """Every process below the command, also in another group: id → start. Known only as long as
    its parents live, so it is asked before they are ended."""
    found = [] if process.returncode is not None else processes.descendants(process.pid)
    return {pid: processes.start_of(pid) for pid in found}


def _some_live(family: dict[int, str]) -> bool:
    return any(processes.lives(pid, start) for pid, start in family.items())


def _tell(process: Process, family: dict[int, str], number: int) -> None:
    processes.signal_group(process.pid, number)
    for pid, start in family.items():
        if processes.lives(pid, start) and not processes.is_in(pid, process.pid):
            processes.send(pid, number)


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
    return message.explain(stage, error.errno or 0, name, command.cwd)
