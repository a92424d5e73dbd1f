"""The operator's requests are heard once each: what was heard, the journal alone says."""

from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import AbortRequested, PauseRequested, ResumeRequested
from controller.core.phases import Phase
from controller.records import Request, Verb
from controller.runner.loop import Runner
from tests.promises.beats import ask, at, ended, signal
from tests.support.plays import Played, film, kinds, play, play_on, sparse, start
from tests.support.scenarios import Act, Beat, Scenario, World, ms, tells
from tests.support.sim import make_sim
from tests.support.virtual import run_virtually

THREE = partial(make_sim, 3)


def asks(verb: Verb) -> Act:
    """Another process writes a request, at this very moment."""

    def act(world: World, runner: Runner) -> None:
        ask(world.requests, verb)

    return act


def paused_then(verb: Verb, phase: Phase = Phase.UPGRADING) -> Scenario:
    beats = (*at("web1", phase, asks(Verb.PAUSE)), Beat(tells(PauseRequested), asks(verb)))
    return Scenario(sim=THREE, beats=beats)


def heard(played: Played) -> list[int]:
    """The numbers of the requests, as their events hold them."""
    return [one.request for one in requests(played)]


def requests(played: Played) -> list[PauseRequested | ResumeRequested | AbortRequested]:
    asked = (PauseRequested, ResumeRequested, AbortRequested)
    return [one for one in played.events if isinstance(one, asked)]


def unheard(played: Played) -> list[Request]:
    return [one for one in played.world.requests.asked if one.seq > played.state.heard]


@pytest.mark.parametrize("verb", [Verb.RESUME, Verb.ABORT])
def test_heard_once_wherever_it_is_killed(verb: Verb) -> None:
    """While it runs: each request is one event, also when a kill came between."""
    scenario = paused_then(verb)
    whole, cuts = film(scenario)
    assert whole.broken == []
    assert len(heard(whole)) == 2
    last = type(requests(whole)[-1]).__name__
    for cut in sparse(cuts, lambda one: last in kinds(one)):
        played = play_on(scenario, cut.world, at=cut.at)
        assert played.broken == [], cut.label
        assert heard(played) == sorted(set(heard(played))), cut.label
        assert unheard(played) == [], cut.label


def test_abort_that_ends_at_once_is_heard() -> None:
    """No member in progress: the rollout is over the moment the abort is heard, and its event
    bears the number of the request all the same."""
    played = play(paused_then(Verb.ABORT, Phase.DONE))
    ended(played, "aborted", 7)
    assert unheard(played) == []


def test_heard_by_a_former_process() -> None:
    """A request that is in the journal already is not heard again by the next process."""
    scenario = paused_then(Verb.RESUME)
    _, cuts = film(scenario)
    cut = next(one for one in cuts if "after PauseRequested" in one.label)
    assert [one.verb for one in cut.world.requests.asked] == [Verb.PAUSE]
    played = play_on(scenario, cut.world, at=cut.at)
    ended(played, "done", 0)
    assert len(played.told(PauseRequested)) == 1
    assert unheard(played) == []


def test_asked_of_another_rollout() -> None:
    """Requests belong to a rollout, not to its name: nobody else hears them."""
    world = Scenario(sim=THREE).world()

    async def ask_the_former() -> None:
        await world.requests.ask("r0", Verb.ABORT, "", "operator")

    run_virtually(ask_the_former())
    played = run_virtually(start(Scenario(sim=THREE), world), ms(500))
    ended(played, "done", 0)
    assert heard(played) == []


def test_asked_at_rest() -> None:
    """What is asked while no process has it in hand is heard by the next one, once."""
    scenario = Scenario(sim=THREE, beats=at("web1", Phase.UPGRADING, signal()))
    stopped = play(scenario)
    ended(stopped, "stopped", 7)
    world = stopped.world

    async def ask_at_rest() -> None:
        ask(world.requests, Verb.ABORT)

    run_virtually(ask_at_rest(), world.sim.now)
    again = play_on(replace(scenario, beats=()), world)
    ended(again, "aborted", 7)
    assert heard(again) == [1]
    assert unheard(again) == []
