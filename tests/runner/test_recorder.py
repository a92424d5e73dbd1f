"""An event is journalled, then applied, then told; and never one without the other."""

import asyncio
import json
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
from controller.core.steps import OpenPool, SetMember, Setting
from controller.errors import Conflict, StateError, StateGone
from controller.records import Record, Returned, Taken
from controller.runner import recorder as recorder_module
from controller.runner.recorder import Narrator, Recorder
from tests.report import journals
from tests.support.journal_contract import AT, FixedClock, row
from tests.support.memory_journal import MemoryJournal
from tests.support.virtual import LoopClock, virtually

WORKER = Incarnation("77", 1700000000)


class SlowJournal(MemoryJournal):
    """Each append waits until it is let through."""

    def __init__(self) -> None:
        super().__init__(FixedClock())
        self.is_asked = asyncio.Event()
        self.may_go_on = asyncio.Event()
        self.fault: BaseException | None = None
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
    return made(plan, journal, told), journal, told


def broke(error: BaseException, where: str) -> None:
    raise error


def made(plan: Plan, journal: MemoryJournal, told: Narrator) -> Recorder:
    return Recorder("r1", plan, initial(plan), journal, LoopClock(), [told], broke)


@virtually
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
@virtually
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


@virtually
async def test_a_journal_that_is_lost_to_another_run_changes_nothing() -> None:
    """What was refused for good is neither applied nor told, cancelled or not."""
    recording, journal, told = await recorder()
    journal.fault = Conflict("web", "another process goes on with its journal")
    work = asyncio.ensure_future(recording.record(StopRequested("SIGTERM")))
    await journal.is_asked.wait()
    work.cancel()
    await asyncio.sleep(0)
    journal.may_go_on.set()
    with pytest.raises(Conflict):
        await work
    assert (recording.state.stop, told.events) == (None, [])


@virtually
async def test_a_journal_that_says_no() -> None:
    """It is not waited for: the event changes the state at once, and is tried again in its turn."""
    recording, journal, _ = await recorder()
    journal.fault = StateError("the disk is full")
    journal.may_go_on.set()
    assert not await recording.record(RunBegan("me"))
    assert not await recording.record(PauseRequested("you", 1))
    assert recording.state.journal == JournalSeen(is_late=True, why="the disk is full")
    assert recording.state.paused
    journal.fault = None
    await recording.record(await caught(recording))
    assert recording.state.journal == JournalSeen()
    assert [one.kind for one in journal.written("r1")] == ["Plan", "RunBegan", "PauseRequested"]
    assert await recording.record(StopRequested("SIGTERM"))


@virtually
async def test_a_journal_that_was_removed() -> None:
    """Where it is back in time, all is written; else whoever is told knows that it is gone."""
    for is_back in (True, False):
        recording, journal, _ = await recorder()
        journal.fault = StateGone("it was removed")
        journal.may_go_on.set()
        await recording.record(PauseRequested("you", 1))
        assert not recording.state.journal.is_gone
        if is_back:
            journal.fault = None
            await recording.record(await caught(recording))
        await recording.settle()
        assert recording.state.journal.is_gone is not is_back
        assert recording.state.journal.is_unwritten is not is_back


@virtually
async def test_a_step_waits_for_a_journal_that_says_no() -> None:
    """Its intent changes nothing then, and is not written later; that it waited is."""
    recording, journal, told = await recorder()
    journal.fault = StateError("the disk is full: token=hunter2")
    journal.may_go_on.set()
    assert not await recording.record(Intended(OpenPool()), waits=True)
    assert not recording.state.touched
    assert [type(event) for event, _ in told.events] == [JournalSeen]
    journal.fault = None
    await recording.record(await caught(recording))
    plan, stalled = journal.written("r1")
    assert (plan.kind, stalled.kind) == ("Plan", "JournalStalled")
    assert json.loads(stalled.body)["why"] == "the disk is full: token=***"


