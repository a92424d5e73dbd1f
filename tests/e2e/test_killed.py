"""`kill -9` at any moment loses nothing: the next run goes on (S7)."""

import json
from contextlib import AsyncExitStack
from pathlib import Path
from signal import SIGKILL

import pytest

from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.site import SLOW_TO, Site
from tests.support.waiting import until


async def test_killed_while_draining(site: MakeSite) -> None:
    """Killed with a request in flight: it is drained on, upgraded once, and no user fails."""
    one = await site(2, cookie=False, backend_lines=SLOW_TO)
    file = one.file()
    async with one.users() as load, AsyncExitStack() as slow:
        await slow.enter_async_context(one.in_progress())
        running = one.begin(file)
        await one.until_phase("web1", Phase.DRAINING, running)
        await running.kill()
        again = one.begin(file)
        await until(lambda: len(one.bodies("RunBegan")) == 2, 60, "the second run to begin")
        assert one.executions() == {}
        await slow.aclose()
        assert (await again.end()).code == 0
    assert (load.tally.failed, one.executions()) == (0, {"web1": 1, "web2": 1})
    await one.assert_all("v2")


@pytest.mark.parametrize("ends", ["while nobody looks", "under the next run"])
async def test_killed_while_a_step_runs(site: MakeSite, ends: str) -> None:
    """The step of a killed run goes on, and the next run takes its end, not a second one."""
    one = await site(2)
    file = one.file(upgrade=one.upgrade(held=True))
    async with one.users() as load:
        running = one.begin(file)
        await until(lambda: one.executions()["web1"], 60, "the step to run")
        await running.kill()
        if ends == "while nobody looks":
            one.go.touch()
            await until(lambda: list(one.state.glob("jobs/*/*/*/result")), what="the step's end")
        again = one.begin(file)
        await until(lambda: len(one.bodies("RunBegan")) == 2, 60, "the second run to begin")
        one.go.touch()
        assert (await again.end()).code == 0
    assert (load.tally.failed, one.executions()) == (0, {"web1": 1, "web2": 1})
    await one.assert_all("v2")


async def test_killed_while_validating(site: MakeSite) -> None:
    """Killed before its validation passed: no user meets v2 until the next run validated it."""
    one = await site(2)
    file = one.file(validate=[one.go_ahead(), one.answers()])
    async with one.users(sticky_share=0.4) as load:
        running = one.begin(file)
        await one.until_phase("web1", Phase.VALIDATING, running)
        await running.kill()
        assert load.tally.by_version["v2"] == 0
        assert (await one.admin())["web1"] & 1
        one.go.touch()
        assert (await one.run(file)).code == 0
    assert (load.tally.failed, one.executions()) == (0, {"web1": 1, "web2": 1})
    await one.assert_all("v2")


async def test_killed_while_returning(site: MakeSite) -> None:
    """Killed while the balancer's own check still fails: nobody meets v2 before it has passed."""
    one = await site(2)
    file = one.file(upgrade=one.upgrade({"health": 503}), validate=[one.answers("/")])
    async with one.users(sticky_share=0.4) as load:
        running = one.begin(file)
        await one.until_phase("web1", Phase.CHECKING, running)
        await running.kill()
        again = one.begin(file)
        await until(lambda: len(one.bodies("RunBegan")) == 2, 60, "the second run to begin")
        await one.until_phase("web1", Phase.CHECKING, again)
        assert load.tally.by_version["v2"] == 0
        one.world.set_behaviour("web1", health=200)
        await one.until_phase("web2", Phase.CHECKING, again)
        one.world.set_behaviour("web2", health=200)
        assert (await again.end()).code == 0
    assert (load.tally.failed, one.executions()) == (0, {"web1": 1, "web2": 1})
    await one.assert_all("v2")


async def test_killed_while_soaking(site: MakeSite) -> None:
    """Killed in a soak: the next run soaks anew, and upgrades only what is left."""
    one = await site(2)
    file = one.file()
    running = one.begin(file)  # without users its gate has nothing to judge: the soak lasts
    await one.until_phase("web1", Phase.SOAKING, running)
    await running.kill()
    async with one.users() as load:
        assert (await one.run(file)).code == 0
    assert (load.tally.failed, one.executions()) == (0, {"web1": 1, "web2": 1})
    await one.assert_all("v2")


async def killed_further_on(one: Site, file: Path, records: int) -> bool:
    """Run until the journal has so many records more, then kill; whether anything is left to do."""
    turn = one.records() + records
    running = one.begin(file)

    def is_there() -> bool:
        return one.records() >= turn or running.process.poll() is not None

    await until(is_there, 60, "the journal to go on", every=0.001)
    await running.kill()
    return running.process.returncode == -SIGKILL and not one.bodies("Finished")


async def test_killed_at_every_turn(site: MakeSite) -> None:
    """Killed again and again, each time a few records of the journal further on: with weights of
    its own, each member was upgraded once in the end, and is back as found."""
    one = await site(2, server_options="check inter 50ms rise 1 fall 3 weight 50")
    file = one.file()
    kills = 0
    async with one.users() as load:
        while kills < 8 and await killed_further_on(one, file, 3 + kills):
            kills += 1
        if not one.bodies("Finished"):  # it may have been killed just after that
            assert (await one.run(file)).code == 0
    assert kills >= 4
    assert len(one.rows()) == 1
    assert [json.loads(body)["outcome"] for body in one.bodies("Finished")] == ["done"]
    assert (load.tally.failed, one.executions()) == (0, {"web1": 1, "web2": 1})
    await one.assert_all("v2")
    assert [await one.weight(name) for name in one.world.members] == [50, 50]
