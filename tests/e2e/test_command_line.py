"""The command itself: help, wrong usage, and output that nobody reads."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Running
from tests.support.command import Done

COMMANDS = ("demo", "init", "check", "plan", "run", "status", "pause", "resume", "abort", "schema")


async def poolroll(folder: Path, *argv: str, stdout: int | None = None) -> Done:
    return await Running(folder, 0, argv, stdout).end()


@pytest.fixture
def gone_reader() -> Iterator[int]:
    """The writing end of a pipe whose reader has left, as in `poolroll … | head -0`."""
    reader, writer = os.pipe()
    os.close(reader)
    yield writer
    os.close(writer)


async def test_help(short_folder: Path) -> None:
    """`--help` names every command and the exit codes, and each command has its own."""
    told = await poolroll(short_folder, "--help")
    assert (told.code, told.err) == (0, "")
    assert "Exit codes: 0 done, 2 usage" in told.out
    for command in COMMANDS:
        assert f"\n  {command} " in told.out


@pytest.mark.parametrize("command", COMMANDS)
async def test_help_of_a_command(short_folder: Path, command: str) -> None:
    """Each command's own help."""
    told = await poolroll(short_folder, command, "--help")
    assert (told.code, told.err) == (0, "")
    assert f"Usage: poolroll {command}" in told.out


WRONG = (
    ["rnu"],
    ["run"],
    ["run", "x.yml", "--yse"],
    ["run", "x.yml", "--yes", "--set", "version"],
    ["run", "x.yml", "--yes", "--override", "errors"],
    ["run", "x.yml", "--yes", "--ignore-windows"],
    ["resume", "web"],
    ["resume", "web", "--reason", " "],
    ["check", "no-such-file.yml"],
)


@pytest.mark.parametrize("argv", WRONG, ids=" ".join)
async def test_wrong_usage(short_folder: Path, argv: list[str]) -> None:
    """Unknown commands and options, and what is missing: exit 2 and a line that says so."""
    told = await poolroll(short_folder, *argv)
    assert (told.code, told.out) == (2, "")
    assert told.err.strip()


async def test_init_is_in_order(short_folder: Path) -> None:
    """What `init` prints passes `check`."""
    file = short_folder / "starter.yml"
    file.write_text((await poolroll(short_folder, "init")).out)
    checked = await poolroll(short_folder, "check", str(file))
    assert (checked.code, "is valid" in checked.out) == (0, True), checked.text


@pytest.mark.parametrize("command", ["schema", "--help"])
async def test_reader_has_left(short_folder: Path, gone_reader: int, command: str) -> None:
    """A pipe that nobody reads ends it without a word."""
    told = await poolroll(short_folder, command, stdout=gone_reader)
    assert (told.code, told.err) == (7, "")


async def test_rollout_without_a_reader(site: MakeSite, gone_reader: int) -> None:
    """A rollout whose reader has left goes on to its end."""
    one = await site(2)
    file = one.file(gates=[])
    running = one.start("run", str(file), "--yes", "--state", str(one.state), stdout=gone_reader)
    assert (await running.end()).code == 0
    await one.assert_all("v2")


async def test_environment_twins(site: MakeSite) -> None:
    """Every option has an environment twin."""
    one = await site(2)
    file = str(one.file(gates=[]))
    state = str(one.state)
    done = await one.start(
        "run", file, POOLROLL_YES="1", POOLROLL_STATE=state, POOLROLL_ONLY="web2"
    ).end()
    assert done.code == 0, done.text
    assert one.executions() == {"web2": 1}