@virtually
async def test_a_journal_that_says_no_for_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """People are told, then the rollout is to halt; when it takes records again, it gets all."""
    monkeypatch.setattr(recorder_module, "SILENT", timedelta(milliseconds=1))
    monkeypatch.setattr(recorder_module, "PATIENCE", timedelta(milliseconds=2))
    recording, journal, _ = await recorder()
    journal.fault = StateError("the disk is full")
    journal.may_go_on.set()
    await recording.record(RunBegan("me"))
    for fault in ("", "the disk is full"):
        seen = await caught(recording)
        assert seen == JournalSeen(True, True, fault, why="the disk is full")
        await recording.record(seen)
    journal.fault = None
    await recording.record(await caught(recording))
    assert recording.state.journal == JournalSeen(fault="the disk is full")
    assert [one.kind for one in journal.written("r1")] == ["Plan", "RunBegan"]
    await recording.settle()
    assert not recording.state.journal.is_unwritten


@virtually
async def test_errors_of_our_own() -> None:
    """A narrator that raises keeps nobody from hearing; what the journal raises is tried again."""
    plan, journal, heard = journals.plan(), SlowJournal(), list[tuple[str, str]]()
    await journal.begin(row(), AT, "Plan", "{}")
    told = Told(journal)

    class Broken:
        def tell(self, event: Event | Observation, before: State, after: State) -> None:
            raise ValueError(type(event).__name__)

    def noted(error: BaseException, where: str) -> None:
        heard.append((str(error), where))
        journal.fault = None

    state, clock = initial(plan), FixedClock()
    recording = Recorder("r1", plan, state, journal, clock, [Broken(), told], noted)
    journal.fault = asyncio.CancelledError("stray")
    journal.may_go_on.set()
    await recording.record(RunBegan("me"))
    assert heard == [("stray", "in the journal"), ("RunBegan", "while RunBegan was told")]
    assert [type(event) for event, _ in told.events] == [RunBegan]
    assert [one.kind for one in journal.written("r1")] == ["Plan", "RunBegan"]


async def caught(recording: Recorder) -> JournalSeen:
    async with asyncio.timeout(60):
        return await recording.caught_up()


@pytest.fixture
def late(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recorder_module, "LATE", timedelta(milliseconds=1))
    monkeypatch.setattr(recorder_module, "LAST", timedelta(milliseconds=1))


@pytest.mark.usefixtures("late")
@virtually
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


@virtually
async def test_gates_hardly_wait_for_a_journal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each second of it would cost users more than was planned. A step waits for its record."""
    monkeypatch.setattr(recorder_module, "LATE", timedelta(minutes=9))
    recording, _, _ = await recorder()
    async with asyncio.timeout(60):
        await recording.record(RunBegan("me"))
    assert recording.state.run == RunBegan("me")
    assert recording.state.journal == JournalSeen(is_late=True)
    stepping, _, _ = await recorder()
    step = asyncio.ensure_future(stepping.record(Intended(OpenPool()), waits=True))
    done, _ = await asyncio.wait((step,), timeout=0.1)
    assert not done
    step.cancel()


@pytest.mark.usefixtures("late")
@virtually
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
@virtually
async def test_a_journal_that_was_given_up() -> None:
    """Nothing is written after what could not be."""
    recording, journal, _ = await recorder()
    await recording.record(RunBegan("me"))
    await recording.settle()
    assert recording.state.journal.is_unwritten
    journal.fault = StateError("the disk is full")
    journal.may_go_on.set()
    assert not await recording.record(StopRequested("SIGTERM"))
    assert recording.state.stop == StopRequested("SIGTERM")
    for _ in range(9):
        await asyncio.sleep(0)
    assert [one.kind for one in journal.written("r1")] == ["Plan"]


@pytest.mark.usefixtures("late")
@pytest.mark.parametrize("answer", ["late", "fails", "in time"])
@virtually
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
    assert not recording.state.journal.is_late
    await recording.settle()


@virtually
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


@virtually
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
