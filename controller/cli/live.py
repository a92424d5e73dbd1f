"""The live board on a terminal (rich). Sentences scroll above it.

A terminal that is gone must not end a rollout (S11), so nothing here raises for one.
"""

import sys
from collections.abc import Callable

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from controller.cli.log import quiet
from controller.core.events import Event, Observation
from controller.core.plan import Plan
from controller.core.rollout import State
from controller.ports import Clock
from controller.report.board import Row, board
from controller.report.narrative import level_of, sentence

Footer = Callable[[], str]


class LiveNarrator:
    """Implements `controller.runner.loop.Narrator`; a context in which the board stands."""

    def __init__(self, clock: Clock, footer: Footer = str) -> None:
        """`footer`: a line under the board, asked for anew at each refresh."""
        self._clock = clock
        self._footer = footer
        self._console = Console(file=quiet(sys.stdout), force_terminal=True)
        self._plan: Plan | None = None
        self._state: State | None = None
        self._live = Live(
            console=self._console, get_renderable=self._render, refresh_per_second=8, transient=True
        )

    def watch(self, plan: Plan) -> None:
        self._plan = plan

    def start(self) -> None:
        self._live.start()

    def stop(self) -> None:
        """May be called again, and without a start."""
        self._live.stop()

    def warn(self, text: str) -> None:
        """A line about something beside the rollout, like a notice that nobody took."""
        self._say("", text, "yellow")

    def tell(self, event: Event | Observation, before: State, after: State) -> None:
        self._state = after
        if (said := sentence(event, before, after)) is not None:
            self._say(*said, "bold red" if level_of(event) != "info" else "")

    def _say(self, member: str, text: str, style: str) -> None:
        line = Text(f"{self._clock.wall():%H:%M:%S}  ", "dim")
        line.append(f"{member:<8}  ", "bold")
        line.append(text, style)
        self._console.print(line)

    def _render(self) -> Group:
        if self._plan is None or self._state is None:
            return Group(Text(self._footer()))
        return Group(table(board(self._plan, self._state, self._clock.now())), self._footer())


def table(rows: list[Row]) -> Table:
    """The board as a rich table; narrow terminals fold the last column."""
    result = Table(box=None, pad_edge=False, expand=False)
    for heading in ("member", "phase", "for", "in flight", "since its return"):
        result.add_column(heading, no_wrap=heading != "since its return", header_style="dim")
    for row in rows:
        style = "red" if row.is_bad else ("bold" if row.is_active else "")
        done = "green" if row.phase == "done" else style
        result.add_row(
            row.member, Text(row.phase, done), row.age, row.in_flight, row.served, style=style
        )
    return result
