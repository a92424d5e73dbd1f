"""A member comes back in steps of its weight, on real balancers that take them and others."""

import asyncio
from collections.abc import Sequence

import pytest

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Running, Site
from tests.support.haproxies import HAPROXIES

EACH = pytest.mark.parametrize("haproxy", HAPROXIES, indirect=True)
WEIGHTED = "check inter 50ms rise 1 fall 3 weight 50"


async def weights_seen(one: Site, running: Running) -> list[int]:
    """The weights of web1 in rotation that follow one another, until the run has ended."""
    seen: list[int] = []
    while running.process.poll() is None:
        weight, admin = await one.weight("web1"), (await one.admin())["web1"]
        if admin == 0 and seen[-1:] != [weight]:
            seen.append(weight)
        await asyncio.sleep(0.01)
    return seen


def is_in_order(wanted: Sequence[int], seen: Sequence[int]) -> bool:
    return [weight for weight in seen if weight in wanted] == list(wanted)


@EACH
async def test_steps_are_observed(site: MakeSite) -> None:
    """Under users, web1 of weight 50 comes back at 5, at 25 and at 50; no request fails."""
    one = await site(2, server_options=WEIGHTED)
    file = one.file(**{"return": {"ramp": ["10%", "50%"], "hold": "600ms"}})
    async with one.users(200) as load:
        running = one.begin(file)
        seen = await weights_seen(one, running)
        done = await running.end()
    assert (done.code, load.tally.failed) == (0, 0), done.text
    assert is_in_order([50, 5, 25, 50], seen), seen
    assert "back in rotation at 10 % of its weight" in done.err
    await one.assert_all("v2")
    assert [await one.weight(name) for name in one.world.members] == [50, 50]


@EACH
async def test_static_algorithm_drops_the_ramp(site: MakeSite) -> None:
    """On static-rr the plan says that there is no ramp, and the rollout ends well without one."""
    one = await site(2, server_options=WEIGHTED, backend_lines="balance static-rr")
    file = one.file(**{"return": {"ramp": ["10%"], "hold": "500ms"}})
    async with one.users(200) as load:
        done = await one.run(file)
    assert (done.code, load.tally.failed) == (0, 0), done.text
    assert "return.ramp is dropped: web balances by a static algorithm" in done.text
    assert "its weight, judged by its gates" not in done.err
    await one.assert_all("v2")


@EACH
async def test_first_refusal_drops_the_ramp(site: MakeSite) -> None:
    """Where only the balancer's refusal tells, the run says so, and the members return at full
    weight."""
    lines = "balance source\n  hash-type map-based"
    one = await site(2, server_options=WEIGHTED, backend_lines=lines)
    file = one.file(**{"return": {"ramp": ["10%"], "hold": "500ms"}}, gates=[])
    done = await one.run(file)
    assert done.code == 0, done.text
    assert "the ramp is dropped, members return at full weight" in done.err
    assert len(one.kept("RampRefused")) == 1
    await one.assert_all("v2")


@EACH
async def test_bad_version_meets_fewer_users(site: MakeSite) -> None:
    """A v2 that fails every request is taken out again at its first step, when about one user in
    eleven meets it instead of one in two."""
    one = await site(2, server_options=WEIGHTED)
    ramp = {"ramp": ["10%"], "hold": "10s"}
    file = one.file(**{"return": ramp}, upgrade=one.upgrade({"fail_every": 1}))
    async with one.users(200) as load:
        running = one.begin(file)
        seen = await weights_seen(one, running)
        done = await running.end()
    assert done.code == 4, done.text
    assert is_in_order([50, 5], seen), seen
    assert 3 <= load.tally.failed <= 30 * one.lateness(3.0), load.tally.by_failure
    assert await one.admin() == {"web1": 1, "web2": 0}
