"""An event is journalled, then applied, then told; and never one without the other."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core.events import (
    Event,
    Intended,
    JournalSeen,
    Looked,
    MemberCalled,
    MemberSet,
    Observation,
    PauseRequested,
    RunBegan,
    StopRequested,
)
from controller.core.plan.plan import Plan
from controller.core.pool import (
    Admin,
    Check,
    Found,
    FoundLine,
    Health,
    Incarnation,
    InstanceView,
    Instant,
    Line,
    LineKey,
)
from controller.core.state.state import State, initial
from controller.core.steps import SetMember, Setting
from controller.errors import StateError
from controller.records import Record, Returned, Taken
from controller.runner import recorder as recorder_module
from controller.runner.recorder import Recorder
from tests.report import journals
from tests.support.journal_contract import AT, FixedClock, row
from tests.support.memory_journal import MemoryJournal

WORKER = Incarnation("77", 1700000000)


class SlowJournal(MemoryJournal):
    """Each append waits until it is let through."""

    def __init__(self) -> None:
        super().__init__(FixedClock())
        self.is_asked = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.fault: StateError | None = None
        self.trouble = ""

    async def append(
        self,
        rollout: str,
        at: Instant,
        kind: str,
        body: str,
        *,
        taken: Sequence[Taken] = (),
        returned: Sequence[Returned] = (),
    ) -> Record:
        self.is_asked.set()
        await self.may_go_on.wait()
        if self.fault is not None:
            raise self.fault
        record = await super().append(rollout, at, kind, body, taken=taken, returned=returned)
        return replace(record, trouble=self.trouble)


class Told:
    """A narrator that remembers, with what the journal had by then."""

    def __init__(self, journal: MemoryJournal) -> None:
        self.journal = journal
        self.events: list[tuple[Event | Observation, int]] = []

    def tell(self, event: Event | Observation, before: State, after: State) -> None:
        self.events.append((event, len(self.journal.written("r1"))))


async def recorder() -> tuple[Recorder, SlowJournal, Told]:
    plan: Plan = journals.plan()
    journal = SlowJournal()
    await journal.begin(row(), AT, "Plan", "{}")
    told = Told(journal)
    return Recorder("r1", plan, initial(plan), journal, FixedClock(), [told]), journal, told


async def test_nothing_changes_before_it_is_journalled() -> None:
    """State and narrators wait for the journal."""
    recording, journal, told = await recorder()
    work = asyncio.ensure_future(recording.record(RunBegan("me")))
    await journal.is_asked.wait()
    assert (recording.state.run, told.events) == (None, [])
    journal.may_go_on.set()
    await work
    assert recording.state.run == RunBegan("me")
    assert told.events == [(RunBegan("me"), 2)]


@pytest.mark.parametrize("times", [1, 3])
async def test_cancelled_in_the_middle(times: int) -> None:
    """However often it is cancelled meanwhile: the event is journalled, applied and told, and
    only then does the cancellation come out; what follows comes after it."""
    recording, journal, told = await recorder()
    work = asyncio.ensure_future(recording.record(RunBegan("me")))
    await journal.is_asked.wait()
    for _ in range(times):
        work.cancel()
        await asyncio.sleep(0)
        assert not work.done()
    journal.may_go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert recording.state.run == RunBegan("me")
    await recording.record(PauseRequested("you", 1))
    assert [one.kind for one in journal.written("r1")] == ["Plan", "RunBegan", "PauseRequested"]
    assert told.events == [(RunBegan("me"), 2), (PauseRequested("you", 1), 3)]
    assert recording.state.heard == 1


async def test_a_journal_that_fails_changes_nothing() -> None:
    """What could not be journalled is neither applied nor told, cancelled or not."""
    recording, journal, told = await recorder()
    journal.fault = StateError("the disk is full")
    work = asyncio.ensure_future(recording.record(StopRequested("SIGTERM")))
    await journal.is_asked.wait()
    work.cancel()
    await asyncio.sleep(0)
    journal.may_go_on.set()
    with pytest.raises(StateError, match="the disk is full"):
        await work
    assert (recording.state.stop, told.events) == (None, [])


async def caught(recording: Recorder) -> JournalSeen:
    async with asyncio.timeout(20):
        return await recording.caught_up()


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "LATE", timedelta(milliseconds=1))
    monkeypatch.setattr(recorder_module, "LAST", timedelta(milliseconds=1))


@pytest.mark.usefixtures("late")
async def test_a_journal_that_is_late() -> None:
    """Events change the state ahead of it, it takes them in their order, and that is told."""
    recording, journal, told = await recorder()
    assert not await recording.record(RunBegan("me"))
    assert not await recording.record(PauseRequested("you", 1))
    assert recording.state.journal == JournalSeen(is_late=True)
    assert [event for event, written in told.events] == [
        RunBegan("me"),
        JournalSeen(is_late=True),
        PauseRequested("you", 1),
    ]
    assert {written for _, written in told.events} == {1}
    journal.may_go_on.set()
    seen = await caught(recording)
    assert seen == JournalSeen()
    await recording.record(seen)
    assert recording.state.journal.is_well
    assert [one.kind for one in journal.written("r1")] == ["Plan", "RunBegan", "PauseRequested"]
    assert await recording.record(StopRequested("SIGTERM"))


@pytest.mark.usefixtures("late")
async def test_a_journal_that_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only what a busy machine does not explain is told: once, and that it is over."""
    monkeypatch.setattr(recorder_module, "SILENT", timedelta(milliseconds=1))
    recording, journal, told = await recorder()
    await recording.record(RunBegan("me"))
    await recording.record(await caught(recording))
    assert recording.state.journal == JournalSeen(is_late=True, is_silent=True)
    going = asyncio.ensure_future(caught(recording))
    done, _ = await asyncio.wait((going,), timeout=0.05)
    assert not done
    journal.may_go_on.set()
    await recording.record(await going)
    assert recording.state.journal == JournalSeen()
    assert [event for event, _ in told.events if isinstance(event, JournalSeen)] == [
        JournalSeen(is_late=True),
        JournalSeen(is_late=True, is_silent=True),
        JournalSeen(),
    ]


