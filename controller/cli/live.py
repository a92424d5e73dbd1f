"""The live board on a terminal (rich). Sentences scroll above it."""

from collections.abc import Callable
from types import TracebackType
from typing import Self

from rich.console import Console, Group
from rich.live import Live
from rich.table import Table
from rich.text import Text

from controller.core.events import Event, Observation
from controller.core.plan import Plan
from controller.core.rollout import State
from controller.ports import Clock
from controller.report.board import Row, board
from controller.report.narrative import sentence

Footer = Callable[[], str]


class LiveNarrator:
    """Implements `controller.runner.loop.Narrator`; a context in which the board stands."""

    def __init__(self, clock: Clock, footer: Footer = str) -> None:
        """`footer`: a line under the board, asked for anew at each refresh."""
        self._clock = clock
        self._footer = footer
        self._console = Console()
        self._plan: Plan | None = None
        self._state: State | None = None
        self._live = Live(
            console=self._console, get_renderable=self._render, refresh_per_second=8, transient=True
        )

    def watch(self, plan: Plan) -> None:
        self._plan = plan

    def __enter__(self) -> Self:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def tell(self, event: Event | Observation, before: State, after: State) -> None:
        self._state = after
        if (said := sentence(event, before, after)) is not None:
            member, text = said
            line = Text(f"{self._clock.wall():%H:%M:%S}  ", "dim")
            line.append(f"{member:<8}  ", "bold")
            line.append(text, "bold red" if "HALT" in text or "TAKEN OUT" in text else "")
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
