"""A terminal that is stopped, or a pipe that nobody reads: users are watched all the same (S6)."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial

import pytest

from controller.cli.log import LogNarrator
from controller.core.events import RunBegan
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.settings import Amount
from controller.runner.loop import Runner
from tests.promises.beats import WALK, at, bad_v2, both, ended, outage, scripted, signal
from tests.promises.beats import Like as Kind
from tests.support.fakes import Script
from tests.support.plays import Narrate, Played, play
from tests.support.scenarios import QUICK, ROLLOUT, Scenario, World, ms
from tests.support.sim import make_sim

THREE = partial(make_sim, 3)
FIVE = partial(make_sim, 5)


@contextmanager
def stopped_terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Narrate]:
    """The log, on a terminal that takes no line any more."""
    read, write = os.pipe()
    os.set_blocking(write, False)
    with suppress(BlockingIOError):
        while True:
            os.write(write, b"x" * 65536)
    os.set_blocking(write, True)
    with os.fdopen(write, "w") as stream:
        monkeypatch.setattr(sys, "stderr", stream)
        log = LogNarrator("web", lambda: datetime(2024, 1, 2, tzinfo=UTC), "text")
        try:
            yield log.tell
        finally:
            os.close(read)
            log.stop()


def partner_is_lost(world: World, runner: Runner) -> None:
    world.sim.down("web2")


UNLUCKY = {
    "a bad version": Scenario(sim=THREE, prepare=bad_v2()),
    "a step that fails": Scenario(sim=THREE, prepare=scripted(Script(exit_code=1))),
    "a balancer that refuses": Scenario(
        sim=partial(make_sim, 3, instances=("lb1", "lb2")),
        beats=at("web1", Phase.SOAKING, outage("refuses")),
    ),
    "the floor does not hold": Scenario(
        replace(QUICK, min_available=Amount(2)),
        THREE,
        beats=at("web1", Phase.DRAINING, partner_is_lost),
    ),
    "a signal": Scenario(sim=THREE, beats=at("web1", Phase.UPGRADING, signal())),
}


def course(played: Played) -> list[tuple[timedelta, str, str]]:
    return [(one.at, one.kind, one.body) for one in played.world.journal.written(ROLLOUT)]


@both
@pytest.mark.parametrize("name", UNLUCKY)
def test_nothing_is_later_than_else(name: str, like: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every judgement, every setting and the end come at the same moment."""
    scenario = like(UNLUCKY[name])
    free = play(scenario)
    with stopped_terminal(monkeypatch) as tell:
        stopped = play(scenario, narrate=tell)
    assert stopped.broken == free.broken == []
    assert course(stopped) == course(free)
    assert stopped.world.sim.apps == free.world.sim.apps


# --- a question that nobody can answer ------------------------------------------------------------

ASKED = Scenario(
    replace(QUICK, max_unavailable=Amount(2)),
    FIVE,
    has_guard=True,
    begin=RunBegan("tester", stepwise=True),
    answers=(True, True),
    hesitates=timedelta(hours=1),
)
"""The first member is approved; the question for the second stands for an hour."""


def test_member_that_fails_while_a_question_stands() -> None:
    """It is out at once, and the question no longer matters."""
    played = play(replace(ASKED, prepare=bad_v2()))
    ended(played, "halted", 4)
    assert played.world.sim.instances["lb1"].of("web1")[0].admin is Admin.OUT
    assert played.phases()["web2"] == "waiting"
    assert played.took < ms(5000)


@pytest.mark.parametrize("phase", WALK)
def test_signal_while_a_question_stands(phase: Phase) -> None:
    """It is heard at once."""
    played = play(replace(ASKED, beats=at("web1", phase, signal())))
    ended(played, "stopped", 7)
    assert played.phases()["web2"] == "waiting"
    assert played.took < ms(5000)
