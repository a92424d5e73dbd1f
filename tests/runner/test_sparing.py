"""A long soak: the state knows every sample, the journal those that tell something."""

import json
from datetime import timedelta

from controller.core.events import (
    Cause,
    GateSampled,
    Halted,
    MemberCalled,
    PauseRequested,
    RunBegan,
    Verdict,
)
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.state.state import initial
from controller.runner.recorder import Recorder
from tests.report import journals
from tests.support.journal_contract import FixedClock, row
from tests.support.memory_journal import MemoryJournal
from tests.support.virtual import virtually

HOUR = 3600


class Ticking(FixedClock):
    def __init__(self) -> None:
        self.at = Instant(0)

    def now(self) -> Instant:
        return self.at


class Recording:
    """A recorder whose clock goes on by a second with each event."""

    def __init__(self) -> None:
        self.clock, self.journal = Ticking(), MemoryJournal(FixedClock())
        self.told: list[object] = []
        plan: Plan = journals.plan()
        self.recorder = Recorder(
            "r1", plan, initial(plan), self.journal, self.clock, [self], self.broke
        )

    def tell(self, event: object, before: object, after: object) -> None:
        self.told.append(event)

    def broke(self, error: BaseException, where: str) -> None:
        raise error

    async def begin(self) -> None:
        await self.journal.begin(row(), self.clock.now(), "Plan", "{}")
        await self.recorder.record(RunBegan("me"))

    async def sample(self, value: float, member: str = "web1", verdict: str = "pass") -> None:
        self.clock.at += timedelta(seconds=1)
        event = GateSampled("errors", member or None, Verdict(verdict), "", 0, 9, value, 0.01)
        await self.recorder.record(event)

    async def sample_unwritten(self, value: float, member: str = "web1") -> None:
        known = len(self.values)
        while len(self.values) == known:  # the next one after one that was due
            await self.sample(value, member)
        known = len(self.values)
        await self.sample(value, member)
        assert len(self.values) == known

    @property
    def values(self) -> list[float]:
        """Of the samples in the journal."""
        found = [one for one in self.journal.written("r1") if one.kind == "GateSampled"]
        return [json.loads(one.body)["value"] for one in found]


@virtually
async def test_narrators_hear_all_and_the_journal_a_few() -> None:
    made = Recording()
    await made.begin()
    for _ in range(HOUR):
        await made.sample(0.0)
    assert len(made.told) == HOUR + 1
    assert len(made.values) < 260
    assert made.recorder.state.gates["errors", "web1"].sampled_at == made.clock.at


@virtually
async def test_the_last_one_is_written_where_its_judgement_ends() -> None:
    """Before what ended it, with the moment at which it was taken."""
    made = Recording()
    await made.begin()
    for _ in range(200):
        await made.sample(0.0)
    await made.sample_unwritten(0.0001)
    last, known = made.clock.at, len(made.values)
    await made.recorder.record(PauseRequested("anna", 1))
    assert len(made.values) == known
    await made.recorder.record(MemberCalled("web1"))
    *_, held, called = made.journal.written("r1")
    assert (held.kind, json.loads(held.body)["value"], held.at) == ("GateSampled", 0.0001, last)
    assert called.kind == "MemberCalled"


@virtually
async def test_each_member_has_its_own() -> None:
    """And the pool; what ends for one goes on for the others."""
    made = Recording()
    await made.begin()
    for _ in range(200):
        await made.sample(0.0)
        await made.sample(0.0, "web2")
        await made.sample(0.0, "")
    await made.sample_unwritten(0.0001, "web2")
    await made.sample_unwritten(0.0001, "")
    await made.sample_unwritten(0.0001)
    known = len(made.values)
    await made.recorder.record(MemberCalled("web1"))
    assert len(made.values) == known + 1
    await made.sample(0.5, "web2", "fail")
    await made.recorder.record(MemberCalled("web2"))
    assert made.values[known + 1 :] == [0.5]
    await made.recorder.record(Halted(Cause.GATE, "seen", "limit"))
    assert made.values[known + 2 :] == [0.0001]
