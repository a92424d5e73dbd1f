"""Out of rotation and back on real HAProxies: nobody is cut off, nobody meets a broken member."""

from dataclasses import replace

import pytest

from adapters.clock import SystemClock
from controller.core.pool import Admin, Check, Found, Health
from controller.errors import CommandRefused
from tests.adapters.haproxy.site import App, Front, Site, balancer, get, held
from tests.support.balancer_contract import Stage, eventually, passing
from tests.support.runtime import order

pytestmark = pytest.mark.haproxy

FAST = "check inter 20ms rise 2 fall 2"


def sticky(apps: list[App], check: str = FAST) -> str:
    """The first app's server is checked, the others just there: no check of theirs can fail."""
    checks = [check, *("" for _ in apps[1:])]
    servers = "\n".join(
        f"  server {app.name} 127.0.0.1:{app.port} {check} cookie {app.name}"
        for app, check in zip(apps, checks, strict=True)
    )
    return f"backend web\n  cookie SRV insert\n  option httpchk GET /health\n{servers}"


async def stage_of(front: Front, *backends: str) -> Stage:
    stage = Stage(balancer([front.unix], backends), SystemClock(), backends, ("a1",))
    await eventually(lambda: stage.lines("a1"), lambda lines: all(x.is_serving for x in lines))
    return stage


async def test_request_in_flight_ends_well(site: Site) -> None:
    """A request that is at the member when it is drained and taken out ends with 200, and is seen
    in flight until then."""
    apps = [await site.app("a1"), await site.app("a2")]
    front = await site.haproxy(sticky(apps))
    stage = await stage_of(front, "web")
    async with held(apps[0], front.port, "SRV=a1") as work:
        await stage.balancer.drain("a1")
        assert [line.in_flight for line in await stage.lines("a1")] == [1]
        await stage.balancer.take_out("a1")
        (line,) = await stage.lines("a1")
        assert (line.admin, line.in_flight, line.may_be_quiet) == (Admin.OUT, 1, False)
        apps[0].release.set()
        reply = await work
    assert (reply.status, reply.member) == (200, "a1")
    await eventually(lambda: stage.lines("a1"), lambda lines: lines[0].in_flight == 0)


async def test_cut_ends_what_is_left(site: Site) -> None:
    """`cut` ends a request that would not end by itself."""
    apps = [await site.app("a1"), await site.app("a2")]
    front = await site.haproxy(sticky(apps))
    stage = await stage_of(front, "web")
    async with held(apps[0], front.port, "SRV=a1") as work:
        await stage.balancer.take_out("a1")
        await stage.balancer.cut("a1")
        await eventually(lambda: stage.lines("a1"), lambda lines: lines[0].in_flight == 0)
        assert (await work).status != 200


async def test_client_with_a_cookie_is_moved_without_an_error(site: Site) -> None:
    """A cookie keeps its client on a draining member; taken out, the client is served by another
    and gets a new cookie."""
    apps = [await site.app("a1"), await site.app("a2")]
    front = await site.haproxy(sticky(apps))
    stage = await stage_of(front, "web")
    await stage.balancer.drain("a1")
    assert (await get(front.port, cookie="SRV=a1")).member == "a1"
    await stage.balancer.take_out("a1")
    moved = await get(front.port, cookie="SRV=a1")
    assert (moved.status, moved.member, moved.cookie) == (200, "a2", "SRV=a2")


@pytest.mark.parametrize("kind", ["sick", "dead"])
@pytest.mark.parametrize("check", ["inter 20ms fall 1", "inter 3s fastinter 20ms fall 3"])
async def test_nobody_meets_a_broken_member_on_its_way_back(
    site: Site, check: str, kind: str
) -> None:
    """With its app broken, a member that begins its return is met by nobody, not even by the
    holders of its cookie, and stays failing."""
    apps = [await site.app("a1"), await site.app("a2")]
    front = await site.haproxy(sticky(apps, f"check rise 2 {check}"))
    stage = await stage_of(front, "web")
    await stage.balancer.take_out("a1")
    apps[0].health = 503
    if kind == "dead":
        await apps[0].stop()
    users, checks = apps[0].users, apps[0].checks
    await stage.balancer.begin_return("a1")

    async def one_more_is_served_elsewhere() -> int:
        for cookie in ("SRV=a1", ""):
            reply = await get(front.port, cookie=cookie)
            assert (reply.status, reply.member) == (200, "a2")
        (line,) = await stage.lines("a1")
        assert line.health is Health.FAILING
        assert not line.is_serving
        return apps[1].users

    rounds = 3 if kind == "sick" and check.startswith("inter 20ms") else 0
    await eventually(
        one_more_is_served_elsewhere,
        lambda served: served >= 200 and apps[0].checks >= checks + rounds,
    )
    assert apps[0].users == users


