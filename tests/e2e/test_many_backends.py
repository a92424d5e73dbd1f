"""Members in several backends that differ in mode and checks, and lines that track others."""

from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.proxies import FAST, Visitors, listen, rearrange, servers
from tests.e2e.site import Site
from tests.support.runtime import stat
from tests.support.waiting import until

CHECK = "option httpchk GET /health"
BOTH = ["web", "raw"]


async def two_backends(site: MakeSite, members: int, sick_in_raw: str = "") -> Site:
    """`web` with an HTTP check, `raw` in mode tcp with a check that only connects, and for one
    member to a port where nobody listens."""

    def each(name: str) -> str:
        return "port 9" if name == sick_in_raw else ""

    one = await site(members)
    raw = f"backend raw\n  mode tcp\n{servers(one.world, FAST, each)}"
    await rearrange(one.world, lambda n: f"{listen(one.world, n, CHECK)}\n{raw}")
    return one


async def test_all_checks_must_pass(site: MakeSite) -> None:
    """Out of both at once; and back in either only when the checks of both have passed."""
    one = await two_backends(site, 2)
    sick = one.upgrade({"health": 503}, held=True)
    file = one.file(pool={"haproxy": {"backends": BOTH}}, upgrade=sick, validate=[one.answers("/")])
    async with Visitors(one.world.frontends) as visitors:
        running = one.begin(file)
        await one.until_phase("web1", Phase.UPGRADING, running)
        assert [(await one.admin(backend=name))["web1"] for name in BOTH] == [1, 1]
        one.go.touch()
        for name in one.world.members:
            await one.until_phase(name, Phase.CHECKING, running)
            seen = len(visitors.visits)
            await visitors.until_more(20)
            assert [(await one.admin(backend=b))[name] for b in BOTH] == [8, 8]
            assert all(v.member != name for v in visitors.visits[seen:])
            one.world.set_behaviour(name, health=200)
        done = await running.end()
    assert (done.code, visitors.failed) == (0, []), done.text
    assert await one.admin(backend="raw") == {"web1": 0, "web2": 0}
    await one.assert_all("v2")


async def test_floor_is_counted_in_each(site: MakeSite) -> None:
    """A member that is down in one backend does not count there, though it serves in the other."""
    one = await two_backends(site, 3, sick_in_raw="web3")

    async def is_down() -> bool:
        return (await stat(one.endpoint, "raw", "web3"))["status"] == "DOWN"

    await until(is_down, what="web3 to be down in raw")
    done = await one.run(one.file(pool={"haproxy": {"backends": BOTH}, "min_available": 2}))
    assert (done.code, one.executions()) == (3, {}), done.text
    assert f"the floor does not hold: 2 serve (raw at {one.endpoint})" in done.text


async def tracked(site: MakeSite) -> Site:
    """Visitors come to `web`, whose servers have no check and track those of `led`."""
    one = await site(2)

    def proxies(number: int) -> str:
        led = f"backend led\n  {CHECK}\n{servers(one.world)}"
        bind = f"bind 127.0.0.1:{one.world.frontends[number]}"
        lines = servers(one.world, "", lambda name: f"track led/{name}")
        return f"{led}\nlisten web\n  {bind}\n{lines}"

    await rearrange(one.world, proxies)
    return one


async def test_followers_go_with_their_leader(site: MakeSite) -> None:
    """A line that tracks another one of its member goes out and comes back with it."""
    one = await tracked(site)
    file = one.file(
        pool={"haproxy": {"backends": ["web", "led"]}}, upgrade=one.upgrade(held=True), gates=[]
    )
    async with Visitors(one.world.frontends) as visitors:
        running = one.begin(file, "--only", "web1")
        await one.until_phase("web1", Phase.UPGRADING, running)
        followed = (await one.admin())["web1"]
        assert followed & 0x03  # maintenance: its own, or inherited
        one.go.touch()
        done = await running.end()
    assert (done.code, visitors.failed) == (0, []), done.text
    assert [await one.admin(backend=b) for b in ("led", "web")] == [{"web1": 0, "web2": 0}] * 2


async def test_followers_outside_the_pool_are_refused(site: MakeSite) -> None:
    """Nobody would wait for what is in flight there: exit 3, with the mend."""
    one = await tracked(site)
    done = await one.run(one.file(pool={"haproxy": {"backends": ["led"]}}))
    assert (done.code, one.executions()) == (3, {}), done.text
    assert "web/web1, web/web2 follow members of this pool (track)" in done.text
    assert "add 'web' to pool.haproxy.backends" in done.text


async def test_the_same_processes_in_another_backend_are_refused(site: MakeSite) -> None:
    """Users of a backend that is not listed would meet a member during its upgrade."""
    one = await two_backends(site, 2)
    done = await one.run(one.file())
    assert (done.code, one.executions()) == (3, {}), done.text
    assert "raw/web1 is web1, raw/web2 is web2 (same address and port)" in done.text


async def test_followers_alone_are_refused(site: MakeSite) -> None:
    """A pool of followers cannot be returned by its own health: exit 3, with the mend."""
    one = await tracked(site)
    done = await one.run(one.file())
    assert (done.code, one.executions()) == (3, {}), done.text
    assert "add 'led' to pool.haproxy.backends" in done.text
