"""`collect`: from a member that failed and a good one, at rest, before any way back; it changes no
outcome and keeps nobody from coming to rest."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Final

from controller.core.events import (
    Collected,
    Event,
    Finished,
    Halted,
    Intended,
    MemberFailed,
    Observation,
    ResumeRequested,
    RollbackBegan,
)
from controller.core.settings import OnFailure
from controller.core.state.state import State
from controller.core.steps import Collect, RunStep
from controller.report.run.not_at_rest import is_due
from tests.promises.beats import ended, signal
from tests.support.fakes import Script
from tests.support.plays import Played, film, play, play_on
from tests.support.scenarios import QUICK, Beat, Scenario, World, ms
from tests.support.sim import make_sim

POLICIES: Final = replace(QUICK, soak=ms(250))


def broken(world: World) -> None:
    world.workshop.scripts["upgrade", "web2", "0"] = [Script(exit_code=4, version=None)]


BROKEN: Final = Scenario(POLICIES, partial(make_sim, 3), prepare=broken, collects=2)


def fetched(played: Played) -> list[tuple[str, int, str]]:
    return [(one.member, one.index, one.beside) for one in played.told(Collected)]


def places(played: Played, kind: type) -> list[int]:
    return [n for n, event in enumerate(played.events) if isinstance(event, kind)]


BOTH: Final = [("web2", 0, "web2"), ("web2", 1, "web2"), ("web1", 0, "web2"), ("web1", 1, "web2")]


def test_from_the_one_that_failed_and_a_good_one() -> None:
    """Once it is at rest, and the outcome is what it is without."""
    played = play(BROKEN)
    ended(played, "halted", 5)
    assert fetched(played) == BOTH
    assert places(played, MemberFailed)[-1] < places(played, Collected)[0]
    assert [one.output for one in played.told(Collected)] == ["it runs v1\n"] * 2 + [
        "it runs v2\n"
    ] * 2
    without = play(replace(BROKEN, collects=0))
    assert played.end == without.end
    assert played.phases() == without.phases()


def test_before_it_goes_back() -> None:
    policies = replace(POLICIES, on_failure=OnFailure.ROLLBACK_ALL)
    played = play(replace(BROKEN, policies=policies, has_rollback=True))
    ended(played, "halted", 5)
    assert fetched(played) == BOTH
    assert places(played, Collected)[-1] < places(played, RollbackBegan)[0]
    assert set(played.versions().values()) == {"v1"}


def test_without_a_good_one_upgraded() -> None:
    """Then it is one that was not touched."""
    played = play(replace(BROKEN, prepare=first_breaks))
    assert fetched(played)[2:] == [("web2", 0, "web1"), ("web2", 1, "web1")]


def first_breaks(world: World) -> None:
    world.workshop.scripts["upgrade", "web1", "0"] = [Script(exit_code=4, version=None)]


def when_collecting() -> Callable[[Event | Observation, State, State], bool]:
    def when(event: Event | Observation, before: State, after: State) -> bool:
        return isinstance(event, Intended) and isinstance(event.step, Collect)

    return when


def test_a_second_signal_skips_it() -> None:
    """The first lets it end."""

    def hangs(world: World) -> None:
        broken(world)
        world.workshop.thinks = ms(900)

    once = play(replace(BROKEN, prepare=hangs, beats=(Beat(when_collecting(), signal()),)))
    assert fetched(once) == BOTH
    twice = play(
        replace(
            BROKEN,
            prepare=hangs,
            beats=(Beat(when_collecting(), signal()), Beat(when_collecting(), signal())),
        )
    )
    ended(twice, "halted", 5)
    assert len(fetched(twice)) <= 1  # what was under way while users were watched
    assert twice.took < once.took - ms(2000)


def test_lines_of_the_halt_come_before() -> None:
    """They do not wait for it."""
    due: list[bool] = []

    def note(event: Event | Observation, before: State, after: State) -> None:
        if when_collecting()(event, before, after):
            due.append(is_due(after, after.halted_at or ms(0)))

    play(BROKEN, narrate=note)
    assert due == [True] * 4


def test_only_asked_is_no_failure() -> None:
    """Nothing is fetched for a member that was not touched."""
    scenario = replace(BROKEN, has_questions=True, prepare=full)
    assert fetched(play(scenario)) == []


def full(world: World) -> None:
    world.workshop.room["web2"] = 3


def test_killed_anywhere() -> None:
    """Whoever goes on comes to the same end, and steps run once (S7)."""
    _, cuts = film(BROKEN)
    for cut in cuts[-12:-2]:
        later = play_on(BROKEN, cut.world)
        assert later.broken == [], cut.label
        assert later.end.exit_code == 5, cut.label
        assert len(later.told(Finished)) >= 1
        assert fetched(later) == BOTH, cut.label
        assert len(later.steps("web2", RunStep)) == 1, cut.label


def test_again_after_the_next_halt() -> None:
    """The operator has decided to go on, and it fails again: what it is like then is another
    matter."""
    played = play(BROKEN)
    later = play_on(BROKEN, played.world, ResumeRequested("me", "try again"))
    assert len(later.told(Halted)) == 2
    assert fetched(later) == BOTH * 2