async def test_plain_ready_would_meet_a_broken_member(site: Site) -> None:
    """What the return guards against is real: set ready by hand, the sick member gets users."""
    apps = [await site.app("a1"), await site.app("a2")]
    front = await site.haproxy(sticky(apps, "check inter 3s rise 2 fall 3"))
    stage = await stage_of(front, "web")
    await stage.balancer.take_out("a1")
    apps[0].health = 503
    await order(front.unix, "set server web/a1 state ready")
    assert (await get(front.port, cookie="SRV=a1")).member == "a1"


async def test_healed_member_serves_its_clients_again(site: Site) -> None:
    """Checks that fail and then pass bring the member to passing while it is still draining; put
    back, it gets its users."""
    apps = [await site.app("a1"), await site.app("a2")]
    front = await site.haproxy(sticky(apps))
    stage = await stage_of(front, "web")
    found = await stage.found("a1")
    await stage.balancer.take_out("a1")
    apps[0].health = 503
    checks = apps[0].checks
    await stage.balancer.begin_return("a1")
    await eventually(lambda: stage.lines("a1"), lambda _: apps[0].checks > checks)
    apps[0].health = 200
    (line,) = await eventually(lambda: stage.lines("a1"), passing)
    assert line.admin is Admin.DRAINING
    await stage.balancer.put_back("a1", found)
    assert (await get(front.port, cookie="SRV=a1")).member == "a1"


async def test_server_without_a_check_stays_out_until_put_back(site: Site) -> None:
    """Where HAProxy has no check, `begin_return` leaves the line out; it would be down for ever."""
    app = await site.app("a1")
    front = await site.haproxy(f"backend web\n  server a1 127.0.0.1:{app.port}")
    stage = await stage_of(front, "web")
    found = await stage.found("a1")
    await stage.balancer.take_out("a1")
    await stage.balancer.begin_return("a1")
    (line,) = await stage.lines("a1")
    assert (line.admin, line.check, line.has_passed) == (Admin.OUT, Check.NONE, True)
    await stage.balancer.put_back("a1", found)
    (line,) = await stage.lines("a1")
    assert (line.admin, line.health, line.check) == (Admin.READY, Health.UNCHECKED, Check.NONE)


async def test_check_that_was_switched_off_counts_as_none(site: Site) -> None:
    """`disable health` leaves a server without a check: it would be down for ever, too."""
    app = await site.app("a1")
    front = await site.haproxy(sticky([app]))
    stage = await stage_of(front, "web")
    await order(front.unix, "disable health web/a1")
    (line,) = await stage.lines("a1")
    assert (line.health, line.check) == (Health.UNCHECKED, Check.NONE)
    await stage.balancer.take_out("a1")
    await stage.balancer.begin_return("a1")
    assert [line.admin for line in await stage.lines("a1")] == [Admin.OUT]


@pytest.mark.parametrize("backends", [("web", "api"), ("api", "web")])
async def test_tracking_line_follows_the_tracked_one(site: Site, backends: tuple[str, ...]) -> None:
    """Of a member in two backends, one line tracking the other, the tracked one is checked on the
    way back while the other stays out; then both are ready."""
    app = await site.app("a1")
    follower = f"backend api\n  server a1 127.0.0.1:{app.port} track web/a1 weight 30"
    front = await site.haproxy(f"{sticky([app])}\n{follower}")
    stage = await stage_of(front, *backends)
    found = await stage.found("a1")
    await stage.balancer.drain("a1")
    await stage.balancer.take_out("a1")
    await stage.balancer.begin_return("a1")
    lines = {line.backend: line for line in await stage.lines("a1")}
    assert (lines["web"].admin, lines["api"].admin) == (Admin.DRAINING, Admin.OUT)
    assert (lines["web"].check, lines["api"].check) == (Check.RUNNING, Check.NONE)
    await eventually(
        lambda: stage.lines("a1"),
        lambda lines: passing([line for line in lines if line.backend == "web"]),
    )
    await stage.balancer.put_back("a1", found)
    lines = {line.backend: line for line in await stage.lines("a1")}
    assert all(line.is_serving and line.health is Health.PASSING for line in lines.values())
    assert lines["api"].check is Check.NONE
    assert await stage.found("a1") == found


