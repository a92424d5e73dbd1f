"""Windows, freezes and `finish_by`, by the command. No test waits for one: they lie hours away from
now, and a clock is set."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from tests.e2e.conftest import MakeSite
from tests.support.fork_server import CLOCKS
from tests.support.waiting import until

ANYWAY = "to run all the same: --ignore-windows --reason TEXT\n"


def clock(hours: int, form: str = "%H:%M") -> str:
    """What it shows so many hours from now."""
    return f"{datetime.now(UTC) + timedelta(hours=hours):{form}} UTC"


def set_by(file: Path) -> dict[str, Any]:
    """The environment of a run whose clock is set eleven hours ahead once the file is there."""
    return {CLOCKS: f"{11 * 3600} {file}"}


async def test_a_window_ends_between_two_members(site: MakeSite) -> None:
    """Refused while it is closed, with nothing touched; then it begins, and the clock is set past
    the end while the first member is upgraded: that one comes back, the others are left as they
    are, and a later run goes on with them. A freeze goes before the window, and a reason before
    both."""
    one = await site(3)
    held = {"upgrade": one.upgrade(held=True), "gates": []}
    before = await one.world.member_versions()

    async def refused(why: str, *options: str, **shut: object) -> None:
        file = one.file(**held, **shut)
        for quiet in (options, ("--quiet", *options)):
            done = await one.run(file, *quiet)
            assert (done.code, done.out) == (3, ""), done.text
            (line,) = done.err.splitlines()
            assert why in line
            assert f"{line}\n".endswith(ANYWAY)
        plan = await one.command("plan", str(file), *options)
        assert (plan.code, line in plan.out) == (3, True), plan.text
        assert (await one.start("check", str(file)).end()).code == 0

    window = {"windows": [f"{clock(-2)[:-4]}-{clock(10)}"]}
    day, last = clock(-24, "%Y-%m-%d")[:-4], clock(24, "%Y-%m-%d")
    await refused("; it opens ", windows=[f"{clock(3)[:-4]}-{clock(5)}"])
    await refused(f"closed (freeze {day}..{last}); it opens ", freeze=[f"{day}..{last}"], **window)
    gone = clock(-24, "%Y-%m-%d %H:%M")
    await refused(f"closed (finish_by {gone}), and nothing opens it within a year", finish_by=gone)
    assert one.rows() == []
    await one.assert_all("v1")
    assert await one.world.member_versions() == before

    is_set = one.folder / "set"
    run = ("run", str(one.file(**held, **window)), "--yes", "--quiet", "--state", str(one.state))
    running = one.start(*run, **set_by(is_set))
    await until(one.executions, what="the first member to be upgraded")
    is_set.touch()
    one.go.touch()
    paused = await running.end()
    assert (paused.code, paused.err) == (7, ""), paused.text
    assert "paused: 1 member upgraded and returned" in paused.out
    assert "not started: web2, web3; " in paused.out
    assert set((await one.admin()).values()) == {0}
    closed = await one.start(*run, **set_by(is_set)).end()
    assert (closed.code, "the window is closed" in closed.err) == (3, True), closed.text
    assert "paused until " in (await one.command("status", "web")).out.splitlines()[0]
    checked = await one.command("status", "--check")
    assert (checked.code, checked.out.splitlines()[0]) == (0, "POOLROLL OK - 1 pool")
    assert ", until " in checked.out
    assert one.executions() == {"web1": 1}

    anyway = await one.start(*run, "--ignore-windows", "--reason", "a hole", "--only=web2").end()
    assert (anyway.code, one.executions()) == (0, {"web1": 1, "web2": 1}), anyway.text
    assert "windows ignored: a hole" in (await one.command("events", "web")).out
    done = await one.start(*run).end()
    assert done.code == 0, done.text
    assert one.executions() == dict.fromkeys(one.world.members, 1)
    await one.assert_all("v2")


async def test_finish_by(site: MakeSite) -> None:
    """A run that would not be done by then does not begin; one that is late is paused between two
    members, and says what goes on, as no later day has that hour."""
    one = await site(2)
    values = {"gates": [], "finish_by": clock(10, "%Y-%m-%d %H:%M")}
    slow = one.file(upgrade=one.upgrade() | {"timeout": "6h"}, **values)
    refused = await one.run(slow)
    assert (refused.code, one.executions()) == (3, {}), refused.text
    assert "and 2 members take 12h" in refused.err
    plan = await one.command("plan", str(slow), "--ignore-windows")
    assert (plan.code, "windows are ignored" in plan.out) == (0, True), plan.text

    file = one.file(upgrade=one.upgrade(held=True), **values)
    is_set = one.folder / "set"
    run = ("run", str(file), "--yes", "--quiet", "--state", str(one.state))
    running = one.start(*run, **set_by(is_set))
    await until(one.executions, what="the first member to be upgraded")
    is_set.touch()
    one.go.touch()
    paused = await running.end()
    assert paused.code == 7, paused.text
    assert "paused and no window opens within a year: closed (finish_by " in paused.out
    assert "--ignore-windows --reason '…'`" in paused.out
    shown = await one.command("status", "web")
    assert "--ignore-windows --reason '…'`" in shown.out
    assert set((await one.admin()).values()) == {0}
    done = await one.start(*run).end()
    assert (done.code, one.executions()) == (0, {"web1": 1, "web2": 1}), done.text
