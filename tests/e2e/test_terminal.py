"""Questions at a terminal: nothing starts by accident."""

from pathlib import Path

import pytest

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site
from tests.e2e.terminal import at_terminal
from tests.support.waiting import until

QUESTION = "at most 1 out at a time? [y/N]"


def argv(one: Site, file: Path, *options: str) -> tuple[str, ...]:
    return ("run", str(file), "--state", str(one.state), *options)


@pytest.mark.parametrize("answer", ["\n", "n\n", "x\n", "\x04"])
async def test_default_is_no(site: MakeSite, answer: str) -> None:
    """Anything but a yes, the end of input too, begins nothing: exit 7."""
    one = await site(2)
    with at_terminal(*argv(one, one.file(gates=[]))) as terminal:
        await terminal.until_shows(QUESTION)
        terminal.type(answer)
        done = await terminal.end()
    assert (done.code, "nothing was touched" in done.out) == (7, True)
    assert (one.rows(), await one.admin()) == ([], {"web1": 0, "web2": 0})


async def test_yes(site: MakeSite) -> None:
    """After the plan, a yes begins."""
    one = await site(2)
    with at_terminal(*argv(one, one.file(gates=[]))) as terminal:
        await terminal.until_shows(QUESTION)
        assert "NO GATES" in terminal.screen
        terminal.type("y\n")
        assert (await terminal.end()).code == 0
    await one.assert_all("v2")


async def test_typed_ahead(site: MakeSite) -> None:
    """What was typed before the question is no answer to it."""
    one = await site(2)
    with at_terminal(*argv(one, one.file(gates=[]))) as terminal:
        terminal.type("y\ny\n")
        await terminal.until_shows(QUESTION)
        terminal.type("n\n")
        done = await terminal.end()
    assert (done.code, one.rows(), one.executions()) == (7, [], {})


async def test_nobody_to_ask_before_each_member(site: MakeSite) -> None:
    """Without a terminal `--step` is refused, and `--yes`, which would not help, is not named."""
    one = await site(2)
    for yes in ((), ("--yes",)):
        done = await one.start("run", str(one.file(gates=[])), "--step", *yes).end()
        assert (done.code, "no terminal to ask at" in done.err) == (2, True)
        assert "add --yes" not in done.err


async def test_step(site: MakeSite) -> None:
    """`--step` asks before each member, drops what was typed ahead, and a no stops in a safe
    state; the next run goes on."""
    one = await site(2)
    file = one.file(gates=[], upgrade=one.upgrade(held=True))
    with at_terminal(*argv(one, file, "--step", "--yes")) as terminal:
        await terminal.until_shows("continue with web1? [y/N]")
        assert (one.executions(), await one.admin()) == ({}, {"web1": 0, "web2": 0})
        terminal.type("y\n")
        await until(lambda: one.executions()["web1"], 20, "the step to run")
        terminal.type("y\n")
        one.go.touch()
        await terminal.until_shows("continue with web2? [y/N]")
        terminal.type("n\n")
        done = await terminal.end()
    assert done.code == 7, done.out
    assert f"`poolroll run {file} --step --state {one.state}` goes on" in done.out
    assert "--step" in (await one.command("status", "web")).out
    assert one.executions() == {"web1": 1}
    assert await one.admin() == {"web1": 0, "web2": 0}
    assert (await one.run(file)).code == 0
    assert one.executions() == {"web1": 1, "web2": 1}
    await one.assert_all("v2")
