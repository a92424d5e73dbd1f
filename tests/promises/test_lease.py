"""The lock is lost on the way: nothing more is touched in any phase, and the next run goes on."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import Event, Halted, Intended, LockLost, Observation
from controller.core.phases import Phase
from controller.core.state.state import State
from controller.core.steps import RunStep, SetMember
from controller.errors import Conflict, LeaseLost, StateError
from controller.journal.codec import decode
from controller.runner.loop import Runner
from tests.promises.beats import (
    WALK,
    Like,
    as_it_is,
    at,
    bad_v2,
    both,
    ended,
    signal,
    slow_requests,
)
from tests.support.plays import Played, play, play_on, start
from tests.support.scenarios import (
    QUICK,
    ROLLOUT,
    Act,
    Beat,
    Scenario,
    World,
    ms,
    of_places,
    tells,
)
from tests.support.sim import make_sim
from tests.support.virtual import run_virtually

THREE = partial(make_sim, 3, instances=("lb1", "lb2"))
RAMPED = replace(QUICK, comeback=replace(QUICK.comeback, ramp=(10, 50), hold=ms(150)))
WHY = "not renewed for 15 s"


def loses(*, is_noticed: bool = True) -> Act:
    def act(world: World, runner: Runner) -> None:
        world.hold.lose(WHY, is_noticed=is_noticed)

    return act


def cut(scenario: Scenario) -> World:
    """The world right after the run has ended because its lock was lost."""
    world = scenario.world()
    with pytest.raises(LeaseLost) as caught:
        run_virtually(start(scenario, world), ms(500))
    assert type(caught.value) is LeaseLost
    assert str(caught.value) == (
        f"the lock on rollout 'web' was lost: {WHY}; another run may hold it now; nothing more is "
        "touched, and members were left as they are"
    )
    assert world.ledger.broken == []
    return world


def last_of(world: World) -> Event:
    record = world.journal.written(ROLLOUT)[-1]
    event: Event = decode(record.kind, record.body)
    return event


def resumed(scenario: Scenario, world: World) -> Played:
    return play_on(replace(scenario, beats=()), world)


@pytest.mark.parametrize("is_noticed", [True, False], ids=["noticed", "seen by the check alone"])
@pytest.mark.parametrize(
    ("like", "phase"),
    [
        *((like, phase) for like in (as_it_is, of_places) for phase in WALK),
        (as_it_is, Phase.RAMPING),
    ],
)
def test_lost_in_a_phase(phase: Phase, is_noticed: bool, like: Like) -> None:
    """Whichever way the loss shows, no load balancer is set and no step is started after it (the
    fakes watch, S10); the journal says why the run ended, and the next run ends the rollout."""
    beats = at("web1", phase, loses(is_noticed=is_noticed))
    scenario = like(Scenario(RAMPED, THREE, has_guard=True, beats=beats))
    world = cut(scenario)
    assert last_of(world) == LockLost(WHY)
    ended(resumed(scenario, world), "done", 0)


@pytest.mark.parametrize(
    ("scenario", "member", "phase"),
    [
        (Scenario(sim=THREE, prepare=bad_v2()), "web1", Phase.REMOVING),
        (Scenario(sim=THREE, faulty=("v2",)), "web1", Phase.VALIDATING),
        (Scenario(sim=THREE, prepare=slow_requests(ms(9000))), "web1", Phase.RESTORING),
        (Scenario(sim=THREE), "web1", Phase.DONE),
        (Scenario(sim=THREE), "web3", Phase.SOAKING),
    ],
    ids=lambda value: str(value) if isinstance(value, Phase) else None,
)
def test_lost_after_a_halt_and_between_members(
    scenario: Scenario, member: str, phase: Phase
) -> None:
    """Not even what would bring the pool to safety is done: another run may do it already."""
    whole = play(scenario)
    world = cut(replace(scenario, beats=at(member, phase, loses())))
    again = resumed(scenario, world)
    assert (again.end.exit_code, again.broken) == (whole.end.exit_code, [])


def test_lost_with_a_signal() -> None:
    """A stop that comes with the loss sets nothing back either."""

    def act(world: World, runner: Runner) -> None:
        signal()(world, runner)
        loses()(world, runner)

    scenario = Scenario(sim=THREE, beats=at("web1", Phase.DRAINING, act))
    ended(resumed(scenario, cut(scenario)), "done", 0)


@both
def test_a_step_under_way_runs_on(like: Like) -> None:
    """The running command is not killed; the next run joins it and repeats nothing (S7)."""
    scenario = Scenario(sim=THREE, beats=at("web1", Phase.UPGRADING, loses()))
    scenario = like(scenario)
    again = resumed(scenario, cut(scenario))
    ended(again, "done", 0)
    assert len(again.steps("web1", RunStep)) == 2  # intended by both, executed once
    assert len([job for job in again.world.workshop.jobs if "/web1/" in job]) == 1


def test_intended_and_not_performed() -> None:
    """A loss right after an intent was journalled: it is not performed, and the next run finds a
    member that was never touched."""
    intents: list[object] = []

    def when(event: Event | Observation, before: State, after: State) -> bool:
        return isinstance(event, Intended) and isinstance(event.step, SetMember)

    def act(world: World, runner: Runner) -> None:
        intents.append(last_of(world))
        world.hold.lose(WHY, is_noticed=False)

    scenario = Scenario(sim=THREE, beats=(Beat(when, act),))
    world = cut(scenario)
    assert len(intents) == 1
    assert all(line.admin.name == "READY" for _, line in world.sim.every_line())
    ended(resumed(scenario, world), "done", 0)


def refusing(error: StateError | Conflict, kind: str) -> Callable[[str, str], None]:
    """For `ForkableJournal.around`: takes no record of that kind."""

    def around(when: str, what: str) -> None:
        if (when, what) == ("before", kind):
            raise error

    return around


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (StateError("no space left"), f"lost: {WHY}, and it could not be journalled (no space"),
        (Conflict("web", "another wrote"), f"lost: {WHY}; another run"),
    ],
)
def test_lost_and_not_journalled(error: StateError | Conflict, words: str) -> None:
    """The journal is written if it can be; the run ends as one that lost its lock in any case."""
    scenario = Scenario(beats=at("web1", Phase.DRAINING, loses()))
    world = scenario.world()
    world.journal.around.append(refusing(error, "LockLost"))
    with pytest.raises(LeaseLost) as caught:
        run_virtually(start(scenario, world), ms(500))
    assert words in str(caught.value)
    assert world.ledger.broken == []


def test_a_conflict_in_the_journal_ends_it_likewise() -> None:
    """What cannot be journalled is not performed, and nothing is written after it."""
    scenario = Scenario()
    world = scenario.world()
    error = Conflict("web", "another process wrote to its journal")
    world.journal.around.append(refusing(error, "MemberSet"))
    with pytest.raises(Conflict, match="'web' was lost: another process wrote to its journal"):
        run_virtually(start(scenario, world), ms(500))
    assert isinstance(last_of(world), Intended)
    world.journal = world.journal.fork()
    ended(play_on(scenario, world), "done", 0)


def test_halted_is_still_halted() -> None:
    """A loss after a halt: the next run finds the halt, not a rollout that may go on."""
    scenario = Scenario(sim=THREE, prepare=bad_v2(), beats=(Beat(tells(Halted), loses()),))
    again = resumed(scenario, cut(scenario))
    ended(again, "halted", 4)
    assert len(again.told(Halted)) == 1
