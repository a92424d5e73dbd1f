"""A pair: who stands by is out already; before the active one is touched the other is promoted,
once, and the boxes themselves have to say so."""

from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.scripted import Kept, PairBoxes
from adapters.scripted.pair import INSTANCE
from controller.core.pool import Admin, Found
from controller.errors import (
    BalancerUnreachable,
    CommandRefused,
    HookFailed,
    MalformedReply,
    WeightRefused,
)
from controller.pools.pair import Box, PairPool
from controller.tasks import Command, Job, JobResult, Task, TaskJob
from tests.support.virtual import LoopClock, run_virtually

FOUND = Found(())
LIMIT = timedelta(seconds=30)


class Killed(Exception):
    pass


@dataclass
class Cluster:
    """What both boxes say, and what `promote` does. Plays the ports that run commands."""

    says: dict[str, str] = field(default_factory=lambda: {"db1": "ready", "db2": "standby"})
    end: JobResult = field(default_factory=lambda: JobResult(exit_code=0))
    swaps: bool = True
    dies: bool = False
    promoted: list[str] = field(default_factory=list)
    known: dict[str, JobResult] = field(default_factory=dict)

    async def run_briefly(self, command: Command) -> JobResult:
        said = self.says[command.argv[1]]
        return JobResult(exit_code=0 if said else 1, output=f"{said}\n")

    async def run(self, job: TaskJob) -> JobResult:
        assert isinstance(job.task, Command)
        if job.key not in self.known:
            name = job.task.argv[1]
            self.promoted.append(name)
            self.known[job.key] = self.end
            if self.swaps and self.end.exit_code == 0:
                self.says = dict.fromkeys(self.says, "standby") | {name: "ready"}
        if self.dies:
            self.dies = False
            raise Killed
        return self.known[job.key]

    async def ask(self, task: Task) -> JobResult:
        raise NotImplementedError

    def unstartable(self, task: Task) -> str | None:
        return None


@dataclass
class Asked:
    """The commands port of a cluster."""

    cluster: Cluster

    async def run(self, job: Job) -> JobResult:
        raise NotImplementedError

    async def run_briefly(self, command: Command) -> JobResult:
        return await self.cluster.run_briefly(command)

    def unstartable(self, command: Command) -> str | None:
        return None


def pair(folder: Path, cluster: Cluster) -> PairBoxes:
    def box(name: str) -> Box:
        return Box(name, name, 0, Command(("state", name), LIMIT), Command(("up", name), LIMIT))

    pool = PairPool((box("db1"), box("db2")), timedelta(seconds=1))
    return PairBoxes(pool, Asked(cluster), cluster, LoopClock(), Kept(folder), "here")


async def admins(one: PairBoxes) -> dict[str, Admin]:
    view = await one.look(INSTANCE, None)
    return {line.member: line.admin for line in view.lines}


def test_the_standby_first_then_the_other(tmp_path: Path) -> None:
    """It is promoted when the turn of the active one has come, and nothing is promoted back."""

    async def whole() -> None:
        cluster = Cluster()
        one = pair(tmp_path, cluster)
        view = await one.look(INSTANCE, None)
        assert [line.member for line in view.lines] == ["db2", "db1"]
        assert [line.in_flight for line in view.lines] == [0, None]
        assert [line.role for line in view.lines] == ["standby", "active"]
        survey = await one.survey(view, ["db1", "db2"])
        assert survey.refusals == ()
        assert survey.abilities.ordered == ("db2", "db1")
        assert survey.notes == (
            "db2 stands by; before db1 is touched, if it is, this runs in .: up db2",
        )
        await one.drain("db2")
        await one.take_out("db2")
        assert await admins(one) == {"db2": Admin.OUT, "db1": Admin.READY}
        await one.put_back("db2", FOUND)
        assert cluster.promoted == []
        await one.drain("db1")
        await one.take_out("db1")
        assert cluster.says == {"db1": "standby", "db2": "ready"}
        now = await one.look(INSTANCE, None)
        assert {line.member: line.role for line in now.lines} == {"db1": "standby", "db2": "active"}
        assert await admins(one) == {"db1": Admin.OUT, "db2": Admin.READY}
        await one.put_back("db1", FOUND)
        assert cluster.promoted == ["db2"]
        assert await admins(one) == {"db1": Admin.READY, "db2": Admin.READY}

    run_virtually(whole())


