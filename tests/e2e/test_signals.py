"""SIGTERM, SIGINT and SIGHUP bring the rollout to a safe state, and the next run goes on (S11)."""

from contextlib import AsyncExitStack
from signal import SIGHUP, SIGINT, SIGTERM, Signals

import pytest

from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.site import SLOW_TO, Running, Site
from tests.support.command import Done
from tests.support.waiting import until


async def stopped(one: Site, running: Running, number: Signals) -> None:
    """Send the signal, and wait until the rollout has taken it."""
    running.signal(number)
    await until(lambda: one.bodies("StopRequested"), what="the stop to be in the journal")
    assert number.name in one.bodies("StopRequested")[0]


UNPROVEN = "web1 serves users UNPROVEN: its soak was not finished; `poolroll run "
RUNS_ON = "the command on web1 runs on by itself; `poolroll run "
SAFE = "in a safe state"


async def assert_goes_on(one: Site, done: Done, said: str = SAFE) -> None:
    """It stopped in order, and the next run completes, each member upgraded exactly once. A safe
    state is claimed only where users meet nothing unproven, and nothing runs on."""
    assert done.code == 7, done.text
    assert said in done.out
    assert (SAFE in done.out) is (said == SAFE)
    path = one.world.folder / "rollout.yml"
    assert (await one.run(path)).code == 0
    assert one.executions() == dict.fromkeys(one.world.members, 1)
    await one.assert_all("v2")


@pytest.mark.parametrize("number", [SIGTERM, SIGINT, SIGHUP], ids=lambda number: number.name)
async def test_while_draining(site: MakeSite, number: Signals) -> None:
    """A member that only drains goes back as it was, with its work in flight untouched."""
    one = await site(2, cookie=False, backend_lines=SLOW_TO)
    file = one.file()
    async with one.users() as load, AsyncExitStack() as slow:
        await slow.enter_async_context(one.in_progress())
        running = one.begin(file)
        await one.until_phase("web1", Phase.DRAINING, running)
        running.signal(number)
        done = await running.end()
        assert await one.admin() == {"web1": 0, "web2": 0}
        assert await one.in_flight("web1") >= 1
        await slow.aclose()
        await assert_goes_on(one, done)
    assert load.tally.failed == 0


@pytest.mark.parametrize("number", [SIGTERM, SIGHUP], ids=lambda number: number.name)
async def test_while_a_step_runs(site: MakeSite, number: Signals) -> None:
    """A running step ends by itself; its member is validated and returned, no other is touched."""
    one = await site(2)
    file = one.file(upgrade=one.upgrade(held=True))
    async with one.users() as load:
        running = one.begin(file)
        await until(lambda: one.executions()["web1"], 60, "the step to run")
        await stopped(one, running, number)
        assert running.process.poll() is None
        one.go.touch()
        done = await running.end()
        assert await one.world.member_versions() == {"web1": "v2", "web2": "v1"}
        assert await one.admin() == {"web1": 0, "web2": 0}
        assert "waiting for the running step of web1. A second signal" in done.err
        await assert_goes_on(one, done, UNPROVEN)
    assert load.tally.failed == 0


async def test_twice_while_a_step_runs(site: MakeSite) -> None:
    """The second signal no longer waits for the step, which goes on; its member stays out, and the
    next run takes the step's end."""
    one = await site(2)
    file = one.file(upgrade=one.upgrade(held=True))
    async with one.users() as load:
        running = one.begin(file)
        await until(lambda: one.executions()["web1"], 60, "the step to run")
        await stopped(one, running, SIGINT)
        running.signal(SIGINT)
        done = await running.end()
        assert (await one.admin())["web1"] & 1
        one.go.touch()
        assert "the command on web1 RUNS ON, and the next run waits for its end" in done.err
        await assert_goes_on(one, done, RUNS_ON)
    assert load.tally.failed == 0


