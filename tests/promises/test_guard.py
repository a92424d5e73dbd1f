"""After a halt: what was left out stays out across reloads, until somebody decides."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

import pytest

from controller.core.events import AbortRequested, Finished, ResumeRequested, RolesSeen, RunBegan
from controller.core.outcome import ExitCode, Outcome
from controller.core.phases import Phase
from controller.core.pool import Admin, InstanceView
from controller.core.settings import Amount
from controller.errors import StateError
from controller.journal.codec import encode
from controller.journal.replay import Known, replayed
from controller.journal.unfinished import unfinished
from controller.lifecycle.guard import Guard, GuardPorts, to_guard
from controller.ports import Journal
from controller.records import Verb
from tests.promises.beats import scripted
from tests.support.fakes import FakeLoadBalancer, Script
from tests.support.memory_journal import Holdings, MemoryLock
from tests.support.plays import play
from tests.support.scenarios import NAME, QUICK, ROLLOUT, Scenario, World, ms
from tests.support.sim import Sim, make_sim
from tests.support.virtual import LoopClock, run_virtually

TWO_DOORS = partial(make_sim, 3, instances=("lb1", "lb2"))
HALTS = scripted(Script(exit_code=1))
"""The first member fails its step."""


@dataclass
class Night:
    """A halted rollout, a guard, and what happens meanwhile."""

    world: World
    balancer: FakeLoadBalancer
    told: list[str] = field(default_factory=list)
    holdings: Holdings = field(default_factory=Holdings)
    over: str = ""
    left: set[Admin] = field(default_factory=set)
    """How web1 stood in the end."""

    @property
    def sim(self) -> Sim:
        return self.world.sim

    @property
    def clock(self) -> LoopClock:
        return LoopClock()

    def stands(self, member: str = "web1") -> set[Admin]:
        self.sim.advance(self.clock.now())
        return {line.admin for _, line in self.sim.every_line(member)}

    async def decide(self) -> None:
        await self.world.requests.ask(ROLLOUT, Verb.RESUME, "mended", "kim@ops")


async def another_begins(night: Night) -> None:
    journal = night.world.journal
    former = await journal.latest(NAME)
    assert former is not None
    row = replace(former, id="web-2", outcome=None, ended=None)
    await journal.begin(row, night.sim.now, "plan", "{}")


Deed = Callable[[Night], object]


def guarded(deed: Deed, scenario: Scenario | None = None) -> Night:
    """The guard runs; after a second `deed` is done, three seconds later the halt is decided."""
    played = play(scenario or Scenario(sim=TWO_DOORS, prepare=HALTS))
    assert played.end.outcome == "halted"

    async def night() -> Night:
        clock = LoopClock()
        one = Night(played.world, FakeLoadBalancer(played.world.sim, clock))
        former = await unfinished(one.world.journal, NAME)
        assert former is not None
        ports = GuardPorts(
            balancer=one.balancer,
            lock=MemoryLock(clock, "guard", one.holdings),
            journal=one.world.journal,
            requests=one.world.requests,
            clock=clock,
        )
        guard = Guard(ports, former, lambda about, what: one.told.append(f"{about}: {what}"))
        running = asyncio.create_task(guard.run())
        await clock.sleep(ms(1000))
        done = deed(one)
        if asyncio.iscoroutine(done):
            await done
        await clock.sleep(ms(3000))
        one.left = one.stands()
        await one.decide()
        one.over = await asyncio.wait_for(running, 60)
        return one

    return run_virtually(night(), played.world.sim.now + ms(200))


def reloads(night: Night) -> None:
    night.sim.reload("lb1")
    assert Admin.READY in night.stands()


def test_a_reload_puts_nobody_back() -> None:
    """Out again within a second, wherever it was reloaded; members of others are not touched; the
    guard ends with the decision."""
    night = guarded(reloads)
    assert night.left == {Admin.OUT}
    assert night.told == ["web1: in rotation at lb1 since a reload: TAKEN OUT again"]
    assert {member for _, member in night.balancer.calls} == {"web1"}
    assert night.over == "resume by kim@ops"
    assert night.holdings.holders == {}


def test_nothing_is_set_while_nothing_happens() -> None:
    night = guarded(lambda night: None)
    assert (night.told, night.balancer.calls) == ([], [])


def test_a_hand_is_not_fought() -> None:
    """Put in rotation at the process that had it out: somebody did that (S14)."""
    night = guarded(lambda night: night.sim.foreign("web1", Admin.READY, "lb2"))
    assert night.balancer.calls == []
    assert night.told == [
        "web1: somebody changed it at lb2: it is left there, and no longer guarded"
    ]
    assert night.over == "nobody is left to guard"


def test_the_floor_comes_first() -> None:
    """Another member went down meanwhile: the failed one stays before users (S2), and that is
    said once; as soon as that one is back, it goes out."""

    async def deed(night: Night) -> None:
        night.sim.down("web2")
        await night.clock.sleep(ms(1000))
        night.sim.reload("lb1")
        await night.clock.sleep(ms(3000))
        assert Admin.READY in night.stands()
        [told] = night.told
        assert told.startswith("web1: back in rotation by a reload, and LEFT THERE: without it 1 ")
        night.sim.set_answers("web2", True)

    policies = replace(QUICK, min_available=Amount(2))
    night = guarded(deed, Scenario(policies, TWO_DOORS, prepare=HALTS))
    assert night.left == {Admin.OUT}


def test_what_cannot_be_asked_is_told_once() -> None:
    """Who cannot be asked may be all that serves: nobody is taken out."""

    async def deed(night: Night) -> None:
        night.sim.instances["lb2"].outage = "refuses"
        night.sim.reload("lb1")
        await night.clock.sleep(ms(2500))
        assert Admin.READY in night.stands()
        night.sim.instances["lb2"].outage = None

    night = guarded(deed)
    assert night.left == {Admin.OUT}
    assert len(night.told) == 3, night.told
    assert night.told[0].startswith("lb2: cannot be asked: ")
    assert night.told[1].endswith("LEFT THERE: lb2 cannot be asked whether enough members serve")


def test_a_run_is_not_disturbed() -> None:
    """While somebody else holds the rollout, nothing is set."""

    async def deed(night: Night) -> None:
        other = MemoryLock(night.clock, "kim@ops", night.holdings)
        async with other.hold(NAME):
            night.sim.reload("lb1")
            await night.clock.sleep(ms(2500))
            assert Admin.READY in night.stands()

    night = guarded(deed)
    assert "it could not be taken out again: rollout 'web' is held by " in night.told[0]
    assert night.left == {Admin.OUT}


def test_it_ends_with_the_rollout() -> None:
    """One that another one took the place of, or that somebody brought to its end."""

    async def deed(night: Night) -> None:
        await night.world.journal.end(ROLLOUT, "abandoned", 7)
        night.sim.reload("lb1")

    night = guarded(deed)
    assert (night.over, night.balancer.calls) == ("the rollout has ended", [])


def test_an_abort_leaves_it_out_and_guarded() -> None:
    """Who ends a rollout has not let users meet what failed: it stays out across reloads until
    another rollout begins, which takes it first."""

    async def deed(night: Night) -> None:
        await night.world.requests.ask(ROLLOUT, Verb.ABORT, "", "kim@ops")
        await night.world.journal.end(ROLLOUT, "aborted", 7)
        night.sim.reload("lb1")
        night.decide = partial(another_begins, night)  # type: ignore[method-assign]

    night = guarded(deed)
    assert night.left == {Admin.OUT}
    assert night.told == [
        "web1: stays out after the abort, and is still guarded",
        "web1: in rotation at lb1 since a reload: TAKEN OUT again",
    ]
    assert night.over == "another rollout has begun"


def test_an_abort_that_puts_back_ends_it() -> None:
    """What comes back then does so by a decision."""

    async def deed(night: Night) -> None:
        await night.world.requests.ask(ROLLOUT, Verb.ABORT_RESTORE, "", "kim@ops")
        night.sim.reload("lb1")

    night = guarded(deed)
    assert (night.over, night.balancer.calls) == ("abort --restore by kim@ops", [])


@pytest.mark.parametrize("back", ["web1", "web2"])
def test_one_that_was_put_back_while_it_looked(back: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The look is older than the abort that is read before the first of two is taken out again: the
    one that it put back is no longer its to guard, and the other one is."""

    async def put_back(journal: Journal, rollout: str) -> Known:
        found = await replayed(journal, rollout)
        member = replace(found.state.members[back], phase=Phase.DONE)
        members = {**found.state.members, back: member}
        return replace(found, state=replace(found.state, members=members))

    async def deed(night: Night) -> None:
        look = night.balancer.look

        async def looks(*given: Any, **named: Any) -> InstanceView:
            night.balancer.look = look  # type: ignore[method-assign]
            journal = night.world.journal
            monkeypatch.setattr("controller.lifecycle.guard.replayed", put_back)
            await journal.append(ROLLOUT, night.clock.now(), *encode(RolesSeen({})))
            await journal.end(ROLLOUT, "aborted", 7)
            return await look(*given, **named)

        night.sim.reload("lb1")
        night.balancer.look = looks  # type: ignore[method-assign]

    policies = replace(QUICK, max_unavailable=Amount(2), min_available=Amount(1))
    night = guarded(deed, Scenario(policies, TWO_DOORS, prepare=HALTS))
    left = {"web1": "web2", "web2": "web1"}[back]
    assert night.told == [
        f"{left}: stays out after the abort, and is still guarded",
        f"{left}: in rotation at lb1 since a reload: TAKEN OUT again",
    ]
    assert {member for _, member in night.balancer.calls} == {left}