def test_killed_while_it_promotes(tmp_path: Path) -> None:
    """The next process joins it, whatever it wants of the member."""

    async def whole() -> None:
        for name in ("out", "back", "held"):
            cluster = Cluster(dies=True)
            with pytest.raises(Killed):
                await pair(tmp_path / name, cluster).drain("db1")
            one = pair(tmp_path / name, cluster)
            assert (await admins(one))["db1"] is Admin.DRAINING
            if name == "back":
                await one.put_back("db1", FOUND)
            else:
                await (one.drain if name == "out" else one.take_out)("db1")
            wanted = Admin.READY if name == "back" else Admin.OUT
            assert (await admins(one))["db1"] is wanted
            assert cluster.promoted == ["db2"]

    run_virtually(whole())


def test_a_promotion_that_fails(tmp_path: Path) -> None:
    """The active one is as it was, and so it is where the boxes do not say that it worked."""

    async def whole() -> None:
        cluster = Cluster(end=JobResult(exit_code=2, output="no quorum\n"))
        one = pair(tmp_path, cluster)
        with pytest.raises(
            HookFailed, match="`promote` of db2 ended with exit code 2: no quorum"
        ) as caught:
            await one.drain("db1")
        assert caught.value.is_final
        assert await admins(one) == {"db2": Admin.READY, "db1": Admin.READY}
        cluster.end, cluster.swaps = JobResult(exit_code=0), False
        with pytest.raises(HookFailed, match="db2 says standby, db1 says ready"):
            await one.drain("db1")
        cluster.says["db1"] = ""
        with pytest.raises(BalancerUnreachable, match="`state` of db1 ended with exit code 1"):
            await one.drain("db1")
        assert cluster.promoted == ["db2", "db2"]

    run_virtually(whole())


def test_nobody_to_promote(tmp_path: Path) -> None:
    """Both active, or both standing by: the plan is refused, and so is a take-out."""

    async def whole() -> None:
        both = Cluster({"db1": "ready", "db2": "ready"})
        one = pair(tmp_path, both)
        view = await one.look(INSTANCE, None)
        assert (await one.survey(view, [])).refusals == (
            "db1 and db2 both say ready: one of the two must be ready, one standby",
        )
        with pytest.raises(HookFailed, match="db1 and db2 are both active"):
            await one.drain("db1")
        both.says = dict.fromkeys(both.says, "standby")
        assert "both say standby" in (await one.survey(view, [])).refusals[0]
        assert both.promoted == []

    run_virtually(whole())


def test_a_failover_onto_the_one_that_is_out(tmp_path: Path) -> None:
    """It shows as in rotation, and nobody is promoted against it."""

    async def whole() -> None:
        cluster = Cluster()
        one = pair(tmp_path, cluster)
        await one.drain("db2")
        cluster.says = {"db1": "standby", "db2": "ready"}
        assert (await admins(one))["db2"] is Admin.READY
        with pytest.raises(CommandRefused, match="db2 is active now") as caught:
            await one.take_out("db2")
        assert not caught.value.is_final
        assert cluster.promoted == []

    run_virtually(whole())


def test_what_is_no_state_of_a_pair(tmp_path: Path) -> None:
    async def whole() -> None:
        one = pair(tmp_path, Cluster({"db1": "ready health=up", "db2": "draining"}))
        (line,) = (await one.look(INSTANCE, ["db1"])).lines
        assert line.health == "passing"
        with pytest.raises(MalformedReply, match="must end with a line of ready or standby"):
            await one.look(INSTANCE, None)
        with pytest.raises(WeightRefused):
            await one.put_back("db1", FOUND, 10)

    run_virtually(whole())
