"""Questions at a terminal: they wait for an answer, and nobody else waits meanwhile."""

import asyncio
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from click import ClickException

from adapters.clock import SystemClock
from adapters.commands.aside import aside
from adapters.storage.store import open_tables
from controller.cli.ask import ask, ask_for
from controller.cli.confirm import must_be_named
from controller.cli.main import poolroll as command
from controller.config import parse
from controller.core import events as e
from controller.core.outcome import ExitCode
from controller.core.steps import Course, RunStep
from controller.lifecycle import Findings
from tests.cli.test_report import kept, poolroll
from tests.config.pages import page
from tests.report import journals
from tests.support.desk import desk

MAY_RUN = "what ssh started elsewhere may still run there"
QUESTION = "does nothing of it run any more?"


@pytest.mark.parametrize(
    ("typed", "answer"),
    [("y\n", True), ("Yes \n", True), ("n\n", False), ("\n", False), ("\x04", False)],
    ids=["y", "yes", "n", "return", "end of input"],
)
async def test_answer(monkeypatch: pytest.MonkeyPatch, typed: str, answer: bool) -> None:
    """What was typed before the question does not count."""
    with desk(monkeypatch) as at:
        at.types("y\n")
        asking = asyncio.ensure_future(ask("go on?"))
        await at.reads("go on? [y/N] ")
        assert not asking.done()
        at.types(typed)
        assert await asking is answer


@pytest.mark.parametrize(
    ("typed", "answer"), [("web\n", True), (" web \n", True), ("y\n", False), ("Web\n", False)]
)
async def test_a_name_is_typed(monkeypatch: pytest.MonkeyPatch, typed: str, answer: bool) -> None:
    """Nobody types it by habit."""
    with desk(monkeypatch) as at:
        asking = asyncio.ensure_future(ask_for("web", "upgrade 40 members?"))
        await at.reads("upgrade 40 members? type the name of the rollout, web: ")
        at.types(typed)
        assert await asking is answer


@pytest.mark.parametrize(
    ("members", "more", "named"),
    [(20, (), False), (21, (), True), (1, ("confirm: name",), True)],
)
def test_when_a_name_is_typed(members: int, more: tuple[str, ...], named: bool) -> None:
    """Of many members, or where the file says so."""
    seen = Findings(left=journals.plan(members))
    assert must_be_named(parse(page(*more), "web.yaml"), seen) is named


async def test_line_that_is_not_ended_holds_nobody_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-D hands over what was typed so far; the rest is waited for."""
    with desk(monkeypatch) as at:
        asking = asyncio.ensure_future(ask("go on?"))
        await at.reads("[y/N]")
        at.types("y\x04")
        done, _ = await asyncio.wait([asking], timeout=0.1)
        assert not done
        at.types("es\n")
        assert await asking


async def test_terminal_that_is_stopped_shows_it_later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-S: whoever asks is not stopped with it."""
    with desk(monkeypatch) as at:
        at.types("\x13")
        asking = asyncio.ensure_future(ask("go on?"))
        done, _ = await asyncio.wait([asking], timeout=0.1)
        assert not done
        at.types("\x11")
        await at.reads("go on? [y/N] ")
        at.types("y\n")
        assert await asking


async def test_terminal_that_goes_away_says_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """However long the question has stood."""
    with desk(monkeypatch) as at:
        asking = asyncio.ensure_future(ask("go on?"))
        await at.reads("[y/N]")
        at.goes_away()
        assert not await asking


def test_where_no_terminal_is_the_answer_is_no(monkeypatch: pytest.MonkeyPatch) -> None:
    """And nothing is read."""
    with open(os.devnull) as null:  # noqa: PTH123
        monkeypatch.setattr(sys, "stdin", null)
        assert not asyncio.run(ask("go on?"))


