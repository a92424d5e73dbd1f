"""Rollouts in a simulated world, and what a page says at each moment of them."""

from dataclasses import replace
from datetime import datetime

from adapters.telemetry.page import Page
from controller.core.events import Event, Looked, Observation
from controller.core.gates.gate import Gate
from controller.core.phases import Phase
from controller.core.pool import Instant
from controller.core.state.state import State
from controller.telemetry.measure import LastSeen, Subject, measure
from tests.adapters.telemetry.scrape import Series, labels_of, series, state_of
from tests.support.plays import Played, play
from tests.support.scenarios import MEMBER_GATE, QUICK, Scenario, ms
from tests.support.virtual import EPOCH, LoopClock


class Watched:
    """A rollout, with a page of each moment at which something changed."""

    def __init__(self, scenario: Scenario) -> None:
        self._moments: list[tuple[State, Instant, datetime]] = []
        self.played: Played = play(scenario, narrate=self._note)
        self.pages = [self._page(*moment) for moment in self._moments]

    def _note(self, event: Event | Observation, before: State, after: State) -> None:
        is_news = not isinstance(event, Looked) or len(self._moments) < 10
        if is_news or self._moments[-1][1] + ms(100) <= LoopClock().now():
            self._moments.append((after, LoopClock().now(), LoopClock().wall()))

    def _page(self, state: State, now: Instant, wall: datetime) -> Series:
        last = LastSeen(state, wall, wall if state.finished is not None else None)
        families = measure(Subject(self.played.plan, EPOCH), last, now)
        return series(Page(lambda: families).text().decode())

    @property
    def end(self) -> Series:
        return self.pages[-1]

    def states(self) -> list[str]:
        """In their order, each once in a row."""
        states: list[str] = []
        for page in self.pages:
            (state,) = state_of(page)
            if states[-1:] != [state]:
                states.append(state)
        return states

    def waits(self, phase: Phase) -> set[str]:
        """What members in that phase were said to wait for, ever."""
        return {
            one["waits_on"]
            for page in self.pages
            for one in labels_of(page, "poolroll_phase_age_seconds")
            if one["phase"] == phase
        }


def due(gate: Gate = MEMBER_GATE) -> tuple[Played, State]:
    """A rollout, and its state when web1 was due."""
    states: list[State] = []

    def narrate(event: Event | Observation, before: State, after: State) -> None:
        if after.members["web1"].phase is Phase.DUE:
            states.append(after)

    played = play(Scenario(replace(QUICK, gates=(gate,))), narrate=narrate)
    return played, states[-1]