@pytest.mark.usefixtures("late")
async def test_a_late_journal_that_fails() -> None:
    """Nothing is written after what could not be."""
    recording, journal, _ = await recorder()
    await recording.record(RunBegan("me"))
    await recording.record(PauseRequested("you", 1))
    journal.fault = StateError("the disk is full")
    journal.may_go_on.set()
    assert await caught(recording) == JournalSeen(fault="the disk is full", is_unwritten=True)
    journal.fault = None
    assert not await recording.record(StopRequested("SIGTERM"))
    assert recording.state.stop == StopRequested("SIGTERM")
    assert [one.kind for one in journal.written("r1")] == ["Plan"]


@pytest.mark.usefixtures("late")
@pytest.mark.parametrize("answer", ["late", "fails", "in time"])
async def test_the_last_records(answer: str) -> None:
    """They are waited for, but not for ever, and what is not written is known."""
    recording, journal, _ = await recorder()
    await recording.settle()
    await recording.record(RunBegan("me"))
    journal.fault = StateError("no") if answer == "fails" else None
    if answer != "late":
        journal.may_go_on.set()
        await asyncio.sleep(0)
    await recording.settle()
    assert recording.state.journal.is_unwritten is (answer != "in time")
    await recording.settle()


async def test_the_last_space() -> None:
    """A record that is written with it says so, and stays written."""
    recording, journal, _ = await recorder()
    journal.trouble = "the disk is full"
    journal.may_go_on.set()
    for event in (RunBegan("me"), PauseRequested("you", 1)):
        assert await recording.record(event)
        assert recording.state.journal == JournalSeen(fault="the disk is full")


def looked(*keys: str) -> Looked:
    """web1 as the balancer shows it, one line for each key."""
    lines = [
        Line(f"b{i}", "web1", key, None, Admin.READY, Health.PASSING, Check.RUNNING)
        for i, key in enumerate(keys)
    ]
    return Looked(InstanceView(journals.INSTANCE, AT, WORKER, tuple(lines), is_full=False))


async def test_what_is_out_is_recorded_by_its_keys() -> None:
    """S8: once a member is about to be taken out, what was found of it stands under each of its
    keys; back as found, it is forgotten, also when its keys are others by then."""
    recording, journal, _ = await recorder()
    journal.may_go_on.set()
    found = Found((FoundLine(LineKey(journals.INSTANCE, "b0"), 7, {"agent": "on"}),))
    await recording.record(MemberCalled("web1"))
    await recording.record(looked("b/2", "a/1", "b/2"))
    assert list(await journal.taken_by("r1")) == []
    for setting in (Setting.DRAIN, Setting.RESTORE):
        await recording.record(Intended(SetMember("web1", setting, found)))
        out = [Taken(key, "web1", "r1", found) for key in ("a/1", "b/2")]
        assert list(await journal.taken_by("r1")) == out
        await recording.record(looked("c/3"))
        assert list(await journal.taken_by("r1")) == out
        await recording.record(MemberSet("web1", setting, {journals.INSTANCE: WORKER}))
    assert list(await journal.taken_by("r1")) == []
