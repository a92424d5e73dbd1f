"""The pool as a whole is prepared once before anybody is taken out, and put back at the end."""

from dataclasses import replace

import pytest

from controller.core.events import (
    AbortRequested,
    Halted,
    Intended,
    MemberCalled,
    PoolClosed,
    PoolOpened,
    ResumeRequested,
    SoakEnded,
)
from controller.core.phases import Phase
from controller.core.settings import OnFailure
from controller.core.steps import ClosePool, OpenPool, SetMember
from controller.errors import LeaseLost
from controller.runner.loop import Runner
from tests.promises.beats import at, bad_v2, signal
from tests.support.fakes import FOUND, PREPARED
from tests.support.plays import Played, film, play, play_on, start
from tests.support.scenarios import QUICK, Beat, Scenario, World, ms, tells
from tests.support.virtual import run_virtually

SHORT = replace(QUICK, soak=ms(250))
OPENS = Scenario(SHORT, also={"opens": True})


def unopenable(times: int) -> Scenario:
    def prepare(world: World) -> None:
        world.sim.unopenable = times

    return replace(OPENS, prepare=prepare)


def steps(played: Played) -> list[type]:
    return [type(one.step) for one in played.told(Intended)]


def test_opened_before_the_first_and_closed_after_the_last() -> None:
    """Once each, around all that is done to members; what was found is what is put back."""
    played = play(OPENS)
    assert (played.broken, played.end.outcome) == ([], "done")
    order = steps(played)
    assert (order.count(OpenPool), order.count(ClosePool)) == (1, 1)
    assert order.index(OpenPool) < order.index(SetMember)
    assert order[-1] is ClosePool
    assert played.told(PoolOpened) == [PoolOpened(FOUND)]
    assert played.world.sim.opened == FOUND


def test_most_pools_are_not_opened() -> None:
    """Where the balancer does not ask for it, nothing of it is journalled."""
    played = play(Scenario(SHORT))
    assert not {OpenPool, ClosePool} & set(steps(played))


def test_nothing_to_do_opens_nothing() -> None:
    """Every member is there already: the pool is left alone."""

    def prepare(world: World) -> None:
        for app in world.sim.apps.values():
            app.version = "v2"

    played = play(replace(OPENS, has_guard=True, prepare=prepare))
    assert played.end.outcome == "done"
    assert OpenPool not in steps(played)


def test_what_another_rollout_left_prepared_is_put_back() -> None:
    """This one has nothing to do, and ends in the stead of one that had halted."""

    def prepare(world: World) -> None:
        world.sim.opened = dict(PREPARED)
        for app in world.sim.apps.values():
            app.version = "v2"

    played = play(replace(OPENS, has_guard=True, prepare=prepare))
    assert (played.end.outcome, played.world.sim.opened) == ("done", FOUND)
    assert steps(played)[-1] is ClosePool


def test_once_all_are_back_it_is_put_back() -> None:
    """A halt with `rollback_all` leaves nothing prepared, since nothing is left to hold."""
    policies = replace(SHORT, on_failure=OnFailure.ROLLBACK_ALL)
    played = play(replace(OPENS, policies=policies, prepare=bad_v2(), has_rollback=True))
    assert (played.broken, played.end.exit_code) == ([], 4)
    assert {app.version for app in played.world.sim.apps.values()} == {"v1"}
    assert played.world.sim.opened == FOUND


def test_wherever_it_is_cut_it_is_put_back() -> None:
    """S7 and S8 for the pool as a whole: opened by one process, closed by another."""
    whole, cuts = film(OPENS)
    assert whole.broken == []
    for number, cut in enumerate(cuts):
        played = play_on(OPENS, cut.world, after=ms(40 if number % 2 else 2500), at=cut.at)
        assert (played.broken, played.end.outcome) == ([], "done"), cut.label
        assert played.world.sim.opened == FOUND, cut.label


