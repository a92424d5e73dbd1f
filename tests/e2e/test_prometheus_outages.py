"""Evidence that goes missing: before anything is touched, during an upgrade, and while its member
soaks. Each outage is met in all three, and told in words of its own."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from controller.core.events import Verdict
from controller.core.phases import Phase
from tests.e2e.metered import MEMBER, Metered, assert_untouched, metered, ratio, samples, verdicts
from tests.e2e.site import Running, Site
from tests.e2e.test_sick_members import assert_halt_lines
from tests.support.command import Done
from tests.support.runtime import order
from tests.support.waiting import until
from tests.support.worlds import MakeWorld

HOLD = "3s"


async def killed(at: Metered) -> None:
    await at.prometheus.kill()


async def frozen(at: Metered) -> None:
    at.prometheus.freeze()


async def emptied(at: Metered) -> None:
    await at.prometheus.restart_empty("1h")


async def target_gone(at: Metered) -> None:
    """Until Prometheus has noticed it at every one of them."""
    for one in at.sites:
        await order(one.endpoint, "disable frontend exporter")

    async def is_noticed() -> bool:
        return await at.value("max(up)") == 0

    await until(is_noticed, 20, "a scrape to fail")


async def users_gone(at: Metered) -> None:
    """Nothing to do: there never were any."""


@dataclass(frozen=True, slots=True)
class Outage:
    begin: Callable[[Metered], Awaitable[None]]
    words: str
    has_users: bool = True


OUTAGES = {
    "killed": Outage(killed, "unreachable: {url}: it refuses the connection: nothing listens"),
    "frozen": Outage(
        frozen, "no answer in time: {url}: no answer within 1.5s: overloaded, or froz"
    ),
    "emptied": Outage(emptied, "no data: no series matches the evidence: a typo, or its target"),
    "target gone": Outage(target_gone, 'stale: up{{instance="127.0.0.1:'),
    "not a number": Outage(users_gone, "not a number: the value is NaN, most likely 0 div", False),
}


def file(at: Metered, one: Site, *, scope: str = MEMBER, **keys: Any) -> Path:
    """Waits longer for evidence than it takes for a pass to count."""
    patience = {"hold": HOLD, "then": "halt"}
    query = {"query": ratio(scope) if scope else ratio()}
    gate = at.gate("error-ratio", query, max="1%", inconclusive=patience)
    return one.file(gates=[gate], soak="500ms", **keys)


@asynccontextmanager
async def used(at: Metered, outage: Outage) -> AsyncIterator[None]:
    """With users, or none."""
    if not outage.has_users:
        yield
        return
    async with at.sites[0].users(60) as first, at.sites[1].users(60) as second:
        yield
    assert (first.tally.failed, second.tally.failed) == (0, 0)


def assert_halted(one: Site, done: Done, words: str) -> None:
    """By the evidence alone: web1 is finished and serves, nobody is out, web2 was not begun."""
    assert_halt_lines(done, 4, "web1: upgraded, IN ROTATION", "web2: in rotation, untouched")
    assert f"gate 'error-ratio' has been inconclusive for {HOLD}: {words}" in done.out, done.out
    assert f"evidence may be missing for {HOLD} (inconclusive.hold)" in done.out
    assert one.executions() == {"web1": 1}
    found = samples(one, "error-ratio", "web1")
    assert set(verdicts(found)) == {Verdict.INCONCLUSIVE}


async def assert_serves(one: Site) -> None:
    assert await one.admin() == {"web1": 0, "web2": 0}
    assert await one.world.member_versions() == {"web1": "v2", "web2": "v1"}


async def assert_refused(at: Metered, one: Site, outage: Outage, words: str) -> None:
    """`plan` and `run` say the same, and nothing is touched. Without users only the pool has no
    number before the first drain: of a member the query asks about the time after it."""
    given = file(at, one, scope=MEMBER if outage.has_users else "")
    planned, done = await asyncio.gather(one.command("plan", str(given)), one.run(given))
    assert (planned.code, words in planned.out) == (3, True), planned.text
    assert words in done.err
    assert_untouched(one, done, 3)
    assert one.executions() == {}
    await one.assert_all("v1")


@pytest.mark.parametrize("how", OUTAGES)
async def test_outage(world: MakeWorld, short_folder: Path, how: str) -> None:
    """During the upgrade and during the soak: the member in hand is finished and stays, the next
    is not begun, exit 4 after the hold. Before the first drain: exit 3, nothing touched."""
    outage = OUTAGES[how]
    async with metered(world, short_folder, members=2, sites=3) as at:
        upgrading, soaking, resting = at.sites
        words = outage.words.format(url=at.prometheus.url)
        async with used(at, outage):
            await at.until_scraped()
            step = upgrading.upgrade(held=True)
            first = upgrading.begin(file(at, upgrading, upgrade=step))
            second = soaking.begin(file(at, soaking, validate=[soaking.go_ahead()]))
            await reached(upgrading, soaking, first, second)
            await outage.begin(at)
            upgrading.go.touch()
            await assert_refused(at, resting, outage, words)
            ended = await asyncio.gather(first.end(), second.end())
        for one, done in zip((upgrading, soaking), ended, strict=True):
            assert_halted(one, done, words)
            await assert_serves(one)


async def reached(upgrading: Site, soaking: Site, first: Running, second: Running) -> None:
    """One member is being upgraded, and one has just begun to soak."""
    await until(lambda: upgrading.executions()["web1"], 20, f"the step to run: {first.err}")
    soaking.go.touch()
    await soaking.until_phase("web1", Phase.SOAKING, second)