async def test_line_that_cannot_be_made_ready_is_an_error(site: Site) -> None:
    """HAProxy answers OK to `state ready` on a line whose tracked server is out; `put_back` does
    not believe it."""
    app = await site.app("a1")
    follower = f"backend api\n  server a1 127.0.0.1:{app.port} track web/a1"
    front = await site.haproxy(f"{sticky([app])}\n{follower}")
    stage = await stage_of(front, "api")
    found = await stage.found("a1")
    await stage.balancer.take_out("a1")
    await order(front.unix, "set server web/a1 state maint")
    with pytest.raises(CommandRefused, match="still out because web/a1, which it tracks, is"):
        await stage.balancer.put_back("a1", found)
    assert [line.admin for line in await stage.lines("a1")] == [Admin.OUT]


async def test_agent_check_does_not_cancel_the_drain(site: Site) -> None:
    """An agent that goes on saying `ready` cancels a drain set by hand, and not ours; after the
    return it is switched on again."""
    app = await site.app("a1")
    agent = await site.agent("up ready")
    check = f"{FAST} agent-check agent-inter 20ms agent-port {agent.port}"
    front = await site.haproxy(sticky([app], check))
    stage = await stage_of(front, "web")
    found = await stage.found("a1")
    assert [line.keep for line in found.lines] == [{"agent": "on"}]
    await order(front.unix, "set server web/a1 state drain")
    await eventually(lambda: stage.lines("a1"), lambda lines: lines[0].admin is Admin.READY)
    await stage.balancer.drain("a1")
    checks = app.checks
    await eventually(lambda: stage.lines("a1"), lambda _: app.checks > checks + 10)
    (line,) = await stage.lines("a1")
    assert (line.admin, line.keep) == (Admin.DRAINING, {})
    await stage.balancer.put_back("a1", found)
    (line,) = await stage.lines("a1")
    assert (line.admin, line.keep) == (Admin.READY, {"agent": "on"})


async def test_slowstart_shows_as_warming_until_it_is_over(site: Site) -> None:
    """After the return `is_warming` holds while HAProxy raises the share, then ends; the weight
    that is shown and restored is the full one all the while."""
    apps = [await site.app("a1"), await site.app("a2")]
    front = await site.haproxy(sticky(apps, f"{FAST} slowstart 2s weight 50"))
    stage = await stage_of(front, "web")
    await eventually(lambda: stage.lines("a1"), lambda lines: not lines[0].is_warming)
    found = await stage.found("a1")
    await stage.balancer.take_out("a1")
    await stage.balancer.begin_return("a1")
    await eventually(lambda: stage.lines("a1"), passing)
    await stage.balancer.put_back("a1", found)
    (line,) = await stage.lines("a1")
    assert (line.is_warming, line.weight, line.is_serving) == (True, 50, True)
    (line,) = await eventually(lambda: stage.lines("a1"), lambda lines: not lines[0].is_warming)
    assert line.weight == 50


async def test_refused_weight_keeps_the_member_out(site: Site) -> None:
    """A static algorithm refuses a step of a ramp in its own words, and the member is not made
    ready at full weight instead."""
    app = await site.app("a1")
    server = f"server a1 127.0.0.1:{app.port} weight 50 {FAST}"
    front = await site.haproxy(f"backend web\n  balance static-rr\n  {server}")
    stage = await stage_of(front, "web")
    found = await stage.found("a1")
    low = Found(tuple(replace(line, weight=5) for line in found.lines))
    await stage.balancer.take_out("a1")
    with pytest.raises(CommandRefused, match="static LB algorithm"):
        await stage.balancer.put_back("a1", low)
    assert [line.admin for line in await stage.lines("a1")] == [Admin.OUT]
    await stage.balancer.put_back("a1", found)
    assert all(line.is_serving for line in await stage.lines("a1"))
