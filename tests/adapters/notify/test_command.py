"""Notices by a command."""

from pathlib import Path

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from adapters.notify.command import CommandNotifier
from controller.records import Undelivered
from tests.adapters.notify.receiver import notice


def notifier(folder: Path, *argv: str) -> CommandNotifier:
    running = LocalCommands(folder / "jobs", SystemClock())
    return CommandNotifier("notify[0].command", ("halted",), argv, str(folder), running)


async def test_command_hears_all_in_its_environment(tmp_path: Path) -> None:
    """Event, names and the lines stand in the environment; standard input is empty; the command
    runs in the rollout file's folder."""
    names = ("EVENT", "ROLLOUT_ID", "TEXT")
    known = " ".join(f'"$POOLROLL_{name}"' for name in names)
    script = f'printf "%s|%s|%s|%s" {known} "$(cat)" > told'
    told = await notifier(tmp_path, "/bin/sh", "-c", script).deliver(
        notice("halted", "SEEN x"), "d"
    )
    assert told is None
    assert (tmp_path / "told").read_text() == "halted|web-1|rollout web: HALTED\nSEEN x|"


async def test_exit_code_is_told(tmp_path: Path) -> None:
    """What does not exit 0 is not delivered, may be tried again, and its last word is repeated."""
    missed = await notifier(tmp_path, "/bin/sh", "-c", "echo no pager; exit 3").deliver(
        notice(), "d"
    )
    assert missed == Undelivered("ended with exit code 3; it said last 'no pager'", retryable=True)


async def test_no_such_command_is_told_at_once(tmp_path: Path) -> None:
    """A command that does not exist will not exist in a second either."""
    missed = await notifier(tmp_path, "./no-such-thing").deliver(notice(), "d")
    assert missed is not None
    assert missed.why.startswith("could not be started: ")
    assert "no-such-thing" in missed.why
    assert not missed.retryable
