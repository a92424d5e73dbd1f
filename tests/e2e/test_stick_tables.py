"""Users whom a stick table, or a rule, keeps at a member: they come until the deadline, and are
then served elsewhere without an error."""

import pytest

from controller.core.phases import Phase
from controller.core.steps import SetMember, Setting
from controller.journal.codec import decode
from tests.e2e.conftest import MakeSite
from tests.e2e.proxies import Visitors, listen, rearrange
from tests.e2e.site import Site
from tests.support.runtime import ask
from tests.support.waiting import until

CHECK = "option httpchk GET /health"
KINDS = {
    "cookie": ["stick-table type string len 32 size 1k expire 5m", "stick on req.cook(SID)"],
    "src in mode tcp": [
        "mode tcp",
        "stick-table type ip size 1k expire 5m",
        "stick on src",
        "balance leastconn",
    ],
}


def drained_for(one: Site, member: str) -> float:
    """Seconds from the confirmed drain to the intent to put it out altogether."""
    began = next(r.at for r in one.kept("MemberSet") if member in r.body)
    for record in one.kept("Intended"):
        step = decode(record.kind, record.body).step
        if isinstance(step, SetMember) and (step.member, step.setting) == (member, Setting.HOLD):
            return (record.at - began).total_seconds()
    raise AssertionError(f"{member} was never put out")


@pytest.mark.parametrize("kind", KINDS)
async def test_sticky_users(site: MakeSite, kind: str) -> None:
    """They are served by their member for the whole of `drain.sticky`, then by another; nobody
    fails, and the returned member gets newcomers."""
    one = await site(2)
    await rearrange(one.world, lambda n: listen(one.world, n, CHECK, *KINDS[kind]))
    async with Visitors(one.world.frontends) as visitors:
        await visitors.until_all_came()
        regulars = {s: visitors.members_of(s) for s in (f"127.0.1.{i}" for i in range(1, 7))}
        held = [source for source, members in regulars.items() if members == ["web1"]]
        assert held, regulars
        running = one.begin(one.file(drain={"sticky": "700ms"}), "--only", "web1")
        await one.until_phase("web1", Phase.DRAINING, running)
        known = len(visitors.visits)

        def came_again() -> bool:
            return any(v.source == held[0] for v in visitors.visits[known:])

        await until(came_again, what="a sticky user to come while it drains")
        assert visitors.members_of(held[0]) == ["web1"]
        done = await running.end()
    assert (done.code, visitors.failed) == (0, []), done.text
    assert visitors.members_of(held[0])[:2] == ["web1", "web2"]
    assert drained_for(one, "web1") >= 0.7
    assert "stick table" in done.out
    assert any((v.member, v.version) == ("web1", "v2") for v in visitors.visits)
    assert await one.admin() == {"web1": 0, "web2": 0}


async def test_two_instances_with_peers(site: MakeSite) -> None:
    """Behind two HAProxys that tell each other whom they hold, nobody fails."""
    one = await site(2, instances=2)
    peers = [f"unix@{one.world.folder}/peer{n}" for n in (1, 2)]
    lines = [CHECK, "stick-table type ip size 1k expire 5m peers ring", "stick on src"]

    def proxies(number: int) -> str:
        ring = "\n".join(f"  peer lb{n + 1} {peer}" for n, peer in enumerate(peers))
        own = f"global\n  localpeer lb{number + 1}\npeers ring\n{ring}\n"
        return own + listen(one.world, number, *lines)

    await rearrange(one.world, proxies)
    async with Visitors(one.world.frontends) as visitors:
        await visitors.until_all_came()

        async def is_told() -> bool:
            tables = [
                await ask(endpoint, "show table web") for endpoint in one.world.unix_endpoints
            ]
            return all("127.0.1.1 " in t and "127.0.1.2 " in t for t in tables)

        await until(is_told, what="each to know the other's users")
        done = await one.run(one.file(drain={"sticky": "300ms"}))
    assert (done.code, visitors.failed) == (0, []), done.text
    await one.assert_all("v2")


async def test_rule_that_names_a_server(site: MakeSite) -> None:
    """Users whom `use-server` leads to a member reach it while it drains, and others once it is
    out."""
    one = await site(2)
    rule = "use-server web1 if { src 127.0.1.0/24 }"
    await rearrange(one.world, lambda n: listen(one.world, n, CHECK, rule))
    async with Visitors(one.world.frontends) as visitors:
        await visitors.until_all_came()
        done = await one.run(one.file())
    assert (done.code, visitors.failed) == (0, []), done.text
    assert visitors.members_of("127.0.1.1") == ["web1", "web2", "web1"]
    await one.assert_all("v2")
