"""Pools in mode tcp: connections in flight, and gates that see no answer of the application."""

import json
from typing import Any

import pytest

from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.proxies import FAST, Visitors, listen, rearrange, session, visit
from tests.e2e.site import Site
from tests.support.waiting import until

BOTH = pytest.mark.parametrize("haproxy", ["system", "wheel"], indirect=True)
CHECK = "option httpchk GET /health"


async def tcp_site(site: MakeSite, *lines: str, options: str = FAST) -> Site:
    """Two members behind one HAProxy in mode tcp."""
    one = await site(2)
    shape = ["mode tcp", *lines]
    await rearrange(one.world, lambda n: listen(one.world, n, *shape, options=options))
    return one


def errors(**changes: Any) -> dict[str, Any]:
    measure = {"measure": "error_ratio", "scope": changes.pop("scope", "member")}
    return {"name": "errors", "haproxy": measure, "max": "1%", "every": "100ms", **changes}


@BOTH
async def test_session_is_waited_for(site: MakeSite) -> None:
    """A session that is open at the member holds the drain, goes on being served by it, and its
    end lets the upgrade begin; no visitor fails. The plan says what mode tcp means."""
    one = await tcp_site(site, CHECK)
    port = one.world.frontends[0]
    async with session(port, "web1") as held, Visitors([port]) as visitors:
        running = one.begin(one.file())
        await one.until_phase("web1", Phase.DRAINING, running)
        reply = await held.get("/")
        assert (reply.member, reply.version, held.take_stale()) == ("web1", "v1", 0)

        async def alone() -> bool:
            return await one.in_flight("web1") == 1

        await until(alone, what="the visitors who were on web1 to have left")
        assert one.executions() == {}
        await held.close()
        done = await running.end()
    assert (done.code, visitors.failed) == (0, []), done.text
    assert "web is in mode tcp: the load balancer sees sessions" in done.out
    await one.assert_all("v2")


async def test_session_outlasts_the_drain(site: MakeSite) -> None:
    """At `drain.timeout` the member goes back as it was, with exit 5, and its session lives."""
    one = await tcp_site(site, CHECK)
    async with session(one.world.frontends[0], "web1") as held:
        done = await one.run(one.file(drain={"timeout": "400ms"}))
        reply = await held.get("/")
        assert (reply.member, held.take_stale()) == ("web1", 0)
    assert done.code == 5, done.text
    assert "SEEN      1 request or session was still in flight at web1 after 0.4s" in done.out
    assert (await one.admin(), one.executions()) == ({"web1": 0, "web2": 0}, {})


async def test_session_is_cut(site: MakeSite) -> None:
    """With `on_timeout: cut` it is closed at the timeout, not before, and the rollout goes on; its
    client is served by another member then."""
    one = await tcp_site(site, CHECK)
    port = one.world.frontends[0]
    file = one.file(drain={"timeout": "400ms", "on_timeout": "cut"})
    async with session(port, "web1") as held, Visitors([port]) as visitors:
        running = one.begin(file)
        await until(lambda: one.executions()["web1"], 20, "the upgrade of web1")
        reply = await held.get("/")
        assert (reply.member, reply.version) == ("web2", "v1")
        await held.close()
        done = await running.end()
    assert (done.code, visitors.failed) == (0, []), done.text
    drained, *_, held_out = (one.kept("MemberSet"))[:2]
    assert (held_out.at - drained.at).total_seconds() >= 0.4
    assert json.loads(one.bodies("MemberSet")[2])["setting"] == "cut"
    await one.assert_all("v2")


@pytest.mark.parametrize(
    ("scope", "redispatch"), [("member", "option redispatch"), ("pool", "no option redispatch")]
)
async def test_refused_connections_halt(site: MakeSite, scope: str, redispatch: str) -> None:
    """A v2 that nobody checks and that takes no connection is stopped by what HAProxy counts of
    its own tries, and taken out again; where these reach another member, nobody fails."""
    one = await tcp_site(site, redispatch, "retries 1", options="")
    never = one.upgrade({"boot_ms": 60_000}, listens=False)
    validate = [{"command": ["/bin/true"]}]
    gates = [errors(scope=scope, min_requests=1, min_errors=8)]
    async with Visitors(one.world.frontends) as visitors:
        done = await one.run(one.file(upgrade=never, validate=validate, gates=gates, soak="20s"))
    assert done.code == 4, done.text
    assert "SEEN      gate 'errors'" in done.out
    assert await one.admin() == {"web1": 1, "web2": 0}
    assert one.executions() == {"web1": 1}
    assert bool(visitors.failed) is redispatch.startswith("no")


@pytest.mark.parametrize("comes", [False, True], ids=["nobody", "somebody"])
async def test_sessions_that_never_end(site: MakeSite, comes: bool) -> None:
    """While all clients hold connections at other members, a returned one proves nothing, and
    the rollout halts once evidence may no longer be missing; one new session is enough."""
    one = await tcp_site(site, CHECK)
    port = one.world.frontends[0]
    gates = [errors(inconclusive={"hold": "20s" if comes else "600ms"})]
    async with session(port, "web2") as held, session(port, "web2"):
        running = one.begin(one.file(gates=gates), "--only", "web1")
        if comes:
            await one.until_phase("web1", Phase.SOAKING, running)
            while (await visit(port)).member != "web1":
                pass
        done = await running.end()
        await held.get("/")
        assert held.take_stale() == 0
    assert done.code == (0 if comes else 4), done.text
    if comes:
        assert "quiet: 1 request" in done.text
    else:
        assert "SEEN      gate 'errors' has been inconclusive for 0.6s: no data" in done.out
        assert "web1: upgraded, IN ROTATION, not proven" in done.out
    assert await one.admin() == {"web1": 0, "web2": 0}
