"""Questions that have no answer, and alerts: those that fire already, and those to come."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from controller.core.events import Verdict
from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.metered import Metered, assert_untouched, samples, verdicts
from tests.e2e.test_sick_members import assert_halt_lines
from tests.support.prometheus import ENDLESS, RealPrometheus
from tests.support.waiting import until

PAGE = {"severity": "page"}
OLD = {"alert": "OldTrouble", "expr": "vector(1)", "labels": PAGE}
NEW = {"alert": "NewTrouble", "expr": "vector(1)", "labels": PAGE}
NOISE = {"alert": "Watchdog", "expr": "vector(1)", "labels": {"severity": "none"}}
CALM = {"record": "calm", "expr": "vector(0)"}
TWIN = {"record": "twin", "expr": "vector(0)"}

WRONG = (
    ('{__name__=~"calm|twin"}', "2 series, and a gate needs one number"),
    ('"text"', "it answers with a string, and a gate needs one number"),
    ("sum(rate(calm[5s])", "it refuses the query: "),
    (ENDLESS, "the server answers other queries; the query is: "),
)
"""Many series, a string, a typo, and one that takes for ever."""


@pytest.fixture
async def prometheus(tmp_path: Path) -> AsyncIterator[RealPrometheus]:
    """With rules alone, which are evaluated soon; nothing is scraped."""
    async with RealPrometheus(tmp_path, {}, rules=[CALM, TWIN, OLD, NOISE]) as one:
        yield one


async def metered(site: MakeSite, prometheus: RealPrometheus) -> Metered:
    """Two members, once the rules have been evaluated."""
    at = Metered([await site(2)], prometheus)
    query = 'count({__name__=~"calm|twin"}) + count(ALERTS{alertstate="firing"})'

    async def is_ready() -> bool:
        return await at.value(query) == 4

    await until(is_ready, 60, "the rules to be evaluated", every=0.05)
    return at


async def test_questions_without_an_answer(site: MakeSite, prometheus: RealPrometheus) -> None:
    """`plan`, `run` and `gate` show every query that can never work, and why: exit 2, nothing
    touched."""
    at = await metered(site, prometheus)
    one = at.site
    gates = [
        at.gate(
            f"g{number}",
            # Both cores work for the endless one until it is given up, so that is soon.
            {"query": query, "evidence": None, "timeout": "5s" if query == ENDLESS else "30s"},
            max="1%",
        )
        for number, (query, _) in enumerate(WRONG)
    ]
    file = one.file(gates=gates)
    planned, done, asked = await asyncio.gather(
        one.command("plan", str(file)), one.run(file), one.start("gate", str(file)).end()
    )
    assert (planned.code, asked.code) == (2, 2), planned.text + asked.text
    assert_untouched(one, done, 2)
    for told in (planned.err, done.err, asked.out):
        for query, why in WRONG:
            assert query in told, told
            assert why in told, told
    await one.assert_all("v1")


async def test_alerts(site: MakeSite, prometheus: RealPrometheus) -> None:
    """What fires already is named in the plan and counts only where the file says so; what fires
    anew halts: the member in hand stays, for it is not worse than the others."""
    at = await metered(site, prometheus)
    one = at.site
    matchers = ['severity="page"']
    strict = one.file(gates=[at.alerts("pages", matchers=matchers, preexisting="fail")])
    refused = await one.run(strict)
    assert "gate 'pages': fail: firing: OldTrouble" in refused.err, refused.text
    assert_untouched(one, refused, 3)
    file = one.file(gates=[at.alerts("pages", matchers=matchers)], soak="60s")
    planned = await one.command("plan", str(file))
    assert planned.code == 0, planned.text
    assert "now: pass: no new alert fires; not counted, fired before the start: " in planned.out
    assert ("OldTrouble" in planned.out, "Watchdog" in planned.out) == (True, False)
    async with one.users() as load:
        running = one.begin(file)
        await one.until_phase("web1", Phase.SOAKING, running)
        prometheus.set_rules(CALM, TWIN, OLD, NOISE, NEW)
        done = await running.end()
    assert load.tally.failed == 0
    assert_halt_lines(done, 4, "web1: upgraded, IN ROTATION", "web2: in rotation, untouched")
    assert "SEEN      gate 'pages': firing: NewTrouble in the pool\n" in done.out
    assert "LIMIT     no alert that it matches may fire\n" in done.out
    seen = verdicts(samples(one, "pages"))
    before = seen.index(Verdict.FAIL)
    assert seen[:before] == [Verdict.PASS] * before
    assert before > 0
    assert (one.executions(), await one.admin()) == ({"web1": 1}, {"web1": 0, "web2": 0})