IN_BACKGROUND = """
import asyncio, fcntl, os, signal, sys, termios
from controller.cli import interrupts
from controller.cli.ask import ask
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
interrupts.prepare()
front = os.getpid()
if (job := os.fork()) == 0:
    os.setpgid(0, 0)
    async def work():
        asking = asyncio.ensure_future(ask("go on?"))
        done, _ = await asyncio.wait([asking], timeout=0.6)
        print("watching", "asked" if not done else "answered", flush=True)
        return await asking
    os._exit(7 if asyncio.run(work()) else 8)
done, status = os.waitpid(job, os.WUNTRACED | os.WNOHANG)
sys.stdin.readline()
print("to the front", flush=True)
os.tcsetpgrp(0, job)
done, status = os.waitpid(job, os.WUNTRACED)
print("stopped" if os.WIFSTOPPED(status) else os.waitstatus_to_exitcode(status), flush=True)
"""


async def test_question_in_the_background_stops_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that reads its terminal from there would be stopped, with all that it watches; it asks
    on, and gets its answer once it is in front."""
    with desk(monkeypatch) as at:
        shell = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", IN_BACKGROUND),
            stdin=sys.stdin,
            stdout=sys.stdout,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            cwd=Path(__file__).parents[2],
        )
        await at.reads("[y/N]")
        at.types("y")
        await at.reads("watching asked")
        at.types("\n")
        await at.reads("to the front")
        at.types("y\n")
        await at.reads("7\r\n")
        await shell.wait()


# --- what may still run behind a connection that was cut ------------------------------------------


def cut_off(folder: Path) -> None:
    """A rollout that halted because ssh was cut."""
    scribe = journals.Scribe(journals.plan())
    scribe.begin()
    scribe.drain("web1")
    scribe.write(e.Intended(RunStep("web1", Course.UPGRADE, 0, 0)))
    detail = f"step 1 (ssh) ended with exit code 255; {MAY_RUN}"
    scribe.write(e.StepEnded("web1", 0, 0, False, False, detail, "", 9.0, 255, MAY_RUN))
    scribe.write(e.Halted(e.Cause.MEMBER, f"web1: {detail}", "every step must end well", "web1"))
    scribe.finish("halted", ExitCode.HALTED, "web1")
    kept(folder, scribe.records).close()


def test_abort_says_what_may_still_run(tmp_path: Path) -> None:
    """Another rollout would begin the step again, and asks nobody."""
    cut_off(tmp_path / "state")
    code, out, _ = poolroll("abort", "web", "--state", str(tmp_path / "state"))
    assert code == 0
    assert out.startswith(f"CAUTION: web1: {MAY_RUN}; look there before another rollout begins it")


def requests(folder: Path) -> int:
    with closing(open_tables(folder, SystemClock(), create=False)) as journal:
        return len(journal.pending(journals.row().id, 0))


@pytest.mark.parametrize("typed", ["y\n", "\n"])
async def test_resume_asks_what_may_still_run(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, typed: str
) -> None:
    """It names that first; only a yes lets the next run begin the step again (S7)."""
    with desk(monkeypatch) as at:
        folder = tmp_path / "state"
        cut_off(folder)
        argv = ["resume", "web", "--reason", "looked", "--state", str(folder)]
        going = asyncio.ensure_future(aside(lambda: command.main(argv, standalone_mode=False)))
        await at.reads(f"CAUTION: web1: {MAY_RUN}; the next run begins the step again")
        await at.reads(f"{QUESTION} [y/N] ")
        assert requests(folder) == 0
        at.types(typed)
        if typed == "y\n":
            await going
            await at.reads("resume web: no process runs it; takes effect on the next run")
        else:
            with pytest.raises(ClickException, match="end it, or wait for its end") as refused:
                await going
            assert refused.value.exit_code == ExitCode.REFUSED
        assert requests(folder) == (typed == "y\n")


async def test_resume_that_is_told_yes_asks_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Also at a terminal; what may run is said all the same."""
    with desk(monkeypatch) as at:
        folder = tmp_path / "state"
        cut_off(folder)
        argv = ["resume", "web", "--reason", "looked", "--yes", "--state", str(folder)]
        going = asyncio.ensure_future(aside(lambda: command.main(argv, standalone_mode=False)))
        await at.reads(f"CAUTION: web1: {MAY_RUN}; the next run begins the step again")
        await at.reads("resume web: no process runs it; takes effect on the next run")
        await going
        assert requests(folder) == 1
