"""Servers without a balancer: what is run before and after their outage runs once, also when
poolroll is killed meanwhile, and where a member is is known to every process."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from adapters.clock import SystemClock
from adapters.scripted import AloneServers, Kept
from adapters.scripted.alone import INSTANCE
from adapters.scripted.kept import Stage, Standing
from controller.core.plan.abilities import ByHand
from controller.core.pool import Admin, Found, LineKey, Occupant, Seat
from controller.errors import (
    BalancerUnreachable,
    CommandRefused,
    HookFailed,
    NoSuchMember,
    StateError,
    WeightRefused,
)
from controller.pools.alone import AlonePool, Server
from controller.tasks import Command, JobResult, Task, TaskJob

FOUND = Found(())
LIMIT = timedelta(seconds=30)
WELL = JobResult(exit_code=0)


class Killed(Exception):
    pass


@dataclass
class Jobs:
    """Runs what it is given, once for each key. `dies`: poolroll is killed as soon as one runs."""

    ends: dict[str, JobResult] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    known: dict[str, JobResult] = field(default_factory=dict)
    dies: bool = False

    async def run(self, job: TaskJob) -> JobResult:
        what = job.task.label
        if job.key not in self.known:
            self.ran.append(what)
            self.known[job.key] = self.ends.get(what, WELL)
        if self.dies:
            self.dies = False
            raise Killed
        return self.known[job.key]

    async def ask(self, task: Task) -> JobResult:
        raise NotImplementedError

    def unstartable(self, task: Task) -> str | None:
        return "no such program" if task.label == "missing" else None


def command(word: str) -> Command:
    return Command((word,), LIMIT)


def servers(
    folder: Path | None, jobs: Jobs, before: str = "before", after: str = "after"
) -> AloneServers:
    """As one process has them."""
    hooks = (command(before) if before else None, command(after) if after else None)
    pool = AlonePool(tuple(Server(name, name, 80, *hooks) for name in ("db1", "db2")))
    return AloneServers(pool, jobs, SystemClock(), Kept(folder), "here")


async def admin(one: AloneServers, member: str = "db1") -> Admin:
    (line,) = (await one.look(INSTANCE, [member])).lines
    return line.admin


async def test_out_and_back(tmp_path: Path) -> None:
    """Each runs once, however often it is asked for; another process knows where the member is."""
    jobs = Jobs()
    one = servers(tmp_path / "outages", jobs)
    await one.drain("db1")
    await one.take_out("db1")
    other = servers(tmp_path / "outages", jobs)
    await other.take_out("db1")
    assert (await admin(other), await admin(other, "db2")) == (Admin.OUT, Admin.READY)
    await other.begin_return("db1")
    await other.put_back("db1", FOUND)
    await one.put_back("db1", FOUND)
    assert jobs.ran == ["before", "after"]
    assert await admin(one) is Admin.READY
    await one.drain("db1")
    assert jobs.ran == ["before", "after", "before"]


async def test_without_anything_to_run(tmp_path: Path) -> None:
    one = servers(tmp_path, Jobs(), "", "")
    await one.drain("db1")
    assert await admin(one) is Admin.OUT
    await one.put_back("db1", FOUND)
    assert await admin(one) is Admin.READY


async def test_killed_while_it_runs(tmp_path: Path) -> None:
    """The next process joins it, and never runs it twice."""
    jobs = Jobs(dies=True)
    with pytest.raises(Killed):
        await servers(tmp_path, jobs).drain("db1")
    other = servers(tmp_path, jobs)
    assert await admin(other) is Admin.DRAINING
    await other.drain("db1")
    assert (await admin(other), jobs.ran) == (Admin.OUT, ["before"])
    jobs.dies = True
    with pytest.raises(Killed):
        await other.put_back("db1", FOUND)
    third = servers(tmp_path, jobs)
    assert await admin(third) is Admin.OUT
    await third.put_back("db1", FOUND)
    assert (await admin(third), jobs.ran) == (Admin.READY, ["before", "after"])


async def test_killed_while_it_runs_and_put_back(tmp_path: Path) -> None:
    """What was begun before is brought to its end, and then undone."""
    jobs = Jobs(dies=True)
    with pytest.raises(Killed):
        await servers(tmp_path, jobs).drain("db1")
    await servers(tmp_path, jobs).put_back("db1", FOUND)
    assert jobs.ran == ["before", "after"]


@pytest.mark.parametrize(
    ("end", "why"),
    [
        (JobResult(exit_code=3, output="a\nno route\n"), "ended with exit code 3: no route"),
        (JobResult(timed_out=True), "did not end in time (30s) and was ended"),
        (JobResult(lost=True), "was cut off; how it ended is not known"),
        (JobResult(fault="no such program"), "could not be started: no such program"),
        (JobResult(failure="the host did not answer"), "the host did not answer"),
    ],
)
async def test_what_fails_is_not_tried_again(tmp_path: Path, end: JobResult, why: str) -> None:
    """Nothing is done to the member; a later decision runs it anew."""
    jobs = Jobs({"before": end})
    one = servers(tmp_path, jobs)
    with pytest.raises(HookFailed) as caught:
        await one.drain("db1")
    assert str(caught.value) == f"no balancer: `before` of db1 {why}"
    assert (caught.value.is_final, await admin(one)) == (True, Admin.READY)
    await one.put_back("db1", FOUND)
    assert jobs.ran == ["before"]
    jobs.ends.clear()
    await one.drain("db1")
    assert jobs.ran == ["before", "before"]


async def test_after_that_fails(tmp_path: Path) -> None:
    """It stays out, as far as its users are concerned."""
    jobs = Jobs({"after": JobResult(exit_code=1)})
    one = servers(tmp_path, jobs)
    await one.drain("db1")
    with pytest.raises(HookFailed, match="`after` of db1 ended with exit code 1"):
        await one.put_back("db1", FOUND)
    assert await admin(one) is Admin.OUT


async def test_survey(tmp_path: Path) -> None:
    one = servers(tmp_path, Jobs(), "missing")
    view = await one.look(INSTANCE, None)
    assert [line.member for line in view.lines] == ["db1", "db2"]
    found = await one.survey(view, ["db1"])
    assert found.refusals == ("pool.downtime.before: no such program",)
    assert found.notes == (
        "when the outage of db1 begins, this runs, and its like for the others: missing",
        "when the outage of db1 is over, this runs, and its like for the others: after",
    )
    assert found.by_hand == ByHand("after", "missing", "in .")
    abilities = found.abilities
    assert (abilities.holds_out, abilities.counts, abilities.cuts) == (True, False, False)


async def test_what_it_cannot_do(tmp_path: Path) -> None:
    one = servers(tmp_path, Jobs())
    with pytest.raises(NoSuchMember, match="has no member db9"):
        await one.drain("db9")
    with pytest.raises(CommandRefused, match="closes the connections"):
        await one.cut("db1")
    with pytest.raises(WeightRefused):
        await one.put_back("db1", FOUND, 10)
    seat = Seat(LineKey(INSTANCE, "hosts"), Occupant("other:80", "other", 80))
    with pytest.raises(CommandRefused, match="db1 is now db1:80, and was other:80"):
        await one.drain("db1", [seat])
    assert dict(await one.open()) == {}
    await one.close({})
    await one.aclose()


async def test_a_record_that_is_damaged(tmp_path: Path) -> None:
    """It is not guessed whether a member is out."""
    one = servers(tmp_path, Jobs())
    await one.drain("db1")
    (path,) = tmp_path.glob("*.json")
    path.write_text("{")
    with pytest.raises(
        BalancerUnreachable, match=r"is damaged: it says whether host:db1:80 is out"
    ):
        await admin(one)
    path.unlink()
    path.mkdir()
    with pytest.raises(BalancerUnreachable, match="cannot be read"):
        await admin(one)
    with pytest.raises(BalancerUnreachable, match="cannot be"):
        await one.drain("db1")


async def test_no_state_folder(tmp_path: Path) -> None:
    """Whoever only asks sees every member in; nobody takes one out."""
    one = servers(None, Jobs())
    assert await admin(one) is Admin.READY
    with pytest.raises(BalancerUnreachable, match="no state folder"):
        await one.drain("db1")


def test_a_folder_that_another_rollout_makes_this_moment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both keep what is out in it."""
    folder, mkdir = tmp_path / "outages", Path.mkdir

    def late(path: Path, *given: Any, **named: Any) -> None:
        if path == folder and not folder.exists():
            mkdir(folder)
        mkdir(path, *given, **named)

    monkeypatch.setattr(Path, "mkdir", late)
    Kept(folder).keep("host:a:1", Standing(Stage.OUT))
    assert Kept(folder).of("host:a:1") == Standing(Stage.OUT)


def test_a_folder_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StateError, match="cannot be written"):
        Kept(tmp_path / "file" / "outages").keep("host:a:1", Standing(Stage.OUT))
