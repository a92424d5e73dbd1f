"""A healthy v2 reaches every member without one failed request."""

import asyncio

import pytest

from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.site import SLOW_TO
from tests.support.haproxies import HAPROXIES
from tests.support.runtime import order
from tests.support.waiting import until

BUSY = {"slow_share": 0.05, "sticky_share": 0.4}
"""Users as they are: keep-alive, some slow requests, some with a cookie."""


@pytest.mark.parametrize("haproxy", HAPROXIES, indirect=True)
@pytest.mark.parametrize("endpoint", ["unix", "tcp"])
async def test_under_load(site: MakeSite, endpoint: str) -> None:
    """By either kind of endpoint and with either HAProxy: all at v2, nobody failed, sticky clients
    moved, in the load balancer's order."""
    one = await site(3)
    endpoints = one.world.unix_endpoints if endpoint == "unix" else one.world.tcp_endpoints
    file = one.file(pool={"haproxy": {"apis": endpoints}}, drain={"sticky": "200ms"})
    async with one.users(150, **BUSY) as load:
        done = await one.run(file)
        await until(lambda: load.tally.moved > 0, what="a sticky client to be moved")
    assert (done.code, load.tally.failed) == (0, 0), (done.text, load.tally.by_failure)
    assert "done: 3 members upgraded and returned" in done.out
    assert list(one.executions().items()) == [("web1", 1), ("web2", 1), ("web3", 1)]
    await one.assert_all("v2")


async def test_two_instances(site: MakeSite) -> None:
    """Behind two HAProxys, one by UNIX and one by TCP endpoint, both with users."""
    one = await site(3, instances=2)
    endpoints = [one.world.unix_endpoints[0], one.world.tcp_endpoints[1]]
    file = one.file(pool={"haproxy": {"apis": endpoints}})
    async with one.users(150, **BUSY) as load:
        done = await one.run(file)
    assert (done.code, load.tally.failed) == (0, 0), (done.text, load.tally.by_failure)
    await one.assert_all("v2")


async def test_two_backends(site: MakeSite) -> None:
    """A member that is in two backends leaves both before its upgrade, and comes back to both."""
    one = await site(2, backends=("web", "api"))
    file = one.file(upgrade=one.upgrade(held=True))
    async with one.users() as load, one.users(path="/api") as more:
        running = one.begin(file)
        await one.until_phase("web1", Phase.UPGRADING, running)
        assert [await one.admin(backend=b) for b in ("web", "api")] == [{"web1": 1, "web2": 0}] * 2
        one.go.touch()
        assert (await running.end()).code == 0
    assert (load.tally.failed, more.tally.failed) == (0, 0)
    assert await one.admin(backend="api") == {"web1": 0, "web2": 0}
    await one.assert_all("v2")


async def test_two_at_a_time(site: MakeSite) -> None:
    """With `max_unavailable: 2` two members are out at once, and never three."""
    one = await site(4)
    file = one.file(upgrade=one.upgrade(held=True), pool={"max_unavailable": 2})
    async with one.users() as load:
        running = one.begin(file)
        await until(lambda: len(one.executions()) == 2, 20, "two steps to run at once")
        admin = await one.admin()
        assert sorted(admin.values()) == [0, 0, 1, 1]
        one.go.touch()
        assert (await running.end()).code == 0
    assert load.tally.failed == 0
    await one.assert_all("v2")


async def test_request_in_flight(site: MakeSite) -> None:
    """A slow request that is under way when the drain begins ends with 200, before the upgrade of
    its member begins."""
    one = await site(2, cookie=False, backend_lines=SLOW_TO)
    file = one.file(gates=[])
    reader, writer = await asyncio.open_connection("127.0.0.1", one.world.frontends[0])
    try:
        writer.write(b"GET /slow?ms=3000 HTTP/1.1\r\nHost: demo\r\n\r\n")
        running = one.begin(file)
        await one.until_phase("web1", Phase.DRAINING, running)
        assert await one.in_flight("web1") == 1
        head = await reader.readuntil(b"\r\n\r\n")
        assert (await running.end()).code == 0
    finally:
        writer.close()
        await writer.wait_closed()
    assert head.startswith(b"HTTP/1.1 200"), head
    assert b"x-version: v1\r\nx-member: web1" in head.lower()
    await one.assert_all("v2")


async def test_nobody_comes(site: MakeSite) -> None:
    """Without gates and without users, time alone ends a soak; the plan says so in capitals."""
    one = await site(2)
    done = await one.run(one.file(gates=[]))
    assert done.code == 0, done.text
    assert "NO GATES" in done.out
    await one.assert_all("v2")


async def test_found_out(site: MakeSite) -> None:
    """A member that was out before we came is left out, not upgraded, and that is said."""
    one = await site(3)
    await order(one.endpoint, "set server web/web2 state maint")
    async with one.users() as load:
        done = await one.run(one.file())
    assert (done.code, load.tally.failed) == (0, 0), done.text
    assert "web2  left as found: is out" in done.out
    assert await one.admin() == {"web1": 0, "web2": 1, "web3": 0}
    assert await one.world.member_versions() == {"web1": "v2", "web2": "v1", "web3": "v2"}


async def test_weight_as_found(site: MakeSite) -> None:
    """A weight that was set by hand is there again afterwards."""
    one = await site(2, server_options="check inter 50ms rise 1 fall 3 weight 100")
    await order(one.endpoint, "set server web/web1 weight 50")
    async with one.users() as load:
        done = await one.run(one.file())
    assert (done.code, load.tally.failed) == (0, 0), done.text
    weights = [await one.weight(name) for name in one.world.members]
    assert weights == [50, 100]
    await one.assert_all("v2")
