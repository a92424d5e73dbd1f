"""A failed gate stops the rollout, and the operator decides how it goes on."""

import json
import shlex
from pathlib import Path

from controller.core.events import Verdict
from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.metered import samples, verdicts
from tests.e2e.site import Site
from tests.e2e.test_sick_members import assert_halt_lines

BAD = {"fail_every": 2}
"""v2 fails under real traffic alone: its health check stays green."""

SOAK = "1500ms"
"""Long enough for a few requests also on a busy machine."""


async def halted(one: Site, file: Path, *, later: bool = False) -> None:
    """See web1's v2 fail under its users, and the run halted in order. `later`: v2 goes wrong only
    while it soaks, as a version does whose fault is not its own."""
    running = one.begin(file)
    if later:  # without users the gate has nothing to judge: the soak lasts
        await one.until_phase("web1", Phase.SOAKING, running)
        one.world.set_behaviour("web1", **BAD)
    async with one.users() as load:
        done = await running.end()
    assert load.tally.failed >= 3
    assert_halt_lines(done, 4, "web1: OUT OF ROTATION", "web2: in rotation, untouched")
    assert "SEEN      gate 'errors':" in done.out
    assert "since the return of web1" in done.out
    assert await one.admin() == {"web1": 1, "web2": 0}
    assert await one.world.member_versions() == {"web1": "v2", "web2": "v1"}


def ended(one: Site) -> tuple[str | None, int | None]:
    row = one.rows()[0]
    return row.outcome, row.exit_code


async def test_bad_version_halts(site: MakeSite) -> None:
    """v2 fails a tenth of its requests: exit 4, out again, no further member, few users hurt; and
    the next `run` refuses and names the ways on."""
    one = await site(3)
    file = one.file(upgrade=one.upgrade({"fail_every": 10}), soak="20s")
    async with one.users(200) as load:
        done = await one.run(file)
    assert 3 <= load.tally.failed <= 30 * one.lateness(3.0), load.tally.by_failure
    assert_halt_lines(done, 4, "web1: OUT OF ROTATION", "web2, web3: in rotation, untouched")
    assert "USERS     not failing now; " in done.out
    assert await one.admin() == {"web1": 1, "web2": 0, "web3": 0}
    assert await one.world.member_versions() == {"web1": "v2", "web2": "v1", "web3": "v1"}
    again = await one.run(file)
    assert again.code == 3
    for way in ("poolroll resume web --reason", "poolroll abort web", f"poolroll run {file}"):
        assert way in again.err
    assert one.executions() == {"web1": 1}


async def test_override(site: MakeSite) -> None:
    """`--override` with a reason goes on in spite of the gate, and the reason is in the journal;
    without a reason, or for a gate that is none, it is a usage error."""
    one = await site(2)
    file = one.file(upgrade=one.upgrade(BAD), soak=SOAK)
    await halted(one, file)
    assert (await one.run(file, "--override", "errors")).code == 2
    unknown = await one.run(file, "--override", "latency", "--reason", "x")
    assert (unknown.code, "the file has: errors" in unknown.err) == (2, True)
    async with one.users():
        done = await one.run(file, "--override", "errors", "--reason", "known bug 4711")
    assert done.code == 0, done.text
    assert any("known bug 4711" in body for body in one.bodies("ResumeRequested"))
    assert json.loads(one.bodies("RunBegan")[-1])["overrides"] == {"errors": "known bug 4711"}
    await one.assert_all("v2")


async def test_resume_after_a_halt(site: MakeSite) -> None:
    """`resume` is the decision, and the next `run` goes on: web1 is proven once more, without its
    step, then web2. What was wrong with v2 was mended meanwhile."""
    one = await site(2)
    file = one.file(soak=SOAK)
    await halted(one, file, later=True)
    one.world.set_behaviour("web1", fail_every=0)
    resumed = await one.command("resume", "web", "--reason", "the network was it")
    assert resumed.code == 0
    assert resumed.out.startswith("resume web: no process runs it; takes effect on the next run: ")
    assert f"poolroll run {file}" in resumed.out
    status = (await one.command("status", "web")).out
    assert "NEXT      resumed by " in status
    assert ": the network was it\n          the next run acts on it: `poolroll run" in status
    async with one.users() as load:
        done = await one.run(file)
    assert (done.code, load.tally.failed) == (0, 0), done.text
    assert any("the network was it" in body for body in one.bodies("ResumeRequested"))
    assert one.executions() == {"web1": 1, "web2": 1}
    await one.assert_all("v2")


