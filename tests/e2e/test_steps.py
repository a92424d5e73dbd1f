"""Commands that hang, are missing, or take their time."""

import re
import sqlite3
from contextlib import closing
from pathlib import Path

from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.site import SLOW_TO
from tests.e2e.test_sick_members import assert_halt_lines
from tests.support.waiting import until


async def test_hanging_with_children(site: MakeSite) -> None:
    """An upgrade that hangs with children of its own is ended whole at its timeout: exit 5."""
    one = await site(3)
    pids = one.folder / "pids"
    script = f'sleep 300 & echo $$! >> "{pids}"; sleep 300 & echo $$! >> "{pids}"; wait'
    file = one.file(upgrade={"command": ["/bin/sh", "-c", script], "timeout": "1s"}, gates=[])
    done = await one.run(file)
    assert_halt_lines(done, 5, "web1: OUT OF ROTATION", "web2, web3: in rotation, untouched")
    assert re.search(r"SEEN      web1: .*did not end in time", done.out), done.out
    children = pids.read_text().split()
    assert len(children) == 2
    await until(
        lambda: all(not Path(f"/proc/{pid}").exists() for pid in children), 5, "children to end"
    )
    assert await one.admin() == {"web1": 1, "web2": 0, "web3": 0}


async def test_upgrade_not_found(site: MakeSite) -> None:
    """A step whose program no step before has brought: exit 5, named; no further member is
    touched."""
    one = await site(3)
    steps = [{"command": ["/bin/true"]}, {"command": ["no-such-tool", "-y"]}]
    done = await one.run(one.file(upgrade={"steps": steps}, gates=[]))
    assert_halt_lines(done, 5, "web2, web3: in rotation, untouched")
    assert "no-such-tool: command not found" in done.out


async def test_upgrade_fails(site: MakeSite) -> None:
    """What a failed upgrade said last stands in the log, with its exit code."""
    one = await site(3)
    command = ["/bin/sh", "-c", "echo no space left on device; exit 3"]
    done = await one.run(one.file(upgrade={"command": command}, gates=[]))
    assert_halt_lines(done, 5, "web1: OUT OF ROTATION")
    assert "ended with exit code 3" in done.out
    assert "no space left on device" in done.err


async def test_validation_lost(site: MakeSite) -> None:
    """A validation command that the upgrade took away: exit 5, named; the member stays out."""
    one = await site(3)
    smoke = one.folder / "smoke.sh"
    smoke.symlink_to("/bin/true")
    file = one.file(
        validate=[{"command": [str(smoke)], "within": "300ms"}],
        upgrade={"command": ["/bin/rm", str(smoke)]},
        gates=[],
    )
    done = await one.run(file)
    assert_halt_lines(done, 5, "web1: OUT OF ROTATION")
    assert "smoke.sh" in next(line for line in done.out.splitlines() if line.startswith("SEEN"))


async def test_answering_late(site: MakeSite) -> None:
    """An app that takes its time to answer is waited for, `within` its time; no user meets it."""
    one = await site(2)
    late = one.upgrade({"boot_ms": 1000}, listens=False)
    async with one.users(sticky_share=0.4) as load:
        done = await one.run(one.file(upgrade=late))
    assert (done.code, load.tally.failed) == (0, 0), done.text
    await one.assert_all("v2")


async def test_answering_too_late(site: MakeSite) -> None:
    """An app that answers after `within`: exit 5, the member out."""
    one = await site(3)
    late = one.upgrade({"boot_ms": 60_000}, listens=False)
    file = one.file(upgrade=late, validate=[one.answers(within="500ms")], gates=[])
    done = await one.run(file)
    assert_halt_lines(done, 5, "web1: OUT OF ROTATION")
    assert await one.admin() == {"web1": 1, "web2": 0, "web3": 0}


async def test_work_that_does_not_end(site: MakeSite) -> None:
    """Work in flight that outlasts `drain.timeout`: exit 5, and the member goes back as it was."""
    one = await site(2, cookie=False, backend_lines=SLOW_TO)
    file = one.file(drain={"timeout": "300ms"}, gates=[])
    async with one.in_progress():
        done = await one.run(file)
        assert await one.in_flight("web1") == 1
    assert_halt_lines(done, 5, "web1, web2: in rotation, untouched")
    assert "still in flight at web1 after 0.3s" in done.out
    assert (one.executions(), await one.admin()) == ({}, {"web1": 0, "web2": 0})


async def test_partner_lost_while_draining(site: MakeSite) -> None:
    """A partner that is lost while we only drain sends ours back at once, and the run waits for
    the floor to hold again (S2)."""
    one = await site(2, cookie=False, backend_lines=SLOW_TO)
    file = one.file(gates=[])
    async with one.in_progress():
        running = one.begin(file)
        await one.until_phase("web1", Phase.DRAINING, running)
        one.world.set_behaviour("web2", health=503)

        async def is_back() -> bool:
            return (await one.admin())["web1"] == 0

        await until(is_back, 60, "web1 to go back")
        await until(lambda: one.bodies("CapacityShort"), 60, "the run to wait for capacity")
    one.world.set_behaviour("web2", health=200)
    assert (await running.end()).code == 0
    assert one.executions() == {"web1": 1, "web2": 1}
    await one.assert_all("v2")


async def test_journal_that_is_locked_for_a_while(site: MakeSite) -> None:
    """By another process, as a step ends: nothing more begins, that is said, and the rollout goes
    on when the journal can be written again."""
    one = await site(2)
    running = one.begin(one.file(upgrade=one.upgrade(held=True), gates=[]))
    await until(lambda: one.executions()["web1"], 60, "the step to run")
    with closing(sqlite3.connect(one.state / "journal.db", isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        one.go.touch()
        await until(lambda: "no further step begins until it does" in running.err, 60, "the words")
        assert await one.admin() == {"web1": 1, "web2": 0}
    done = await running.end()
    assert done.code == 0, done.text
    assert "the journal answers again" in done.err
    assert one.executions() == {"web1": 1, "web2": 1}
    await one.assert_all("v2")
