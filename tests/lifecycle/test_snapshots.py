"""Snapshots whose time is over are dropped, one that cannot be is told, and none is forgotten."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

from controller.config import RolloutFile, parse
from controller.core.plan.plan import Plan
from controller.errors import StateError
from controller.journal.codec import encode
from controller.journal.saved import REMEMBERED, SavedMember, SavedState, note, saved
from controller.lifecycle import Ports
from controller.lifecycle.snapshots import Dropping, drop_expired
from controller.ports import Journal
from controller.records import RolloutRow
from controller.report.status.snapshots import snapshot_lines, snapshot_value
from controller.tasks import JobResult, Task, TaskJob
from tests.config.pages import page
from tests.support.contexts import a_plan
from tests.support.journal_contract import AT, WALL, FixedClock
from tests.support.memory_journal import MemoryJournal

FILE = parse(
    page(
        'snapshot: {create: {command: [a]}, drop: {command: [drop, "${member.name}", '
        '"${snapshot.id}"]}, keep: 7d}'
    ),
    "/srv/web.yaml",
)
PLAN: Plan = a_plan()
OLD = SavedMember(
    "poolroll-web1-1", "r1", "web1", "10.0.0.1", 80, WALL - timedelta(days=8), "anna",
    SavedState.MADE, timedelta(days=7),
)  # fmt: skip
YOUNG = replace(OLD, id="poolroll-web2-1", member="web2", made=WALL - timedelta(days=1))
KEPT = replace(OLD, id="poolroll-web3-1", member="web3", keep=None)


@dataclass
class Ran:
    """Implements what is used of `controller.ports.Tasks`."""

    results: list[JobResult] = field(default_factory=list)
    jobs: list[TaskJob] = field(default_factory=list)

    async def run(self, job: TaskJob) -> JobResult:
        self.jobs.append(job)
        return self.results.pop(0) if self.results else JobResult(exit_code=0)

    async def ask(self, task: Task) -> JobResult:
        raise NotImplementedError

    def unstartable(self, task: Task) -> str | None:
        raise NotImplementedError

    @property
    def argv(self) -> list[Sequence[str]]:
        return [cast(Any, job.task).argv for job in self.jobs]


@dataclass
class Site:
    ran: Ran = field(default_factory=Ran)
    journal: Journal = field(default_factory=lambda: MemoryJournal(FixedClock()))
    told: list[str] = field(default_factory=list)

    async def begun(self, *every: SavedMember, is_over: bool = True) -> "Site":
        row = RolloutRow("r1", "web", "", "", {}, WALL, "anna")
        await self.journal.begin(row, AT, *encode(PLAN))
        if is_over:
            await self.journal.end("r1", "done", 0)
        for one in every:
            await note(self.journal, "web", one)
        return self

    async def drop(self, file: RolloutFile = FILE, *, stops_early: bool = False) -> Dropping:
        ports = cast(Ports, _Ports(self.journal, self.ran, FixedClock()))
        return await drop_expired(ports, file, self.told.append, stops_early=stops_early)

    async def states(self) -> dict[str, str]:
        return {one.member: str(one.state) for one in await saved(self.journal, "web")}


@dataclass
class _Ports:
    journal: Journal
    tasks: Ran
    clock: FixedClock


def test_dropped_by_age() -> None:
    """Those whose time is over, and no others; what came of each is noted."""

    async def story() -> None:
        site = await Site().begun(OLD, YOUNG, KEPT)
        done = await site.drop()
        assert [one.member for one in done.dropped] == ["web1"]
        assert site.ran.argv == [("drop", "web1", "poolroll-web1-1")]
        assert await site.states() == {"web1": "dropped", "web2": "made", "web3": "made"}
        assert await site.drop() == Dropping()
        assert site.told == ["snapshot poolroll-web1-1 of web1 is dropped: its time is over"]

    asyncio.run(story())


def test_not_dropped() -> None:
    """It is told, and tried next time, as a job of its own; a run leaves the others for then."""

    async def story() -> None:
        other = replace(YOUNG, made=OLD.made)
        site = await Site().begun(OLD, other)
        site.ran.results = [JobResult(exit_code=1, output="no such pool\n"), JobResult(lost=True)]
        done = await site.drop(stops_early=True)
        assert [one.member for one in done.failed] == ["web1"]
        assert site.told == [
            "snapshot poolroll-web1-1 of web1 could not be dropped: ended with exit code 1: "
            "no such pool",
            "the other snapshots whose time is over are left for the next run",
        ]
        assert len((await site.drop()).failed) == 1
        assert await site.states() == {"web1": "made", "web2": "dropped"}
        await site.drop()
        assert await site.states() == {"web1": "dropped", "web2": "dropped"}
        assert len({job.key for job in site.ran.jobs}) == 4

    asyncio.run(story())


def test_cut_off_while_it_is_dropped() -> None:
    """The try that a killed process began is joined."""

    async def story() -> None:
        site = await Site().begun(replace(OLD, tries=3, is_dropping=True))
        await site.drop()
        assert [job.key for job in site.ran.jobs] == ["r1/web1/drop-poolroll-web1-1-3"]
        assert await site.states() == {"web1": "dropped"}

    asyncio.run(story())


def test_a_rollout_that_has_not_ended_keeps_its_own() -> None:
    """It may still revert to it."""

    async def story() -> None:
        site = await Site().begun(OLD, is_over=False)
        assert [one.member for one in (await site.drop()).waiting] == ["web1"]
        assert (site.ran.jobs, await site.states()) == ([], {"web1": "made"})

    asyncio.run(story())


def test_nothing_to_drop_them_with() -> None:
    """A file that cannot drop snapshots drops none, and one whose templates cannot be filled says
    so."""

    async def story() -> None:
        site = await Site().begun(OLD)
        assert await site.drop(parse(page(), "f")) == Dropping()
        unfilled = parse(
            page(
                "pool: {haproxy: {apis: [unix:/a], backends: [web]}, "
                "members: {vars: {web9: {zone: a}}}}",
                'snapshot: {create: {command: [a]}, drop: {command: [d, "${member.vars.zone}"]}}',
            ),
            "f",
        )
        assert len((await site.drop(unfilled)).failed) == 1
        assert "member.vars.zone has no value" in site.told[0]

    asyncio.run(story())


def test_old_ones_are_forgotten() -> None:
    """Of those that were dropped, the newest are still listed."""

    async def story() -> None:
        gone = [
            replace(OLD, id=f"poolroll-{n}", state=SavedState.DROPPED, made=WALL + n * AT)
            for n in range(REMEMBERED + 3)
        ]
        site = await Site().begun(*gone)
        await site.drop()
        left = await saved(site.journal, "web")
        assert [one.id for one in left] == [one.id for one in gone[3:]]

    asyncio.run(story())


def test_a_damaged_note() -> None:
    """It is told, and nothing is dropped."""

    async def story() -> str:
        site = await Site().begun()
        await site.journal.note("web", "snapshot.x", "{}")
        try:
            await site.drop()
        except StateError as error:
            return str(error)
        return ""

    assert "the note of a snapshot cannot be read" in asyncio.run(story())


def test_listed() -> None:
    """Who, when, of which member, in which state, and for how long."""
    failed = replace(OLD, why="no such pool")
    gone = replace(OLD, state=SavedState.DROPPED, changed=WALL)
    lines = snapshot_lines({"web": [YOUNG, failed, gone, KEPT]}, WALL)
    assert lines[0].startswith("poolroll-web2-1  web2  r1  made")
    assert "by anna" in lines[0]
    assert "kept until 2026-" in lines[0]
    assert lines[1].endswith(": no such pool")
    assert "dropped" in lines[2]
    assert lines[3].endswith("kept until somebody drops it")
    assert snapshot_lines({"web": []}, WALL) == ["no snapshots"]
    value = snapshot_value("web", gone)
    assert (value["state"], value["until"]) == ("dropped", "2026-11-21T10:03:11.250000+00:00")
    assert snapshot_value("web", KEPT)["until"] is None
