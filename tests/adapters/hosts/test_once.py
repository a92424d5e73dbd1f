"""A step on a host runs once, and its output is whole, whatever happens to the connection, to sshd,
and to poolroll (S7 across the network)."""

import asyncio
import os
import signal
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from controller.tasks import TaskJob
from tests.adapters.hosts.support import KEY, drivers, job, kill_all, runs, shell, tasks
from tests.support.hosts.cutter import cutter
from tests.support.hosts.sshd import Sshd
from tests.support.waiting import until

LINES = "".join(f"line {number}\n" for number in range(1, 2001))


def slow(host: Sshd, folder: Path, port: int = 0) -> TaskJob:
    """It notes that it runs, and waits for `go`; two thousand lines stand before and after that."""
    lines = "seq -f 'line %.0f' 1 1000", "seq -f 'line %.0f' 1001 2000"
    wait = f"until [ -e {folder}/go ]; do sleep 0.05; done"
    return job(shell(host, f"echo x >> {folder}/ran; {lines[0]}; {wait}; {lines[1]}", port=port))


def whole(folder: Path, output: str) -> bool:
    return output == LINES and runs(folder) == "x\n"


async def test_a_connection_that_is_cut(host: Sshd, tmp_path: Path) -> None:
    """It is joined again, as often as it breaks."""
    async with cutter(host.port) as proxy:
        running = asyncio.ensure_future(tasks(tmp_path).run(slow(host, tmp_path, proxy.port)))
        for number in (1, 2):
            await until(lambda: proxy.connections >= number and runs(tmp_path))  # noqa: B023
            proxy.cut()
        (tmp_path / "go").touch()
        result = await running
    assert (result.exit_code, whole(tmp_path, result.output)) == (0, True)


async def test_all_at_once(host: Sshd, tmp_path: Path) -> None:
    """poolroll is killed, with the helper and the program that drove ssh, and the step's own sshd
    restarts: whoever comes next joins, and gets all of it."""
    first = asyncio.ensure_future(tasks(tmp_path).run(slow(host, tmp_path)))
    await until(lambda: runs(tmp_path))
    first.cancel()
    kill_all(tmp_path)
    await asyncio.gather(first, return_exceptions=True)
    host.stop()
    await host.start()
    second = asyncio.ensure_future(tasks(tmp_path).run(slow(host, tmp_path)))
    await until(lambda: drivers(tmp_path))
    (tmp_path / "go").touch()
    result = await second
    assert (result.exit_code, whole(tmp_path, result.output)) == (0, True)


async def test_a_state_that_is_lost(host: Sshd, tmp_path: Path) -> None:
    """The host knows the step, also for a poolroll that knows nothing of it but its key."""
    (tmp_path / "go").touch()
    first = await tasks(tmp_path).run(slow(host, tmp_path))
    again = await tasks(tmp_path / "elsewhere").run(slow(host, tmp_path))
    assert first.output == again.output
    assert whole(tmp_path, again.output)


@pytest.mark.parametrize("has_noted", [True, False])
async def test_a_runner_that_was_killed(has_noted: bool, host: Sshd, tmp_path: Path) -> None:
    """What it had started is waited for, also what has left its group, and also if it was killed
    before it could note that. Then nobody knows how it has ended: it is lost, and is not done again
    under the same key."""
    up, go, end = (tmp_path / name for name in ("up", "go", "end"))
    wait = f"touch {up}; until [ -e {go} ]; do sleep 0.05; done; echo late > {end}"
    script = f"echo x >> {tmp_path}/ran; setsid sh -c '{wait}' & exec sleep 1"
    running = asyncio.ensure_future(tasks(tmp_path).run(job(shell(host, script))))
    who = host.folder / "steps" / KEY.replace("/", "~") / "who"
    await until(lambda: runs(tmp_path) and who.exists() and up.exists())
    noted = who.with_name("step")
    if not has_noted:
        await until(noted.exists)
        noted.unlink()
    os.kill(int(who.read_text().split()[0]), signal.SIGKILL)
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asyncio.shield(running), 3)
    go.touch()
    result = await running
    assert end.exists()
    assert result.lost
    assert "its runner was killed" in result.output
    assert runs(tmp_path) == "x\n"


async def test_a_host_that_restarts_meanwhile(host: Sshd, tmp_path: Path) -> None:
    """The step was cut off: it failed, and is not begun again unasked."""
    running = asyncio.ensure_future(tasks(tmp_path).run(slow(host, tmp_path)))
    await until(lambda: runs(tmp_path))
    host.boot_id.write_text("22222222-bbbb\n")
    result = await running
    assert result.failure.startswith("was cut off when its host restarted")
    (tmp_path / "go").touch()


async def test_an_earlier_step_that_runs_still(host: Sshd, tmp_path: Path) -> None:
    """Another step of that member does not begin beside it; one of another member does, also where
    another pool calls it by the same name."""
    held = replace(slow(host, tmp_path), places=frozenset({"app", "10.0.0.1:80"}))
    running = asyncio.ensure_future(tasks(tmp_path).run(held))
    await until(lambda: runs(tmp_path))
    other = shell(host, "echo other")
    for number, places in enumerate(((), ("app", "10.0.0.9:80"), ("-", "10.0.0.1:80"))):
        again = job(other, f"web-2/web1/upgrade-0-{number}", places=frozenset(places))
        assert (await tasks(tmp_path / "2").run(again)).fault == (
            "127.0.0.1: an earlier step still runs there (web-1~web1~upgrade-0-0); wait for its "
            "end, or end it"
        )
    namesake = job(other, "api-1/web1/upgrade-0-0", places=frozenset({"api", "10.0.0.1:81"}))
    assert (await tasks(tmp_path).run(namesake)).exit_code == 0
    assert (await tasks(tmp_path).run(job(other, "web-2/web2/upgrade-0-0"))).exit_code == 0
    (tmp_path / "go").touch()
    assert (await running).exit_code == 0


async def test_joining_begins_nothing(host: Sshd, tmp_path: Path) -> None:
    """Whoever only waits for a step that never began is told that it is lost."""
    never = replace(slow(host, tmp_path), joins=True)
    assert (await tasks(tmp_path).run(never)).lost
    assert not runs(tmp_path)


async def test_nobody_comes_back(host: Sshd, tmp_path: Path) -> None:
    """A host that is gone for as long as the step may take: it may run on there, and that is
    said."""
    script = f"echo x >> {tmp_path}/ran; sleep 60"
    task = shell(host, script, timeout=timedelta(seconds=2))
    brief = tasks(tmp_path, grace=timedelta(seconds=1))
    running = asyncio.ensure_future(brief.run(job(task)))
    await until(lambda: runs(tmp_path))
    host.stop()
    result = await running
    ends = ("127.0.0.1 does not answer to ssh", "no answer from 127.0.0.1 in time")
    assert result.failure.startswith(tuple(f"was not seen to its end: {why}" for why in ends))
    assert result.connections == ("ssh",)
