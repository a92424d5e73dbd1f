"""What `plan` says is at stake, held against what bad versions then cost."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.conftest import MakeSite
from tests.e2e.metered import MEMBER, counted, errors, metered
from tests.e2e.site import Site
from tests.support.waiting import until
from tests.support.worlds import MakeWorld

EVERY = re.compile(
    r"if the new version fails every request: at most (\d+) requests of users fail, "
    r"for at most ([\d.]+)s"
)


def told(text: str) -> tuple[int, float]:
    found = EVERY.search(text)
    assert found is not None, text
    return int(found[1]), float(found[2])


async def at_stake(one: Site, file: Path) -> list[dict[str, Any]]:
    done = await one.command("plan", str(file), "--json")
    assert done.code == 0, done.text
    found: list[dict[str, Any]] = json.loads(done.out)["at_stake"]
    return found


async def served(users: Any) -> None:
    await until(lambda: users.tally.served >= 20, 60, "users to be served")


async def test_plan_and_run_reckon_with_the_scrapes_that_were_seen(
    world: MakeWorld, short_folder: Path
) -> None:
    """Both print the same bound, from the scrape interval as it is, and it holds."""
    async with metered(world, short_folder, interval="500ms") as at:
        one = at.site
        gate = at.gate("e", {"errors": errors(MEMBER), "requests": counted(MEMBER)}, max="1%")
        upgrade = one.upgrade({"fail_every": 1})
        file = one.file(upgrade=upgrade, soak="30s", gates=[gate])
        async with one.users(100) as users:
            await at.until_scraped()
            shown = await one.command("plan", str(file))
            done = await one.run(file)
        assert done.code == 4, done.text
        planned, ran = told(shown.out), told(done.out)
        assert planned[1] == pytest.approx(ran[1], abs=0.5)
        assert planned[1] < 10
        assert planned[0] == pytest.approx(ran[0], rel=0.5)
        assert 0 < users.tally.failed <= max(planned[0], ran[0]) * one.lateness(planned[1])


@pytest.mark.parametrize("together", [1, 2])
async def test_bound_holds(site: MakeSite, together: int) -> None:
    """A version that fails every request, at one member or at two at a time, costs no more than was
    said, and nobody is left who fails."""
    one = await site(5)
    file = one.file(
        upgrade=one.upgrade({"fail_every": 1}),
        pool={"max_unavailable": together},
        soak="30s",
    )
    async with one.users(100) as users:
        await served(users)
        every, _ = await at_stake(one, file)
        done = await one.run(file)
        assert done.code == 4, done.text
        failed, seen = users.tally.failed, users.tally.total
        await until(lambda: users.tally.total > seen + 50, 60, "users to be served")
        assert users.tally.failed == failed
    assert 0 < failed <= every["requests"] * one.lateness(every["seconds"])


async def test_a_ramp_puts_less_at_stake(site: MakeSite) -> None:
    """At a tenth of its weight a version that fails everything costs less, as planned."""
    one = await site(3, server_options="check inter 50ms rise 1 fall 3 weight 100")
    upgrade = one.upgrade({"fail_every": 1})
    ramp = {"ramp": ["10%", "50%"], "hold": "2s", "within": "10s"}
    async with one.users(150) as users:
        await served(users)
        (plain, _) = await at_stake(one, one.file(upgrade=upgrade, soak="30s"))
        ramped = one.file(upgrade=upgrade, soak="30s", **{"return": ramp})
        (less, _) = await at_stake(one, ramped)
        assert (await one.run(ramped)).code == 4
    assert less["requests"] < plain["requests"]
    assert 0 < users.tally.failed <= less["requests"] * one.lateness(less["seconds"])


async def test_a_request_that_is_retried_is_no_failed_user(site: MakeSite) -> None:
    """Where the balancer asks another server after an error, the gate still trips, and hardly any
    user meets one."""
    one = await site(3, backend_lines="retry-on 500")
    file = one.file(upgrade=one.upgrade({"fail_every": 1}), soak="30s")
    async with one.users(100) as users:
        await served(users)
        every, _ = await at_stake(one, file)
        done = await one.run(file)
    assert done.code == 4, done.text
    assert users.tally.failed <= every["requests"] * one.lateness(every["seconds"])


async def test_idle_servers_that_are_preferred_draw_more(site: MakeSite) -> None:
    """By `leastconn` a version that fails at once may draw every user, and the plan says so."""
    one = await site(3, backend_lines="balance leastconn")
    async with one.users(100) as users:
        await served(users)
        file = one.file(soak="30s")
        every, _ = await at_stake(one, file)
        shown = await one.command("plan", str(file))
    assert every["per_second"] > 80
    assert "more if it fails quickly, as idle servers are preferred" in shown.out