def test_a_run_that_halted_again_meanwhile() -> None:
    """Between two looks at the journal: what was left out since is not what was left out before."""

    async def deed(night: Night) -> None:
        again = Finished(Outcome.HALTED, ExitCode.HALTED, "web1: its step failed")
        for event in (RunBegan("kim@ops"), ResumeRequested("kim@ops", "mended"), again):
            await night.world.journal.append(ROLLOUT, night.clock.now(), *encode(event))
        night.sim.reload("lb1")

    night = guarded(deed)
    assert (night.over, night.told) == ("a run goes on with the rollout", [])
    assert night.balancer.calls == []


def test_an_abort_that_has_only_begun(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its first record is that of any run, and the journal is read just then: what it leaves out is
    guarded still."""

    async def deed(night: Night) -> None:
        journal = night.world.journal

        async def late(journal: Journal, rollout: str) -> Known:
            found = await replayed(journal, rollout)
            if found.state.finished is None:
                monkeypatch.setattr("controller.lifecycle.guard.replayed", replayed)
                ending = Finished(Outcome.ABORTED, ExitCode.STOPPED, "by kim@ops")
                for event in (AbortRequested("kim@ops", restore=False), ending):
                    await journal.append(ROLLOUT, night.clock.now(), *encode(event))
            return found

        monkeypatch.setattr("controller.lifecycle.guard.replayed", late)
        await journal.append(ROLLOUT, night.clock.now(), *encode(RunBegan("kim@ops")))
        night.sim.reload("lb1")
        night.decide = partial(another_begins, night)  # type: ignore[method-assign]

    night = guarded(deed)
    assert night.told[0] == "web1: stays out after the abort, and is still guarded"
    assert night.told[1:] == ["web1: in rotation at lb1 since a reload: TAKEN OUT again"]


def test_nothing_is_set_on_what_is_not_known() -> None:
    """While the journal cannot be read, the halt may have been decided."""

    async def deed(night: Night) -> None:
        async def fails(*_: object) -> None:
            raise StateError("locked")

        pending, night.world.requests.pending = night.world.requests.pending, fails  # type: ignore[method-assign, assignment]
        await night.clock.sleep(ms(1100))
        night.sim.reload("lb1")
        await night.clock.sleep(ms(2500))
        assert Admin.READY in night.stands()
        night.world.requests.pending = pending  # type: ignore[method-assign]

    night = guarded(deed)
    assert night.told[0].startswith(": whether the halt was decided cannot be read")
    assert night.left == {Admin.OUT}


def test_whom_to_guard() -> None:
    """Only after a halt, and only who is out and was changed."""
    played = play(Scenario(sim=TWO_DOORS))

    async def whom() -> list[str]:
        former = await unfinished(played.world.journal, NAME)
        return [] if former is None else list(to_guard(former))

    assert run_virtually(whom(), played.world.sim.now) == []
