"""What a monitoring system would have kept of rollouts in a simulated world."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import chain

from adapters.telemetry.page import Page
from controller.core.events import Event, Observation
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.state.state import State
from controller.telemetry.measure import LastSeen, Subject, measure
from tests.support.plays import play
from tests.support.scenarios import Scenario
from tests.support.virtual import LoopClock

EVERY = timedelta(minutes=1)
"""Between two scrapes."""

Is = Callable[[State], bool]


@dataclass(frozen=True)
class Moment:
    """A rollout as it was at one moment of its run."""

    plan: Plan
    state: State
    at: Instant


def moment(scenario: Scenario, is_it: Is | None = None) -> Moment:
    """The first moment of a rollout at which that held; None: its end."""
    found: list[tuple[State, Instant]] = []

    def narrate(event: Event | Observation, before: State, after: State) -> None:
        if not found and is_it is not None and is_it(after):
            found.append((after, LoopClock().now()))

    played = play(scenario, narrate=narrate)
    found = found or [(played.state, timedelta(0))]
    assert is_it is None or is_it(found[0][0])
    return Moment(played.plan, *found[0])


@dataclass(frozen=True)
class Stretch:
    """From when to when metrics of a rollout were there that stood so."""

    rollout: str
    moment: Moment
    since: datetime
    until: datetime
    is_alive: bool = True
    """A process runs it; else what was seen last is from its beginning."""

    def pages(self) -> Iterator[tuple[datetime, str]]:
        plan = replace(self.moment.plan, name=self.rollout)
        is_over = self.moment.state.finished is not None
        ended = self.since if is_over else None
        subject, time = Subject(plan, self.since - timedelta(minutes=1)), self.since
        while time <= self.until:
            seen = time if self.is_alive and not is_over else self.since
            last = LastSeen(self.moment.state, seen, ended)
            families = measure(subject, last, self.moment.at + (time - self.since))
            yield time, Page(partial(tuple, families)).text().decode()
            time += EVERY


def open_metrics(stretches: Iterable[Stretch], added: Sequence[tuple[datetime, str]] = ()) -> str:
    """All pages in one, each value with its time, for `promtool tsdb create-blocks-from`."""
    types: dict[str, str] = {}
    values: dict[str, list[str]] = {}
    for time, page in chain(added, *(stretch.pages() for stretch in stretches)):
        for line in page.splitlines():
            if line.startswith("# TYPE "):
                types[line.split()[2]] = line
            elif not line.startswith("#"):
                name = line.partition("{")[0]
                values.setdefault(name, []).append(f"{line} {time.timestamp():.0f}")
    return "\n".join([*_lines(types, values), "# EOF", ""])


def _lines(types: Mapping[str, str], values: Mapping[str, Sequence[str]]) -> Iterator[str]:
    for name, lines in values.items():
        yield types[name]
        yield from lines
