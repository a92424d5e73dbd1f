"""The operator's requests are heard once each, whatever comes between a word and its
acknowledgement."""

from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import AbortRequested, PauseRequested, ResumeRequested
from controller.core.phases import Phase
from controller.runner.loop import Runner
from tests.promises.beats import ask, at, ended, signal
from tests.support.plays import Played, film, play, play_on
from tests.support.scenarios import NAME, Act, Beat, Scenario, World, tells
from tests.support.sim import make_sim
from tests.support.virtual import run_virtually

THREE = partial(make_sim, 3)


def asks(verb: str) -> Act:
    """Another process writes a request, at this very moment."""

    def act(world: World, runner: Runner) -> None:
        ask(world.journal, verb)

    return act


def paused_then(verb: str, phase: Phase = Phase.UPGRADING) -> Scenario:
    beats = (*at("web1", phase, asks("pause")), Beat(tells(PauseRequested), asks(verb)))
    return Scenario(sim=THREE, beats=beats)


def heard(played: Played) -> list[int]:
    """The numbers of the requests, as their events hold them."""
    kinds = (PauseRequested, ResumeRequested, AbortRequested)
    return [one.request for one in played.events if isinstance(one, kinds)]


@pytest.mark.parametrize("verb", ["resume", "abort"])
def test_heard_once_wherever_it_is_killed(verb: str) -> None:
    """In hand: each request is one event, and is acknowledged, also when a kill came between."""
    scenario = paused_then(verb)
    whole, cuts = film(scenario)
    assert whole.broken == []
    assert len(heard(whole)) == 2
    for cut in cuts:
        played = play_on(scenario, cut.world, at=cut.at)
        assert played.broken == [], cut.label
        assert heard(played) == sorted(set(heard(played))), cut.label
        assert played.world.journal.requests(NAME) == [], cut.label


def test_abort_that_ends_at_once_is_acknowledged() -> None:
    """Nobody in hand: the rollout is over the moment the abort is heard, and the one who asked is
    told so all the same."""
    played = play(paused_then("abort", Phase.DONE))
    ended(played, "aborted", 7)
    assert played.world.journal.requests(NAME) == []


def test_heard_and_not_acknowledged() -> None:
    """A process that finds the word of a former one in the journal only acknowledges it."""
    scenario = paused_then("resume")
    _, cuts = film(scenario)
    cut = next(one for one in cuts if "after PauseRequested" in one.label)
    assert len(cut.world.journal.requests(NAME)) == 1
    played = play_on(scenario, cut.world, at=cut.at)
    ended(played, "done", 0)
    assert len(played.told(PauseRequested)) == 1
    assert played.world.journal.requests(NAME) == []


def test_asked_at_rest() -> None:
    """What is asked while no process has it in hand is heard by the next one, once."""
    scenario = Scenario(sim=THREE, beats=at("web1", Phase.UPGRADING, signal()))
    stopped = play(scenario)
    ended(stopped, "stopped", 7)
    world = stopped.world

    async def ask_at_rest() -> None:
        ask(world.journal, "abort")

    run_virtually(ask_at_rest(), world.sim.now)
    again = play_on(replace(scenario, beats=()), world)
    ended(again, "aborted", 7)
    assert heard(again) == [1]
    assert world.journal.requests(NAME) == []