async def test_what_is_named_next_works(site: MakeSite) -> None:
    """The commands of the line NEXT, typed as they stand, go on: the values of `--set` and the
    state folder are among them."""
    one = await site(2)
    file = one.file(upgrade=one.upgrade(BAD), soak=SOAK)
    async with one.users():
        halted = await one.run(file, "--set", "version=v2")
    lines = halted.out.splitlines()
    at = next(number for number, x in enumerate(lines) if "to go on: " in x)
    typed, remark = lines[at].partition("go on:")[2], lines[at + 1]
    resume, run = (shlex.split(x)[1:] for x in typed.split(", then "))
    assert ["--set", "version=v2", "--state", str(one.state)] == run[2:]
    assert "; the steps of web1 that ended well do not run again; goes on with web2)" in remark
    assert (await one.start(*resume).end()).code == 0
    async with one.users():
        done = await one.start(*run, "--override", "errors", "--reason", "known", "--yes").end()
    assert done.code == 0, done.text
    assert one.executions() == {"web1": 1, "web2": 1}
    await one.assert_all("v2")


async def test_abort_at_rest(site: MakeSite) -> None:
    """`abort` ends a halted rollout for good and leaves members as they are; the next `run` is a
    new one, which brings back what the former left out."""
    one = await site(2)
    file = one.file(upgrade=one.upgrade(BAD), soak=SOAK)
    await halted(one, file)
    former = one.rows()[0].id
    aborted = await one.command("abort", "web")
    assert aborted.code == 0
    assert f"web1 stays out: the next `poolroll run {file}" in aborted.out
    assert "aborted: by " in aborted.err
    assert "exit code" not in aborted.err
    assert await one.admin() == {"web1": 1, "web2": 0}
    again = await one.command("abort", "web")
    assert (again.code, ": aborted by " in again.err) == (3, True), again.text
    assert "web1 stays out: the next `poolroll run" in again.err
    assert ended(one) == ("aborted", 7)
    async with one.users():
        done = await one.run(one.file())
    assert done.code == 0, done.text
    assert one.rows()[0].id != former
    await one.assert_all("v2")


async def test_abort_and_restore(site: MakeSite) -> None:
    """`abort --restore` puts back what passes its validation, for good, though that was green
    when its gate failed: so it warns, before and after."""
    one = await site(2)
    file = one.file(upgrade=one.upgrade(BAD), soak=SOAK)
    await halted(one, file)
    told = (await one.command("status", "web")).out
    assert (
        "(CAUTION: puts web1 with v2 before users again: validation passed, but it failed" in told
    )
    aborted = await one.command("abort", "web", "--restore")
    assert aborted.code == 0
    assert "aborted: 0 members upgraded and returned, 1 put back as they are" in aborted.out
    assert "web1 back in rotation though it failed gate 'errors': WATCH YOUR USERS" in aborted.out
    assert await one.admin() == {"web1": 0, "web2": 0}
    assert await one.world.member_versions() == {"web1": "v2", "web2": "v1"}
    assert ended(one) == ("aborted", 7)


async def test_abort_and_restore_what_is_sick(site: MakeSite) -> None:
    """`abort --restore` leaves out what does not pass its validation: exit 5, and it is named."""
    one = await site(2)
    sick = one.upgrade({"health": 503})
    file = one.file(upgrade=sick, validate=[one.answers(within="200ms")], gates=[])
    assert (await one.run(file)).code == 5
    aborted = await one.command("abort", "web", "--restore")
    assert aborted.code == 5, aborted.text
    assert "web1  OUT OF ROTATION" in aborted.out
    assert (ended(one), await one.admin()) == (("aborted", 7), {"web1": 1, "web2": 0})


