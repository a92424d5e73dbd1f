"""What a reload, a freeze and an end of HAProxy look like from its endpoint."""

from datetime import timedelta

import pytest

from adapters.clock import SystemClock
from adapters.haproxy.balancer import HaproxyLoadBalancer
from controller.core.pool import Admin, Incarnation, InstanceView, Occupant
from controller.errors import BalancerTimeout, BalancerUnreachable
from tests.adapters.haproxy.site import App, Site, balancer, get, held
from tests.support.balancer_contract import eventually
from tests.support.waiting import until

pytestmark = pytest.mark.haproxy


def at(app: App) -> Occupant:
    return Occupant(f"127.0.0.1:{app.port}", "127.0.0.1", app.port)


async def seen(
    pool: HaproxyLoadBalancer,
    instance: str,
    members: tuple[str, ...] | None,
    former: tuple[Incarnation, ...] = (),
) -> InstanceView:
    """A look soon after a reload: for a moment the old worker may still take connections."""

    async def look() -> InstanceView | None:
        try:
            return await pool.look(instance, members, former=former)
        except BalancerUnreachable:
            return None

    view = await eventually(look, lambda view: view is not None)
    assert view is not None
    return view


async def test_reload_is_a_new_worker_that_forgot_our_drain(site: Site) -> None:
    """After a reload another worker answers, with the member ready again; the old one is seen for
    as long as it serves a request, and not longer."""
    app = await site.app("a1")
    front = await site.haproxy(f"backend web\n  server a1 127.0.0.1:{app.port}")
    pool = balancer([front.unix])
    before = await pool.look(front.unix, None)
    async with held(app, front.port, "") as work:
        await pool.drain("a1")
        await front.process.reload()
        former = (before.incarnation,)
        after = await seen(pool, front.unix, None, former)
        assert not after.incarnation.is_same(before.incarnation)
        assert after.incarnation.id == str(front.process.pid)
        assert [line.admin for line in after.lines] == [Admin.READY]
        assert after.lingering is True
        assert after.uptime is not None
        assert after.uptime < timedelta(seconds=30)
        stranger = balancer([front.unix])
        assert (await stranger.look(front.unix, ("a1",))).lingering is True
        assert after.lines[0].in_flight == 0
        app.release.set()
        assert (await work).status == 200

    async def lingering() -> bool | None:
        return (await pool.look(front.unix, ("a1",), former=former)).lingering

    assert await eventually(lingering, lambda alive: alive is not True) is False


async def test_unchecked_line_that_a_reload_made_ready_is_not_taken_for_out(site: Site) -> None:
    """`begin_return` sets nothing at a line without a check, and looks at it all the same: after
    a reload it is ready, in front of users, and that is an error."""
    app = await site.app("a1")
    front = await site.haproxy(f"backend web\n  server a1 127.0.0.1:{app.port}")
    pool = balancer([front.unix])
    await pool.take_out("a1")
    confirmed = await pool.begin_return("a1")
    assert confirmed[front.unix].id == str(front.process.pid)
    await front.process.reload()
    await seen(pool, front.unix, None)
    lost = "web/a1: it is ready again: what was set there before is lost"
    with pytest.raises(BalancerUnreachable, match=lost) as caught:
        await pool.begin_return("a1")
    assert caught.value.retryable


async def test_old_workers_cannot_be_seen_through_a_tcp_endpoint(site: Site) -> None:
    """Behind a TCP endpoint the processes may be another machine's: nothing is claimed of them."""
    app = await site.app("a1")
    front = await site.haproxy(f"backend web\n  server a1 127.0.0.1:{app.port}")
    former = (Incarnation("1", 1),)
    assert (await balancer([front.tcp]).look(front.tcp, None, former=former)).lingering is None


async def test_reload_that_renumbers_everything_is_seen_through(site: Site) -> None:
    """A reload with another backend and another server in front changes all numbers; small and
    full looks still show the right lines, and an unknown backend is an error."""
    apps = {name: await site.app(name) for name in ("a1", "a2")}
    server = "\n".join(f"  server {n} 127.0.0.1:{app.port}" for n, app in apps.items())
    front = await site.haproxy(f"backend web\n{server}")
    pool = balancer([front.unix])
    await pool.look(front.unix, None)
    for member, app in apps.items():
        (line,) = (await pool.look(front.unix, (member,))).lines
        assert (line.member, line.occupant) == (member, at(app))
    front.process.config = front.config(
        f"backend first\n{server}\nbackend web\n  server a0 127.0.0.1:9\n{server}", ""
    )
    await front.process.reload()
    for member, app in apps.items():
        (line,) = (await seen(pool, front.unix, (member,))).lines
        assert (line.backend, line.member, line.occupant) == ("web", member, at(app))
    names = [line.member for line in (await seen(pool, front.unix, None)).lines]
    assert names == ["a0", "a1", "a2"]


async def test_frozen_haproxy_times_out(site: Site) -> None:
    """A HAProxy that takes the connection and says nothing is a time-out, and is well again once
    it goes on."""
    front = await site.haproxy("backend web\n  server a1 127.0.0.1:9")
    pool = HaproxyLoadBalancer(
        [front.unix], ["web"], SystemClock(), deadline=timedelta(milliseconds=100)
    )
    front.process.freeze()

    async def error() -> BalancerTimeout | None:
        try:
            await pool.look(front.unix, None)
        except BalancerTimeout as error:
            return error
        return None

    frozen = await until(error, what="every thread of the process to stand still")
    assert "no complete answer within 0.1 s" in str(frozen)
    front.process.thaw()
    patient = balancer([front.unix])
    assert len((await patient.look(front.unix, None)).lines) == 1


async def test_all_instances_are_tried_before_an_error_is_raised(site: Site) -> None:
    """With the first of two HAProxies gone, the second still gets the setting, and the error names
    the first."""
    app = await site.app("a1")
    config = f"backend web\n  server a1 127.0.0.1:{app.port}"
    gone, there = await site.haproxy(config), await site.haproxy(config)
    pool = balancer([gone.unix, there.unix])
    await gone.process.stop()
    with pytest.raises(BalancerUnreachable, match="nothing listens there") as caught:
        await pool.take_out("a1")
    assert caught.value.instance == gone.unix
    assert [line.admin for line in (await pool.look(there.unix, None)).lines] == [Admin.OUT]
    assert (await get(there.port)).status == 503
