"""Questions to commands: bounded, and gone with whoever asked."""

import asyncio
import os
import signal
import time
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.commands.output import DRAIN
from tests.adapters.commands.support import commands, is_running, pid_in, shell
from tests.support.waiting import until


async def test_answer(tmp_path: Path) -> None:
    """Exit code, mixed output, added environment and folder arrive; nothing is written."""
    command = shell('echo "$A"; pwd >&2; exit 5', env={"A": "b"}, cwd="/")
    result = await commands(tmp_path / "jobs").run_briefly(command)
    assert (result.exit_code, result.output) == (5, "b\n/\n")
    assert list(tmp_path.iterdir()) == []


async def test_repeated_at_will(tmp_path: Path) -> None:
    """Each question is asked anew."""
    for _ in range(2):
        await commands(tmp_path).run_briefly(shell(f"echo x >> {tmp_path}/runs"))
    assert (tmp_path / "runs").read_text() == "x\nx\n"


async def test_no_input(tmp_path: Path) -> None:
    """A command that asks back gets end of file."""
    result = await commands(tmp_path).run_briefly(shell("cat; tty"))
    assert result.output == "not a tty\n"


async def test_death_by_signal(tmp_path: Path) -> None:
    """A signal that ended the command shows as shells show it."""
    assert (await commands(tmp_path).run_briefly(shell("kill -TERM $$"))).exit_code == 143


@pytest.mark.parametrize("trap", ["", "trap '' TERM;"])
async def test_timeout(tmp_path: Path, trap: str) -> None:
    """At the timeout the whole group ends, by KILL when it ignores TERM."""
    script = f"{trap} sleep 60 & echo $! > {tmp_path}/pid; echo here; wait"
    began = time.monotonic()
    command = shell(script, timedelta(seconds=1))
    result = await commands(tmp_path, grace=0.2).run_briefly(command)
    assert result.timed_out
    assert result.output.startswith("here\n")
    assert not is_running(pid_in(tmp_path / "pid"))
    assert 1 <= time.monotonic() - began < 50


@pytest.mark.parametrize("way", ["setsid -w", 'sh -c \'trap "" TERM; setsid -w "$@"; :\' -'])
async def test_timeout_of_what_went_elsewhere(tmp_path: Path, way: str) -> None:
    """A process in a session of its own is ended too."""
    script = f"{way} sh -c 'echo $$ > {tmp_path}/pid; sleep 60; sleep 60'; sleep 60"
    result = await commands(tmp_path, grace=0.2).run_briefly(shell(script, timedelta(seconds=1)))
    assert result.timed_out
    await until(lambda: not is_running(pid_in(tmp_path / "pid")))


@pytest.mark.parametrize("way", ["", "setsid -w"])
async def test_cancelled_kills_the_group(tmp_path: Path, way: str) -> None:
    """Cancelled, it leaves neither the command nor its children, wherever they went."""
    script = f"trap '' TERM; {way} sh -c 'echo $$ > {tmp_path}/pid; exec sleep 60' & wait"
    task = asyncio.ensure_future(commands(tmp_path).run_briefly(shell(script)))
    await until(lambda: pid_in(tmp_path / "pid") > 0)
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()
    await until(lambda: not is_running(pid_in(tmp_path / "pid")))


async def test_cancelled_at_any_turn_of_the_loop(tmp_path: Path) -> None:
    """However early the cancelling comes, the command does not get to its end."""
    for turns in range(12):
        script = f"sleep 0.3; touch {tmp_path}/ended"
        task = asyncio.ensure_future(commands(tmp_path).run_briefly(shell(script)))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.wait([task])
        assert task.cancelled()
    await commands(tmp_path).run_briefly(shell("sleep 0.5"))
    assert not (tmp_path / "ended").exists()


async def test_flood_is_bounded(tmp_path: Path) -> None:
    """Of a flood the beginning and the end are kept."""
    result = await commands(tmp_path).run_briefly(
        shell("echo begin; yes | head -c 500000; echo end")
    )
    assert result.output.startswith("begin\ny\n")
    assert result.output.endswith("y\nend\n")
    assert "bytes left out" in result.output
    assert len(result.output) < 66_000


async def test_left_behind_processes_hold_nothing_up(tmp_path: Path) -> None:
    """What keeps the output open delays no answer."""
    began = time.monotonic()
    script = f"sleep 60 & echo $! > {tmp_path}/pid; echo started"
    result = await commands(tmp_path).run_briefly(shell(script))
    os.kill(pid_in(tmp_path / "pid"), signal.SIGKILL)
    assert (result.exit_code, result.output) == (0, "started\n")
    assert time.monotonic() - began < 50


async def test_left_behind_processes_live(tmp_path: Path) -> None:
    """A service that a question started neither dies of SIGPIPE nor waits for a reader, and what
    it writes is thrown away."""
    write = f"echo $$ > {tmp_path}/pid; until [ -e {tmp_path}/on ]; do sleep 0.02; done; "
    write += f"head -c 3000000 /dev/zero && echo more && touch {tmp_path}/wrote; exec sleep 60"
    result = await commands(tmp_path).run_briefly(shell(f"sh -c '{write}' & echo started"))
    assert (result.exit_code, result.output) == (0, "started\n")
    await until(lambda: pid_in(tmp_path / "pid") > 0)
    try:
        (tmp_path / "on").touch()
        await until((tmp_path / "wrote").exists)
        assert is_running(pid_in(tmp_path / "pid"))
        output = Path(f"/proc/{pid_in(tmp_path / 'pid')}/fd/1")
        await until(lambda: output.stat().st_size <= DRAIN)
    finally:
        os.kill(pid_in(tmp_path / "pid"), signal.SIGKILL)