def test_cut_while_it_is_opened_and_then_aborted() -> None:
    """It is not known how far that came: it is put back all the same."""
    _, cuts = film(OPENS)
    opening = next(n for n, cut in enumerate(cuts) if cut.world.sim.opened == PREPARED)
    for cut in cuts[: opening + 3]:
        abort = AbortRequested("me", restore=False)
        played = play_on(OPENS, cut.world, abort, after=ms(40), at=cut.at)
        assert (played.broken, played.end.outcome) == ([], "aborted"), cut.label
        assert played.world.sim.opened == FOUND, cut.label


def test_a_passing_failure_is_tried_again() -> None:
    """Two refusals in a row are no reason to halt."""
    played = play(unopenable(2))
    assert played.end.outcome == "done"
    assert steps(played).count(OpenPool) == 3


def test_what_cannot_be_prepared_halts_before_anybody_is_touched() -> None:
    """Five refusals in a row halt; no member has been taken out."""
    played = play(unopenable(99))
    (halt,) = played.told(Halted)
    assert halt.seen.startswith("the pool could not be prepared: ")
    assert SetMember not in steps(played)
    assert set(played.phases().values()) == {Phase.WAITING}
    assert ClosePool in steps(played)


def test_what_cannot_be_put_back_halts_at_the_end() -> None:
    """All members are done, and the run still does not end well; the next one puts it back."""

    def jam(world: World, runner: object) -> None:
        world.sim.unopenable = 99

    scenario = replace(OPENS, beats=at("web2", Phase.SOAKING, jam))
    played = play(scenario)
    (halt,) = played.told(Halted)
    assert halt.seen.startswith("the pool could not be put back as it was found: ")
    assert (played.end.outcome, played.end.exit_code) == ("halted", 5)
    assert played.world.sim.opened == PREPARED
    played.world.sim.unopenable = 0
    again = play_on(scenario, played.world, ResumeRequested("me", "repaired"))
    assert (again.end.outcome, again.world.sim.opened) == ("done", FOUND)


def test_a_halt_leaves_it_prepared_and_abort_puts_it_back() -> None:
    """Put back at a halt, the rest might follow by itself; ended for good, it is put back."""
    scenario = replace(OPENS, prepare=bad_v2())
    halted = play(scenario)
    assert (halted.end.exit_code, halted.world.sim.opened) == (4, PREPARED)
    aborted = play_on(scenario, halted.world, AbortRequested("me", restore=False))
    assert aborted.end.outcome == "aborted"
    assert aborted.told(PoolClosed)
    assert aborted.world.sim.opened == FOUND


def test_an_abort_that_cannot_put_it_back_says_so() -> None:
    """The rollout ends all the same, and its last word names what is left."""
    scenario = replace(OPENS, prepare=bad_v2())
    halted = play(scenario)
    halted.world.sim.unopenable = 99
    aborted = play_on(scenario, halted.world, AbortRequested("me", restore=False))
    assert aborted.end.outcome == "aborted"
    assert "the pool was not put back as it was found: " in aborted.end.why


def test_a_stop_leaves_it_prepared() -> None:
    """The next run goes on, and opens it no second time."""
    scenario = replace(OPENS, beats=at("web1", Phase.DRAINING, signal(1)))
    stopped = play(scenario)
    assert (stopped.end.exit_code, stopped.world.sim.opened) == (7, PREPARED)
    played = play_on(replace(scenario, beats=()), stopped.world)
    assert (played.end.outcome, played.world.sim.opened) == ("done", FOUND)
    assert OpenPool not in steps(played)[len(steps(stopped)) :]


def loses(world: World, runner: Runner) -> None:
    world.hold.lose("not renewed", is_noticed=False)


LOSSES = {
    "open": (tells(MemberCalled, "web1"), FOUND),
    "close": (tells(SoakEnded, "web2"), PREPARED),
}


@pytest.mark.parametrize("verb", LOSSES)
def test_the_lock_is_checked_before(verb: str) -> None:
    """Another process may hold the pool meanwhile: nothing of it is changed then."""
    when, left = LOSSES[verb]
    scenario = replace(OPENS, beats=(Beat(when, loses),))
    world = scenario.world()
    with pytest.raises(LeaseLost):
        run_virtually(start(scenario, world), ms(500))
    assert world.sim.opened == left
