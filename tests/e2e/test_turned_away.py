"""A load balancer that turns users away as soon as one server is missing."""

import pytest

from adapters.demo.world import World
from tests.e2e.conftest import MakeSite
from tests.e2e.proxies import rearrange, servers


def frontends(world: World, *rules: str, sorry: str) -> str:
    bind = f"bind 127.0.0.1:{world.frontends[0]}"
    front = "\n  ".join(["frontend front", bind, *rules, "default_backend web"])
    web = f"backend web\n  option httpchk GET /health\n{servers(world)}"
    return f"{front}\n{web}\nbackend sorry\n  http-request return status {sorry}\n"


@pytest.mark.parametrize(
    ("rule", "sorry", "words"),
    [
        ("use_backend sorry if { nbsrv(web) lt 3 }", "200", "users still come to the load"),
        (
            "use_backend sorry if { nbsrv(web) lt 3 } { rand(100) lt 50 }",
            "503",
            "requests that do not reach web",
        ),
    ],
    ids=["all", "half of them"],
)
async def test_users_who_are_turned_away(site: MakeSite, rule: str, sorry: str, words: str) -> None:
    """The pool has no errors then, for it has no requests: the member goes back at once, nothing is
    upgraded, and the halt says what was seen."""
    one = await site(3)
    await rearrange(one.world, lambda _: frontends(one.world, rule, sorry=sorry))
    async with one.users(150.0) as load:
        done = await one.run(one.file())
        tally = load.tally
        turned_away = tally.failed + tally.served - sum(tally.by_member[m] for m in one.world.ports)
    assert done.code == 5, done.text
    assert "since web1 was taken out" in done.out
    assert words in done.out
    assert 0 < turned_away < 600
    assert not one.executions()
    await one.assert_all("v1")
