"""The operator's hand on a running rollout, from another process."""

import contextlib
import json
import signal

from adapters.clock import SystemClock
from adapters.storage.store import open_tables
from controller.core.events import PauseRequested
from controller.core.phases import Phase
from controller.journal.codec import encode
from controller.records import Verb
from tests.e2e.conftest import MakeSite
from tests.e2e.site import SLOW_TO
from tests.support.waiting import until


async def test_pause_and_resume(site: MakeSite) -> None:
    """Paused, the member in hand finishes and no further one begins; resumed, it goes on."""
    one = await site(2)
    file = one.file(gates=[], upgrade=one.upgrade(held=True))
    running = one.begin(file)
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    paused = await one.command("pause", "web", "--reason", "looks odd")
    answer = paused.out.splitlines()
    assert (paused.code, answer[0]) == (0, "pause web: acknowledged")
    assert answer[1].startswith("web1 (upgrading) is finished first: once its steps are done")
    assert answer[2] == "then nothing begins until you say so; waiting: web2"
    assert [("looks odd" in body) for body in one.bodies("PauseRequested")] == [True]
    one.go.touch()
    await one.until_phase("web1", Phase.DONE, running)
    status = json.loads((await one.command("status", "web", "--json")).out)
    assert (status["status"], status["holder"]["pid"]) == ("paused", running.process.pid)
    assert one.executions() == {"web1": 1}
    resumed = await one.command("resume", "web", "--reason", "looks well")
    assert (resumed.code, resumed.out) == (0, "resume web: acknowledged\n")
    assert any("looks well" in body for body in one.bodies("ResumeRequested"))
    assert (await running.end()).code == 0
    await one.assert_all("v2")


async def test_abort(site: MakeSite) -> None:
    """Aborted while a step runs: the step ends, then exit 7, and the rollout has ended for good."""
    one = await site(2)
    running = one.begin(one.file(gates=[], upgrade=one.upgrade(held=True)))
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    aborted = await one.command("abort", "web")
    assert (aborted.code, aborted.out) == (0, "abort web: acknowledged\n")
    assert running.process.poll() is None
    one.go.touch()
    done = await running.end()
    assert done.code == 7, done.text
    assert (one.rows()[0].outcome, one.executions()) == ("aborted", {"web1": 1})
    assert (await one.admin())["web2"] == 0
    gone = await one.command("resume", "web", "--reason", "no")
    assert (gone.code, "no unfinished rollout 'web'" in gone.err) == (3, True)


async def test_abort_while_draining(site: MakeSite) -> None:
    """Aborted before the upgrade has begun: the member goes back as it was, exit 7."""
    one = await site(2, cookie=False, backend_lines=SLOW_TO)
    async with one.in_progress():
        running = one.begin(one.file(gates=[]))
        await one.until_phase("web1", Phase.DRAINING, running)
        assert (await one.command("abort", "web", "--restore", "--yes")).code == 0
        done = await running.end()
    assert (done.code, one.rows()[0].outcome) == (7, "aborted"), done.text
    assert (one.executions(), await one.admin()) == ({}, {"web1": 0, "web2": 0})


async def test_abort_after_a_crash(site: MakeSite) -> None:
    """Aborted at rest after `kill -9`: with `--restore`, a member whose step ended meanwhile is
    validated and put back."""
    one = await site(2)
    running = one.begin(one.file(gates=[], upgrade=one.upgrade(held=True)))
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    await running.kill()
    one.go.touch()
    await until(lambda: list(one.state.glob("jobs/*/*/*/result")), what="the step's end")
    done = await one.command("abort", "web", "--restore")
    assert done.code == 0, done.text
    assert (one.executions(), one.rows()[0].outcome) == ({"web1": 1}, "aborted")
    assert await one.admin() == {"web1": 0, "web2": 0}


async def test_abort_without_a_load_balancer(site: MakeSite) -> None:
    """With HAProxy gone a halted rollout can be ended: from the journal, which says so and who is
    out. `--restore` needs the load balancer, and `resume` does not."""
    one = await site(2)
    halted = await one.run(one.file(gates=[], upgrade={"command": ["/bin/false"]}))
    assert halted.code == 5, halted.text
    await one.world.haproxies[0].stop()
    resumed = await one.command("resume", "web", "--reason", "why not")
    assert (resumed.code, "takes effect on the next run" in resumed.out) == (0, True)
    restored = await one.command("abort", "web", "--restore")
    assert (restored.code, one.rows()[0].outcome) == (3, None), restored.text
    done = await one.command("abort", "web")
    assert (done.code, one.rows()[0].outcome) == (0, "aborted"), done.text
    assert "nothing was set on any load balancer (" in done.err
    assert "according to the journal, out because of us: web1" in done.err
    assert "web1  OUT OF ROTATION: step 1 (/bin/false) ended with exit code 1" in done.out


