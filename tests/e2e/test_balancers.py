"""Load balancers that are reloaded or fall silent under way (S9)."""

import os
import signal
from contextlib import AsyncExitStack

import pytest

from adapters.demo.haproxy import HaproxyProcess
from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.site import SLOW_TO, Site
from tests.support.waiting import until


async def reloaded(one: Site) -> HaproxyProcess:
    """Reload the first HAProxy, and wait until the rollout has noticed it."""
    process = one.world.haproxies[0]
    await process.reload()
    await until(lambda: one.bodies("InstanceRestarted"), 60, "the reload to be noticed")
    return process


async def test_reload_while_draining(site: MakeSite) -> None:
    """The drain is set anew, and nothing is upgraded while the old worker still serves."""
    one = await site(2, cookie=False, backend_lines=SLOW_TO)
    file = one.file()
    async with one.users() as load, AsyncExitStack() as slow:
        await slow.enter_async_context(one.in_progress())
        running = one.begin(file)
        await one.until_phase("web1", Phase.DRAINING, running)
        process = await reloaded(one)
        await one.until_phase("web1", Phase.OUT, running)
        (old,) = process.former_pids
        assert one.executions() == {}
        os.kill(old, signal.SIGTERM)  # its last connection ends
        assert (await running.end()).code == 0
    assert load.tally.failed == 0
    await one.assert_all("v2")


@pytest.mark.parametrize("phase", [Phase.UPGRADING, Phase.VALIDATING])
async def test_reload_while_out(site: MakeSite, phase: Phase) -> None:
    """A member that the new worker has in rotation is taken out again before it is touched."""
    one = await site(2)
    is_held = phase is Phase.UPGRADING
    file = one.file(
        upgrade=one.upgrade(held=is_held), validate=[one.go_ahead(), one.answers("/health")]
    )
    async with one.users() as load:
        running = one.begin(file)
        await one.until_phase("web1", phase, running)
        await reloaded(one)

        async def is_out() -> bool:
            return bool((await one.admin())["web1"] & 1)

        await until(is_out, 60, "web1 to be taken out anew")
        one.go.touch()
        assert (await running.end()).code == 0
    assert (load.tally.failed, one.executions()) == (0, {"web1": 1, "web2": 1})
    await one.assert_all("v2")


async def test_reload_while_returning(site: MakeSite) -> None:
    """The balancer's check begins anew under the new worker, which must pass it as well."""
    one = await site(2)
    file = one.file(upgrade=one.upgrade({"health": 503}), validate=[one.answers("/")])
    async with one.users() as load:
        running = one.begin(file)
        await one.until_phase("web1", Phase.CHECKING, running)
        await reloaded(one)

        async def is_draining() -> bool:
            return (await one.admin())["web1"] == 8

        await until(is_draining, 60, "web1 to wait for its check anew")
        one.world.set_behaviour("web1", health=200)
        await one.until_phase("web2", Phase.CHECKING, running)
        one.world.set_behaviour("web2", health=200)
        assert (await running.end()).code == 0
    assert (load.tally.failed, one.executions()) == (0, {"web1": 1, "web2": 1})
    await one.assert_all("v2")


async def test_reload_while_soaking(site: MakeSite) -> None:
    """Counters that begin anew at zero neither halt nor hold a rollout."""
    one = await site(2)
    async with one.users() as before:
        await until(lambda: before.tally.by_member["web1"] > 20, what="web1 to have counts")
    running = one.begin(one.file())  # without users its gate has nothing to judge: the soak lasts
    await one.until_phase("web1", Phase.SOAKING, running)
    await reloaded(one)
    async with one.users() as load:
        assert (await running.end()).code == 0
    assert (load.tally.failed, one.executions()) == (0, {"web1": 1, "web2": 1})
    await one.assert_all("v2")


async def test_frozen(site: MakeSite) -> None:
    """One of two that falls silent while a step runs: the step ends, then exit 5 names it,
    and nothing further is touched."""
    one = await site(2, instances=2)
    lost = {"haproxy": {"lost_after": "600ms"}}
    file = one.file(upgrade=one.upgrade(held=True), pool=lost)
    running = one.begin(file)
    await until(lambda: one.executions()["web1"], 60, "the step to run")
    second = one.world.haproxies[1]
    second.freeze()
    try:
        await until(lambda: one.bodies("Halted"), 60, "the halt")
        assert running.process.poll() is None
        one.go.touch()
        done = await running.end()
    finally:
        second.thaw()
    assert done.code == 5, done.text
    assert f"SEEN      {one.world.unix_endpoints[1]} has not answered for 0.6s" in done.out
    silent = f"{one.world.unix_endpoints[1]} does not answer"
    assert f"USERS     NOT KNOWN: {silent}" in done.out
    assert f"CAN WAIT  NOT KNOWN, treat it as NO: {silent}" in done.out
    assert "MEMBERS   as last seen at " in done.out
    for endpoint in one.world.unix_endpoints:
        assert await one.admin(endpoint) == {"web1": 1, "web2": 0}
    assert one.executions() == {"web1": 1}
