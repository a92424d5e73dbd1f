"""Gates on a real Prometheus that scrapes a real HAProxy: what they let pass, and what not."""

import json
import re
from datetime import datetime, timedelta
from pathlib import Path

from controller.core.events import MemberReturned, Verdict
from tests.e2e.metered import (
    EVIDENCE,
    MEMBER,
    PEERS,
    Metered,
    counted,
    errors,
    metered,
    ratio,
    samples,
    verdicts,
)
from tests.e2e.site import Site
from tests.e2e.test_sick_members import assert_halt_lines
from tests.support.worlds import MakeWorld

MOST_SCRAPES = 6
"""Three and one sample are promised; a busy machine takes its samples later than it should."""

KNOWN = {"query", "evidence"}


async def scrapes_until_seen(at: Metered) -> float:
    """How many there were from the first member's return to the sample that failed."""
    returned = at.site.kept(MemberReturned.__name__)[0].wall
    seen = datetime.fromisoformat(samples(at.site, "error-ratio", "web1")[-1]["evidence_at"])
    span = (seen - returned) // timedelta(milliseconds=1)
    return await at.value(f"count_over_time({EVIDENCE}[{span}ms])", seen) or 0.0


async def test_bad_version_halts(world: MakeWorld, short_folder: Path) -> None:
    """v2 fails a tenth of its requests, its health check green: the first member is out again
    within a few scrapes of its return, the gate named and each sample in the journal."""
    async with metered(world, short_folder, interval="1s") as at:
        one = at.site
        file = one.file(
            upgrade=one.upgrade({"fail_every": 10}),
            soak="30s",
            gates=[at.gate("error-ratio", {"query": ratio(MEMBER)}, max="1%")],
        )
        async with one.users(200):
            await at.until_scraped()
            done = await one.run(file)
        assert_halt_lines(done, 4, "web1: OUT OF ROTATION", "web2, web3: in rotation, untouched")
        assert "SEEN      gate 'error-ratio':" in done.out
        assert ", above 1 % since the return of web1" in done.out
        assert await one.admin() == {"web1": 1, "web2": 0, "web3": 0}
        assert await one.world.member_versions() == {"web1": "v2", "web2": "v1", "web3": "v1"}
        assert_journalled(one)
        assert 2 <= await scrapes_until_seen(at) <= MOST_SCRAPES


def assert_journalled(one: Site) -> None:
    """Inconclusive at first, then one sample that fails: it ends the rollout."""
    found = samples(one, "error-ratio", "web1")
    assert verdicts(found) == [Verdict.INCONCLUSIVE] * (len(found) - 1) + [Verdict.FAIL]
    for each in found:
        assert each["limit"] == 0.01
        assert each["reason"]
        assert set(each["queries"]) == KNOWN
        assert 'server="web1"' in each["queries"]["query"]
        assert "${" not in json.dumps(each["queries"])
    assert found[-1]["value"] > 0.01


async def test_good_version_completes(world: MakeWorld, short_folder: Path) -> None:
    """A good v2 passes a limit and a comparison with its peers, for each member after four
    scrapes; `gate` then explains each."""
    async with metered(world, short_folder, members=2) as at:
        one = at.site
        beside = {"query": ratio(MEMBER), "baseline": ratio(PEERS), "traffic": counted(MEMBER)}
        file = one.file(
            gates=[
                at.gate("limit", {"query": ratio(MEMBER), "evidence": None}, max="1%"),
                at.gate("beside", beside, max_increase="0.5%", min_requests=5),
                at.gate("pool", {"query": ratio()}, max="1%"),
            ],
        )
        async with one.users(100) as load:
            await at.until_scraped()
            done = await one.run(file)
            told = await one.start("gate", str(file), "--member", "web2").end()
        assert (done.code, load.tally.failed) == (0, 0), done.text
        await one.assert_all("v2")
        for gate, member in (("limit", "web1"), ("limit", "web2"), ("beside", "web2")):
            seen = verdicts(samples(one, gate, member))
            assert (seen[0], seen[-1]) == (Verdict.INCONCLUSIVE, Verdict.PASS)
            assert Verdict.FAIL not in seen
        assert told.code == 0, told.text
        assert "limit: pass: 0 % (for web2)\n  limit: at most 1 %\n" in told.out
        assert "beside: pass: 0 %, against 0 % of the baseline (for web2)" in told.out
        assert 'server!="web2"' in told.out
        times = re.findall(r"^  evaluated at (.*)$", told.out, re.MULTILINE)
        assert len(times) == 3, told.out
        for each in times:
            assert re.fullmatch(r"[-0-9]{10}T[0-9:]{8}[+-][0-9]{2}:[0-9]{2}", each), each


async def test_pool_that_fails_already(world: MakeWorld, short_folder: Path) -> None:
    """Counts against those of the peers: where everybody fails a fiftieth, a member that does the
    same passes, and one that fails a fifth halts."""
    async with metered(world, short_folder) as at:
        one = at.site
        behaviours = {name: {"behaviour": '{"fail_every": 50}'} for name in one.world.members}
        behaviours["web2"] = {"behaviour": '{"fail_every": 5}'}
        for name in one.world.members:
            one.world.set_behaviour(name, fail_every=50)
        query = {
            "errors": errors(MEMBER),
            "requests": counted(MEMBER),
            "baseline": {"errors": errors(PEERS), "requests": counted(PEERS)},
        }
        file = one.file(
            upgrade=one.upgrade(by_member=True),
            pool={"members": {"vars": behaviours}},
            gates=[at.gate("worse", query)],
        )
        async with one.users(300):
            await at.until_scraped()
            done = await one.run(file)
        assert_halt_lines(done, 4, "web2: OUT OF ROTATION", "web3: in rotation, untouched")
        assert "SEEN      gate 'worse':" in done.out
        assert "of the baseline since the return of web2" in done.out
        assert "not worse than the baseline (99 % sure)" in done.out
        passed = samples(one, "worse", "web1")[-1]
        assert (passed["verdict"], passed["errors"] > 0) == (Verdict.PASS, True)
        assert samples(one, "worse", "web2")[-1]["baseline"] < 0.1
