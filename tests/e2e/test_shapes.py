"""Algorithms, warm-ups, special answers of checks, and members that somebody else has out."""

from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.proxies import FAST, Visitors, listen, rearrange
from tests.e2e.test_ramp import weights_seen
from tests.support.runtime import order

CHECK = "option httpchk GET /health"


async def test_consistent_hashing_ramps(site: MakeSite) -> None:
    """Where HAProxy names its algorithm as it names a static one, a member still comes back in
    steps."""
    one = await site(2)
    lines = "balance source\n  hash-type consistent"
    options = f"{FAST} weight 50"
    await rearrange(one.world, lambda n: listen(one.world, n, CHECK, lines, options=options))
    file = one.file(**{"return": {"ramp": ["10%"], "hold": "300ms"}})
    async with Visitors(one.world.frontends) as visitors:
        running = one.begin(file, "--only", "web1")
        seen = await weights_seen(one, running)
        done = await running.end()
    assert (done.code, visitors.failed) == (0, []), done.text
    assert seen[-3:] == [50, 5, 50], seen
    assert one.phase("web1") is Phase.DONE


async def test_soak_begins_after_the_warm_up(site: MakeSite) -> None:
    """With `slowstart` a soak counts from the end of the balancer's own warm-up, which HAProxy
    reckons in whole seconds: that of two seconds may take little more than one."""
    one = await site(2, slowstart="2s")
    async with Visitors(one.world.frontends) as visitors:
        done = await one.run(one.file(soak="200ms"), "--only", "web1")
    assert (done.code, visitors.failed) == (0, []), done.text
    (begun,) = [each for each in one.kept("Intended") if '"check"' in each.body]
    (ended,) = one.kept("SoakEnded")
    assert (ended.at - begun.at).total_seconds() >= 1.0
    assert one.phase("web1") is Phase.DONE


async def test_stopping_by_its_own_check(site: MakeSite) -> None:
    """With `disable-on-404`, a v2 that answers 404 gets no users: it is left out, with exit 5."""
    one = await site(2, backend_lines="http-check disable-on-404")
    file = one.file(
        upgrade=one.upgrade({"health": 404}),
        validate=[one.answers("/")],
        **{"return": {"within": "500ms"}},
    )
    async with Visitors(one.world.frontends) as visitors:
        done = await one.run(file)
    assert (done.code, visitors.failed) == (5, []), done.text
    assert "its health check did not pass within 0.5s" in done.out
    assert all(one.version == "v1" for one in visitors.visits)
    assert await one.admin() == {"web1": 1, "web2": 0}


async def test_found_out_in_every_way(site: MakeSite) -> None:
    """Drained, in maintenance, without weight, disabled, or out at one of three instances alone:
    left as found, not upgraded, and named; so are backups. The others are upgraded, exit 0."""
    spare = "server spare 127.0.0.1:9 backup"
    one = await site(7, instances=3, backend_lines=spare)
    for process in one.world.haproxies:
        line = next(x for x in process.config.splitlines() if "server web5 " in x)
        process.config = process.config.replace(line, f"{line} disabled")
        await process.restart()
    await order(one.endpoint, "set server web/web2 state drain")
    await order(one.endpoint, "set server web/web3 weight 0")
    await order(one.world.unix_endpoints[2], "set server web/web4 state maint")
    file = one.file(pool={"members": {"expect": 7}})
    async with Visitors(one.world.frontends) as visitors:
        done = await one.run(file)
    assert (done.code, visitors.failed) == (0, []), done.text
    first, _, third = one.world.unix_endpoints
    assert "done: 3 members upgraded and returned, 4 left as found" in done.out
    for said in (
        f"web2  left as found: is draining (web at {first})",
        f"web3  left as found: has weight 0 (web at {first})",
        f"web4  left as found: is out (web at {third})",
        f"web5  left as found: is out (web at {first})",
        "spare in web: backup, never upgraded",
    ):
        assert said in done.out
    upgraded = {"web1", "web6", "web7"}
    assert set(one.executions()) == upgraded
    versions = await one.world.member_versions()
    assert {name for name, version in versions.items() if version == "v2"} == upgraded
    here, there = await one.admin(first), await one.admin(third)
    assert (here["web2"], here["web4"], here["web5"], there["web4"]) == (8, 0, 5, 1)
    assert await one.weight("web3") == 0
