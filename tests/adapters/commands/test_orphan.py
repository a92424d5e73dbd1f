"""S7: the helper of a step is killed, and what the step started is elsewhere: it is not doubled."""

import asyncio
import os
import signal
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from tests.adapters.commands.support import commands, holder_of, is_running, job, pid_in
from tests.support.waiting import until

SECOND = timedelta(seconds=1)
KEY, NEXT, LATER = "r/web1/upgrade-0-0", "r/web1/upgrade-0-1", "s/web1/upgrade-0-0"


class NotingClock(SystemClock):
    """Notes how long it was asked to sleep."""

    def __init__(self) -> None:
        self.slept: list[timedelta] = []

    async def sleep(self, duration: timedelta) -> None:
        self.slept.append(duration)
        await super().sleep(duration)


def elsewhere(left: Path, then: str) -> str:
    """A process in a session of its own, and without a parent, that does `then`."""
    return f"sh -c 'setsid sh -c \"echo \\$\\$ > {left}; {then}\" &'"


async def cut(tmp_path: Path, left: Path, script: str) -> None:
    """Begin `script`, then kill poolroll and the helper, long before its timeout."""
    first = asyncio.ensure_future(commands(tmp_path / "jobs").run(job(KEY, script)))
    await until(lambda: pid_in(left) > 0)
    first.cancel()
    await asyncio.wait([first])
    os.kill(holder_of(tmp_path / "jobs" / KEY / "lock"), signal.SIGKILL)


async def test_it_is_waited_for(tmp_path: Path, left: Path) -> None:
    """The step itself is over, but the work that it gave away is not."""
    work = f"until [ -e {tmp_path}/on ]; do sleep 0.02; done; echo x >> {tmp_path}/ended"
    await cut(tmp_path, left, elsewhere(left, work) + "; kill -STOP $$")
    os.kill(int((tmp_path / "jobs" / KEY / "group").read_text().split()[0]), signal.SIGKILL)
    joined = asyncio.ensure_future(commands(tmp_path / "jobs").run(job(KEY, "false")))
    done, _ = await asyncio.wait([joined], timeout=0.3)
    assert not done
    (tmp_path / "on").touch()
    result = await joined
    assert (result.lost, result.survivors, result.connections) == (True, (), ())
    assert (tmp_path / "ended").read_text() == "x\n"


async def test_the_timeout_ends_it_too(tmp_path: Path, left: Path) -> None:
    """As the helper would have done."""
    await cut(tmp_path, left, elsewhere(left, "exec sleep 60") + "; sleep 60")
    result = await commands(tmp_path / "jobs", grace=0.3).run(job(KEY, "false", SECOND))
    assert (result.timed_out, result.survivors) == (True, ())
    assert not is_running(pid_in(left))


async def test_what_outlives_the_step_is_named(tmp_path: Path, left: Path) -> None:
    """It may be a service, so it is not ended: no further attempt begins beside it, also not of
    another rollout."""
    runner = commands(tmp_path / "jobs")
    await cut(tmp_path, left, elsewhere(left, "exec sleep 60") + "; kill -STOP $$")
    fault = (await runner.run(job(LATER, f"touch {tmp_path}/ran"))).fault or ""
    assert f"sleep ({pid_in(left)})" in fault
    leader = int((tmp_path / "jobs" / KEY / "group").read_text().split()[0])
    os.kill(leader, signal.SIGKILL)
    await until(lambda: not is_running(leader))  # or it is late, should the second be over
    result = await runner.run(job(KEY, "false", SECOND))
    assert (result.lost, result.survivors) == (True, (f"sleep ({pid_in(left)})",))
    for key in (NEXT, LATER):
        fault = (await runner.run(job(key, f"touch {tmp_path}/ran"))).fault or ""
        assert f"sleep ({pid_in(left)}) of an earlier attempt still runs" in fault
    assert is_running(pid_in(left))
    os.kill(pid_in(left), signal.SIGKILL)
    await until(lambda: not is_running(pid_in(left)))
    assert (await runner.run(job(NEXT, "true"))).exit_code == 0
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("name", ["ssh", "ansible-playbook"])
async def test_connection_that_was_cut_with_the_helper_is_named(
    name: str, tmp_path: Path, left: Path
) -> None:
    """What it began elsewhere may run on, however the connection ended."""
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\necho $$ > {left}\nkill -STOP $$\n")
    path.chmod(0o755)
    await cut(tmp_path, left, f"exec {path} host")
    clock = NotingClock()
    joined = asyncio.ensure_future(LocalCommands(tmp_path / "jobs", clock).run(job(KEY, "false")))
    await until(lambda: SECOND / 20 in clock.slept, what="it to have looked at what runs")
    assert not joined.done()
    os.kill(pid_in(left), signal.SIGKILL)
    result = await joined
    assert (result.lost, result.connections) == (True, (name,))