async def test_while_validating(site: MakeSite) -> None:
    """A validation that passes in time still lets its member return before the end."""
    one = await site(2)
    file = one.file(validate=[one.go_ahead()])
    async with one.users() as load:
        running = one.begin(file)
        await one.until_phase("web1", Phase.VALIDATING, running)
        await stopped(one, running, SIGINT)
        one.go.touch()
        done = await running.end()
        assert await one.admin() == {"web1": 0, "web2": 0}
        await assert_goes_on(one, done, UNPROVEN)
    assert load.tally.failed == 0


async def test_while_a_validation_lasts_too_long(site: MakeSite) -> None:
    """A member that does not get through within `return.within` is left out, and that is said."""
    one = await site(2)
    file = one.file(validate=[one.go_ahead()], **{"return": {"within": "400ms"}})
    async with one.users() as load:
        running = one.begin(file)
        await one.until_phase("web1", Phase.VALIDATING, running)
        await stopped(one, running, SIGTERM)
        done = await running.end()
        assert "web1  OUT OF ROTATION" in done.out
        assert (await one.admin())["web1"] & 1
        one.go.touch()
        await assert_goes_on(one, done)
    assert load.tally.failed == 0


async def test_while_returning(site: MakeSite) -> None:
    """A balancer's check that passes in time still lets its member return before the end."""
    one = await site(2)
    file = one.file(upgrade=one.upgrade({"health": 503}), validate=[one.answers("/")])
    async with one.users() as load:
        running = one.begin(file)
        await one.until_phase("web1", Phase.CHECKING, running)
        await stopped(one, running, SIGTERM)
        one.world.set_behaviour("web1", health=200)
        done = await running.end()
        assert done.code == 7, done.text
        assert await one.admin() == {"web1": 0, "web2": 0}
        again = one.begin(file)
        await one.until_phase("web2", Phase.CHECKING, again)
        one.world.set_behaviour("web2", health=200)
        assert (await again.end()).code == 0
    assert (load.tally.failed, one.executions()) == (0, {"web1": 1, "web2": 1})
    await one.assert_all("v2")


async def test_while_soaking(site: MakeSite) -> None:
    """A member in its soak stays in rotation, and the next run soaks it to the end."""
    one = await site(2)
    running = one.begin(one.file())  # without users its gate has nothing to judge: the soak lasts
    await one.until_phase("web1", Phase.SOAKING, running)
    running.signal(SIGHUP)
    done = await running.end()
    assert await one.admin() == {"web1": 0, "web2": 0}
    async with one.users() as load:
        await assert_goes_on(one, done, UNPROVEN)
    assert load.tally.failed == 0


async def test_while_it_asks_the_pool(site: MakeSite) -> None:
    """A signal before anything was touched ends it with 7, and says so."""
    one = await site(2)
    file = one.file()
    one.world.haproxies[0].freeze()
    try:
        running = one.begin(file)
        locks = one.state / "locks"
        await until(lambda: list(locks.glob("*.lock")), what="the run to hold its name")
        running.signal(SIGTERM)
        done = await running.end()
    finally:
        one.world.haproxies[0].thaw()
    assert (done.code, done.out) == (7, "stopped (SIGTERM); nothing was touched\n")
    assert one.rows() == []


async def test_deadline(site: MakeSite) -> None:
    """It ends itself in order, whatever it is at; the running step ends first."""
    one = await site(2)
    words = one.folder / "words"
    file = one.file(upgrade=one.upgrade(held=True), gates=[])
    running = one.begin(file, "--deadline", "2s", "--termination-log", str(words))

    def is_over() -> bool:
        is_stopped = one.rows() and one.bodies("StopRequested")
        return bool(is_stopped) or running.process.poll() is not None

    await until(is_over, 60, "the deadline")
    one.go.touch()
    done = await running.end()
    assert done.code == 7, done.text
    assert "stopped (its deadline of 2s is over)" in done.out
    assert words.read_text().startswith("poolroll: exit code 7\n")
    assert "its deadline of 2s is over" in words.read_text()
    assert (await one.run(file)).code == 0
    await one.assert_all("v2")
