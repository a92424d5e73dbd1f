"""`prepare`: members are prepared while they serve, each step once, and asked again later."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from controller.config import RolloutFile, parse
from controller.core.pool import Admin, Instant
from controller.errors import Refused
from controller.journal.prepared import PreparedMember, Stage, note, prepared
from controller.lifecycle import Ports
from controller.lifecycle.prepare import prepare_all, selected
from controller.lifecycle.prepared import grouped, refusals, unprepared
from controller.preflight.survey import reach
from controller.tasks import JobResult, Task, TaskJob
from tests.config.pages import page
from tests.support.fakes import FakeLoadBalancer
from tests.support.memory_journal import Holdings, MemoryHold, MemoryJournal
from tests.support.sim import Sim, make_sim
from tests.support.virtual import LoopClock, run_virtually

STEPS = 'steps: [{command: [get, "${member.name}", "${vars.version}"]}, {ssh: [warm]}]'


def file(more: str = "", *sections: str) -> RolloutFile:
    return parse(page(f"prepare: {{{STEPS}{more}}}", *sections), "/srv/web.yaml")


PLAIN = file()
ASKED = file(", fingerprint: {command: [newest]}, valid: 2d")


class Days(LoopClock):
    """Days go by when a test says so."""

    days = 0

    def wall(self) -> datetime:
        return super().wall() + timedelta(days=self.days)


@dataclass
class Hosts:
    """Implements `controller.ports.Tasks`: the same key is the same execution."""

    results: dict[str, JobResult] = field(default_factory=dict)
    """Of commands, by their first word."""
    ran: dict[str, tuple[str, ...]] = field(default_factory=dict)
    newest: str = "2.4.1-1\n"
    at_once: int = 0
    most: int = 0
    cut: Callable[[], None] = lambda: None

    async def run(self, job: TaskJob) -> JobResult:
        self.at_once += 1
        self.most = max(self.most, self.at_once)
        await LoopClock().sleep(Instant(seconds=1))
        self.at_once -= 1
        self.ran.setdefault(job.key, cast(Any, job.task).argv)
        self.cut()
        return self.results.get(job.task.label, JobResult(exit_code=0, output="fetched\n"))

    async def ask(self, task: Task) -> JobResult:
        return self.results.get(task.label, JobResult(exit_code=0, output=self.newest))

    def unstartable(self, task: Task) -> str | None:
        raise NotImplementedError


@dataclass
class Site:
    sim: Sim = field(default_factory=lambda: make_sim(3))
    hosts: Hosts = field(default_factory=Hosts)
    clock: Days = field(default_factory=Days)
    journal: MemoryJournal = field(default_factory=lambda: MemoryJournal(Days()))
    told: list[tuple[str, str]] = field(default_factory=list)

    @property
    def ports(self) -> Ports:
        balancer = FakeLoadBalancer(self.sim, LoopClock())
        return cast(Ports, _Ports(balancer, self.hosts, self.clock, self.journal, "anna"))

    async def prepare(self, wanted: RolloutFile = PLAIN) -> dict[str, str]:
        hold = MemoryHold("web", Holdings({}, {"web": frozenset()}))
        return await prepare_all(self.ports, wanted, hold, lambda *told: self.told.append(told))

    async def check(self, wanted: RolloutFile = PLAIN) -> list[str]:
        reached = await reach(self.ports.balancer, wanted.settings.selection)
        members = await selected(self.ports, wanted, reached)
        return grouped(await unprepared(self.ports, wanted, members))


@dataclass
class _Ports:
    balancer: FakeLoadBalancer
    tasks: Hosts
    clock: Days
    journal: MemoryJournal
    by: str


def played(story: Callable[[Site], Awaitable[None]]) -> Site:
    site = Site()
    run_virtually(cast(Any, story(site)), timedelta(0))
    return site


def test_prepared_while_it_serves() -> None:
    """Every member, so many at once, in the order of the steps; and it holds afterwards."""

    async def story(site: Site) -> None:
        assert await site.check() == ["web1, web2, web3: is not prepared"]
        assert await site.prepare(file(", parallel: 2")) == {}
        assert await site.check() == []

    site = played(story)
    assert site.hosts.most == 2
    ran = [argv for argv in site.hosts.ran.values() if "web1" in argv or argv == ("warm",)]
    assert ran.count(("get", "web1", "2.4.1")) == 1
    assert len(site.hosts.ran) == 6
    assert {line.admin for _, line in site.sim.every_line()} == {Admin.READY}
    assert site.told[0] == ("web1", "is prepared")


def test_no_longer_the_newest() -> None:
    """The day before, somebody asks, and is told; nothing is run for that."""

    async def story(site: Site) -> None:
        await site.prepare(ASKED)
        site.clock.days = 1
        assert await site.check(ASKED) == []
        site.hosts.newest = "2.4.1-2\n"
        (line,) = await site.check(ASKED)
        assert line.startswith("web1, web2, web3: was prepared at ")
        assert line.endswith("by anna, and its fingerprint differs now")
        assert len(site.hosts.ran) == 6
        await site.prepare(ASKED)
        assert await site.check(ASKED) == []
        assert len(site.hosts.ran) == 12

    played(story)


@pytest.mark.parametrize(
    ("other", "days", "answer", "why"),
    [
        (ASKED, 3, None, "and prepare.valid is 48h00m"),
        (file(", fingerprint: {command: [newest]}", 'vars: {version: "3"}'), 0, None, "version"),
        (ASKED, 0, JobResult(exit_code=2, output="no net\n"), "ended with exit code 2: no net"),
        (ASKED, 0, JobResult(exit_code=0, output=" \n"), "printed nothing"),
    ],
)
def test_it_holds_no_longer(
    other: RolloutFile, days: int, answer: JobResult | None, why: str
) -> None:
    """Too old, for another version, or not to be asked."""

    async def story(site: Site) -> None:
        await site.prepare(ASKED)
        site.clock.days = days
        if answer is not None:
            site.hosts.results["newest"] = answer
        (line,) = await site.check(other)
        assert why in line

    played(story)


def test_one_that_fails() -> None:
    """It is named; the others are prepared all the same, and the next one tries it again."""

    async def story(site: Site) -> None:
        site.hosts.results["warm"] = JobResult(exit_code=1, output="no space\n")
        failed = await site.prepare()
        assert list(failed) == ["web1", "web2", "web3"]
        assert failed["web1"] == "step 2 (warm) ended with exit code 1: no space"
        assert "could not be prepared at" in (await site.check())[0]
        site.hosts.results["warm"] = JobResult(timed_out=True)
        assert "did not end in time" in (await site.prepare())["web1"]
        site.hosts.results = {"newest": JobResult(fault="no such program")}
        assert "could not be started: no such program" in (await site.prepare(ASKED))["web1"]
        site.hosts.results = {}
        assert await site.prepare() == {}

    played(story)


def test_cut_off() -> None:
    """What was prepared is not prepared again, and what was begun is joined: each step once."""

    class Killed(Exception):
        pass

    async def story(site: Site) -> None:
        def kill() -> None:
            if len(site.hosts.ran) == 3:
                raise Killed

        site.hosts.cut = kill
        one = file(", parallel: 1")
        with pytest.raises((Killed, ExceptionGroup)):
            await site.prepare(one)
        known = await prepared(site.journal, "web")
        assert (known["web1"].stage, known["web2"].stage) == (Stage.PREPARED, Stage.BEGUN)
        assert "and not finished" in (await site.check())[0]
        site.hosts.cut = lambda: None
        assert await site.prepare(one) == {}
        assert len(site.hosts.ran) == 6
        assert ("web1", "is prepared already, by the one that was cut off") in site.told

    played(story)


def test_cut_off_long_ago() -> None:
    """Then all is done anew: what it fetched is old."""

    async def story(site: Site) -> None:
        old = PreparedMember("old", "web1", "bob", site.clock.wall(), Stage.BEGUN, "")
        await note(site.journal, "web", replace(old, at=old.at - timedelta(days=8)))
        await site.prepare()
        assert not [key for key in site.hosts.ran if key.startswith("old/")]

    played(story)


def test_nobody_is_selected() -> None:
    """Nothing to prepare is refused, not well."""

    async def story(site: Site) -> None:
        nobody = "pool: {haproxy: {apis: [unix:/a], backends: [web]}, members: {include: [x]}}"
        with pytest.raises(Refused, match="nothing to prepare"):
            await site.prepare(file("", nobody))

    played(story)


def test_refusals() -> None:
    """Each says what to do."""
    assert refusals(PLAIN, {"web1": "is not prepared"}) == [
        "web1: is not prepared; prepare first: poolroll prepare /srv/web.yaml"
    ]


def test_another_machine_of_that_name_is_not_prepared() -> None:
    """A member that was replaced since, or one of another pool whose file has the same name."""

    async def story(site: Site) -> None:
        assert await site.prepare() == {}
        assert await site.check() == []
        one = (await prepared(site.journal, "web"))["web1"]
        await note(site.journal, "web", replace(one, address="10.9.9.9:80"))
        (line,) = await site.check()
        assert "web1: is not prepared: at 10.9.9.9:80 another one of its name was, at " in line
        await note(site.journal, "web", replace(one, address=""))  # of a former version
        assert await site.check() == []

    played(story)


def test_what_was_cut_off_on_another_machine_is_not_joined() -> None:
    async def story(site: Site) -> None:
        assert await site.prepare() == {}
        one = (await prepared(site.journal, "web"))["web1"]
        begun = replace(one, stage=Stage.BEGUN, address="10.9.9.9:80")
        await note(site.journal, "web", begun)
        assert await site.prepare() == {}
        assert (await prepared(site.journal, "web"))["web1"].id != one.id

    played(story)