async def test_new_leaves_the_former_behind(site: MakeSite) -> None:
    """`--new` begins anew, with another file, and takes the member that was left out first."""
    one = await site(2)
    await halted(one, one.file(upgrade=one.upgrade(BAD), soak=SOAK))
    former = one.rows()[0].id
    async with one.users():
        done = await one.run(one.file(), "--new")
    assert done.code == 0, done.text
    newest, abandoned = one.rows()
    assert (abandoned.id, abandoned.outcome) == (former, "abandoned")
    assert newest.outcome == "done"
    await one.assert_all("v2")


async def rolled_back(one: Site, policy: str, order: str) -> None:
    """Run into the bad v2 of web3, after web1 and web2 went well, and see it rolled back."""
    behaviours = {name: {"behaviour": "{}"} for name in one.world.members}
    behaviours["web3"] = {"behaviour": json.dumps({"fail_every": 1})}
    file = one.file(
        upgrade=one.upgrade(by_member=True),
        pool={"members": {"vars": behaviours}},
        soak="500ms",
        on_failure=policy,
    )
    async with one.users(100) as load:
        done = await one.run(file)
    assert load.tally.failed <= 30 * one.lateness(3.0), load.tally.by_failure
    judged = [v for v in verdicts(samples(one, "errors", "web3")) if v is not Verdict.INCONCLUSIVE]
    assert judged[0] is Verdict.FAIL, "v2 of web3 never passed"
    assert done.code == 4, done.text
    assert "since the return of web3" in done.out
    assert f"rolling back {order}" in done.err
    assert await one.admin() == dict.fromkeys(one.world.members, 0)


async def test_rollback_all(site: MakeSite) -> None:
    """`rollback_all` leaves v1 everywhere, in rotation, newest first, and exits 4."""
    one = await site(3)
    await rolled_back(one, "rollback_all", "web3, web2, web1")
    await one.assert_all("v1")


async def test_rollback_member(site: MakeSite) -> None:
    """`rollback_member` brings the failed member back to v1, leaves the others, and exits 4."""
    one = await site(3)
    await rolled_back(one, "rollback_member", "web3")
    assert await one.world.member_versions() == {"web1": "v2", "web2": "v2", "web3": "v1"}


async def test_pool_gate_that_fails_already(site: MakeSite) -> None:
    """A pool gate that fails before the first drain: exit 3, nothing was touched."""
    one = await site(2)
    for name in one.world.members:
        one.world.set_behaviour(name, fail_every=2)
    gate = {
        "name": "pool",
        "haproxy": {"measure": "error_ratio", "scope": "pool"},
        "max": "1%",
        "every": "100ms",
    }
    async with one.users():
        done = await one.run(one.file(gates=[gate]))
    assert done.code == 3, done.text
    assert "nothing was touched" in done.out
    assert (one.executions(), await one.admin()) == ({}, {"web1": 0, "web2": 0})


LATENCY = {"name": "latency", "haproxy": {"measure": "response_time"}}


async def test_slow_version_halts(site: MakeSite) -> None:
    """v2 never fails a request and takes many times as long: the first member is out again after
    two samples that say so, and the others keep v1."""
    one = await site(3)
    file = one.file(upgrade=one.upgrade({"slow_ms": 300}), soak="20s", gates=[LATENCY])
    async with one.users(200, clients=40) as load:
        done = await one.run(file)
    assert not load.tally.failed
    assert_halt_lines(done, 4, "web1: OUT OF ROTATION", "web2, web3: in rotation, untouched")
    assert "SEEN      gate 'latency':" in done.out
    assert "a request, " in done.out
    assert "3 times as long as at the members not yet upgraded" in done.out
    assert await one.admin() == {"web1": 1, "web2": 0, "web3": 0}
    said = verdicts(samples(one, "latency", "web1"))
    assert said[-2:] == [Verdict.FAIL, Verdict.FAIL]
    assert len(said) <= 5, said