async def test_words_for_a_former_rollout(site: MakeSite) -> None:
    """What was asked of a rollout that was left behind is not heard by the one that follows."""
    one = await site(2)
    file = one.file(gates=[], upgrade=one.upgrade(held=True))
    running = one.begin(file)
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    running.signal(signal.SIGTERM)
    one.go.touch()
    assert (await running.end()).code == 7
    assert (await one.command("pause", "web")).code == 0
    done = await one.run(file, "--new")
    assert done.code == 0, done.text
    assert one.bodies("PauseRequested") == []


async def test_word_heard_by_a_killed_run(site: MakeSite) -> None:
    """A run that was killed right after it had heard the operator: the next one does not hear
    the same word again."""
    one = await site(2)
    file = one.file(gates=[], upgrade=one.upgrade(held=True))
    running = one.begin(file)
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    await running.kill()
    one.go.touch()
    clock = SystemClock()
    with contextlib.closing(open_tables(one.state, clock, create=False)) as journal:
        row = journal.latest("web")
        assert row is not None
        asked = journal.ask(row.id, Verb.PAUSE, "", "me@here")
        journal.append(row.id, clock.now(), *encode(PauseRequested(asked.by, asked.seq)))
    done = await one.run(file)
    assert done.code == 0, done.text
    assert len(one.bodies("PauseRequested")) == 1


async def test_abort_restores_what_was_never_changed(site: MakeSite) -> None:
    """A step that failed before it did anything: `--restore` puts the member back, for it passes
    as the former version that `rollback` names."""
    one = await site(2)
    rollback = {"command": ["/bin/true"], "vars": {"version": "v1"}}
    quick = [one.answers(within="3s")]
    file = one.file(
        gates=[], upgrade={"command": ["/bin/false"]}, rollback=rollback, validate=quick
    )
    assert (await one.run(file)).code == 5
    assert await one.admin() == {"web1": 1, "web2": 0}
    done = await one.command("abort", "web", "--restore")
    assert done.code == 0, done.text
    assert await one.admin() == {"web1": 0, "web2": 0}
    await one.assert_all("v1")


async def test_abort_restores_what_ran_before(site: MakeSite) -> None:
    """A step that failed before it did anything, and a `rollback` that does not know what ran
    there: the journal does, and the member comes back, since it passes as that."""
    one = await site(2)
    quick = [one.answers(within="2s")]
    former = one.file(
        gates=[], upgrade={"command": ["/bin/true"]}, vars={"version": "v1"}, validate=quick
    )
    assert (await one.run(former)).code == 0
    stale = {"command": ["/bin/true"], "vars": {"version": "v0"}}
    file = one.file(gates=[], upgrade={"command": ["/bin/false"]}, rollback=stale, validate=quick)
    assert (await one.run(file)).code == 5
    assert await one.admin() == {"web1": 1, "web2": 0}
    done = await one.command("abort", "web", "--restore")
    assert done.code == 0, done.text
    assert await one.admin() == {"web1": 0, "web2": 0}
    assert "in rotation: runs v1 as before the rollout" in done.out
    await one.assert_all("v1")


async def test_status_tells(site: MakeSite) -> None:
    """`status` says how it stands, in words and as JSON, and which state folder it read: while it
    runs, cut off, and done."""
    one = await site(2)
    file = one.file(gates=[], upgrade=one.upgrade(held=True))

    async def standing() -> str:
        (value,) = json.loads((await one.command("status", "--json")).out)
        assert (value["state"], value["name"]) == (str(one.state), "web")
        assert set(value["members"]) == {"web1", "web2"}
        return str(value["status"])

    running = one.begin(file)
    await until(lambda: one.executions()["web1"], 20, "the step to run")
    assert await standing() == "running"
    await running.kill()
    assert await standing() == "cut off"
    told = await one.command("status", "web")
    assert (str(one.state) in told.out, "web1" in told.out) == (True, True)
    one.go.touch()
    assert (await one.run(file)).code == 0
    assert await standing() == "done"
