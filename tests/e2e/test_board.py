"""The live board on a real terminal: any size, any locale, and terminals that leave."""

import re
import subprocess
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site
from tests.e2e.terminal import Terminal, at_terminal
from tests.support.waiting import until

STANDING = ("members  ", "floor    1 serve, at least 1 must", "upgrade")
"""While web1 is out, at any width."""


def count(terminal: Terminal, text: str) -> int:
    glass = terminal.glass
    return "\n".join([*glass.scrolled, *glass.rows]).count(text)


@contextmanager
def begun(one: Site, file: Path, **options: Any) -> Iterator[Terminal]:
    argv = ("run", str(file), "--yes", "--state", str(one.state))
    with at_terminal(*argv, **options) as terminal:
        yield terminal


@asynccontextmanager
async def held(site: MakeSite, **options: Any) -> AsyncIterator[tuple[Site, Terminal]]:
    """A rollout whose first upgrade runs until `go`, at a terminal."""
    one = await site(2)
    file = one.file(upgrade=one.upgrade(held=True))
    async with one.users(rate=50):
        with begun(one, file, **options) as terminal:
            yield one, terminal


async def test_board_stands_and_goes(site: MakeSite) -> None:
    """It stands below what happened, moves no line of it, and leaves without a trace."""
    async with held(site, size=(80, 24)) as (one, terminal):
        await terminal.until_stands(*STANDING, "at least 5s left", "step 1 of 1 runs")
        assert not terminal.glass.has_cursor
        one.go.touch()
        done = await terminal.end()
    assert done.code == 0, done.out
    assert colours(done.out)
    glass = terminal.glass
    assert "done: 2 members upgraded and returned" in glass.text
    assert "floor    " not in glass.text
    assert glass.has_cursor
    assert count(terminal, "going back into rotation as found") == 2
    assert (
        count(terminal, "at stake, at the present rate")
        + count(terminal, "NO REQUESTS WERE MEASURED")
        == 1
    )


SIZES = ((60, 20), (120, 12), (20, 5), (40, 24), (80, 10), (200, 50))


async def test_any_size(site: MakeSite) -> None:
    """After a resize, board and last sentences are painted anew, in the new size: the board is
    never wider nor higher than the terminal, and stands there once."""
    async with held(site, size=(100, 30)) as (one, terminal):
        await terminal.until_stands(*STANDING)
        for size in SIZES:
            terminal.resize(*size)
            await terminal.until_stands("members  0 of", "state    RUNNING")
            shown = terminal.glass
            assert shown.text.count("members  0 of") == 1, shown.text
            assert not [row for row in shown.scrolled if row.startswith("members  ")]
        await terminal.until_stands(*STANDING, "takes no new traffic")
        one.go.touch()
        assert (await terminal.end()).code == 0
    assert "done: 2 members" in terminal.glass.text


@pytest.mark.parametrize("term", ["dumb", ""])
async def test_dumb_terminal(site: MakeSite, term: str) -> None:
    """Plain, dated lines where the cursor cannot be moved."""
    async with held(site, size=(80, 24), TERM=term) as (one, terminal):
        one.go.touch()
        done = await terminal.end()
    assert done.code == 0, done.out
    assert "\x1b" not in done.out
    said = r"^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC  web1      draining: no new traffic"
    assert re.search(said, done.out, re.MULTILINE)


def colours(out: str) -> set[int]:
    """That were asked for (ECMA-48, section 8.3.117, SGR: 30 to 49; xterm: 90 to 107)."""
    asked = {int(c) for codes in re.findall(r"\x1b\[([\d;]*)m", out) for c in codes.split(";") if c}
    return {code for code in asked if 30 <= code <= 49 or 90 <= code <= 107}


async def test_no_color(site: MakeSite) -> None:
    """NO_COLOR: no colour of any kind. Standard input may be from elsewhere."""
    stdin = subprocess.DEVNULL
    async with held(site, size=(80, 24), stdin=stdin, NO_COLOR="1") as (one, terminal):
        await terminal.until_stands(*STANDING)
        one.go.touch()
        done = await terminal.end()
    assert (done.code, colours(done.out)) == (0, set())


@pytest.mark.parametrize("env", [{"PYTHONIOENCODING": "ascii"}, {"LC_ALL": "C"}])
async def test_ascii(site: MakeSite, env: dict[str, str]) -> None:
    """Where the locale has no signs beyond ASCII, the board has none, and nothing fails."""
    async with held(site, size=(80, 24), **env) as (one, terminal):
        await terminal.until_stands(*STANDING, "-- web ---")
        one.go.touch()
        done = await terminal.end()
    assert done.code == 0, done.out
    assert done.out.isascii()


async def test_terminal_goes_away(site: MakeSite) -> None:
    """The rollout goes on to its end, and the exit code still tells (S11)."""
    async with held(site, size=(80, 24)) as (one, terminal):
        await terminal.until_stands(*STANDING)
        terminal.hang_up()
        one.go.touch()
        assert await terminal.end_unseen() == 0
    await one.assert_all("v2")


async def test_terminal_takes_nothing(site: MakeSite) -> None:
    """A terminal that is stopped (Ctrl-S) or not read holds nothing up: the rollout is done while
    nobody has read a word since it began."""
    async with held(site, size=(200, 50)) as (one, terminal):
        await until(lambda: one.executions()["web1"], 20, "the first step to run")
        one.go.touch()

        def is_done() -> bool:
            state = one.rollout()
            return state is not None and state.finished is not None

        await until(is_done, 20, "the rollout to be done")
        assert one.phase("web2") is Phase.DONE
        assert (await terminal.end()).code == 0
