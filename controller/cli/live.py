"""The live board on a terminal (rich). Log lines scroll above it.

A terminal that is closed must not end a rollout (S11), and one that is stopped (Ctrl-S) must not
delay it: a separate thread paints, and nothing here raises or waits for the terminal.
"""

import io
import os
import sys
import threading
from collections import deque
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TextIO

from rich.console import Console
from rich.text import Text

from controller.cli.fit import fit
from controller.cli.say import PATIENCE, Footer, output
from controller.cli.writer import WAITING, left_out, put
from controller.core.decide.context import Context
from controller.core.events import Event, Observation
from controller.core.plan.plan import Plan
from controller.core.state.state import State
from controller.legible import legible_line
from controller.ports import Clock
from controller.report.board.drawing import draw
from controller.report.board.log_lines import LogLine, log_lines
from controller.report.board.recent import Recent, remember
from controller.report.board.scene import Scene, Size
from controller.report.board.segments import Signs, TextLine, Tone
from controller.report.run.levels import level_of
from controller.report.run.sentences import sentence

EVERY: Final = 0.25
"""Seconds between two paintings."""
REPEATED: Final = 100
"""Log lines kept, to be shown again after a resize."""

STYLES: Final = {
    Tone.PLAIN: "",
    Tone.DIM: "dim",
    Tone.ACTIVE: "bold",
    Tone.GOOD: "green",
    Tone.DOUBT: "yellow",
    Tone.BAD: "bold red",
}
TONES: Final = {"info": Tone.PLAIN, "warning": Tone.DOUBT, "error": Tone.BAD}

# Control functions of a terminal (ECMA-48, sections 8.3.22 CUU, 8.3.39 ED, 8.3.41 EL, 8.3.21 CUP;
# the cursor's visibility is DEC's DECTCEM).
UP: Final = "\x1b[{}A"
BELOW: Final = "\x1b[J"
REST_OF_LINE: Final = "\x1b[K"
HOME: Final = "\x1b[H"
HIDE, SHOW = "\x1b[?25l", "\x1b[?25h"


def shown(text: str) -> str:
    """A part of a line."""
    return legible_line(fit(text))


class Screen:
    """A board at the bottom of a terminal, with log lines above it."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        # It only makes strings: given the stream, it would flush that, which raises when the
        # terminal has gone.
        self._console = Console(file=io.StringIO(), force_terminal=True, highlight=False)
        self._size: Size | None = None
        self._board: Sequence[TextLine] = ()
        self.is_broken = False
        """A resize may have rewrapped the lines: the position of the board is not known."""

    @property
    def size(self) -> Size:
        """The size that the terminal reports; COLUMNS does not follow a resize."""
        with suppress(OSError, ValueError):
            columns, lines = os.get_terminal_size(self._stream.fileno())
            if columns and lines:
                return Size(columns, lines)
        return Size(*self._console.size)

    def is_moving(self) -> bool:
        """Whether the terminal is being resized right now; painting waits until it is done."""
        former, self._size = self._size, self.size
        has_moved = former is not None and former != self._size
        self.is_broken = self.is_broken or has_moved
        return has_moved

    def open(self) -> None:
        self._write(HIDE)

    def paint(self, said: Sequence[TextLine], board: Sequence[TextLine]) -> None:
        """`said`: new log lines. They go above the board."""
        if said or board != self._board:
            self._write(self._top() + self.styled((*said, *board)) + BELOW)
            self._board = board

    def repaint(self, said: Sequence[TextLine], board: Sequence[TextLine]) -> None:
        """Paint on an empty screen, of which `said` and `board` fill a part. Old content scrolls
        up: nothing is lost, whether or not the terminal rewraps its lines."""
        self._write("\n" * self.size.height + HOME + BELOW + self.styled((*said, *board)))
        self._board = board
        self.is_broken = False

    def close(self) -> None:
        """Remove the board; the log lines above it stay."""
        self._write(self._top() + BELOW + SHOW)
        self._board = ()

    def _top(self) -> str:
        return "\r" + (UP.format(len(self._board)) if self._board else "")

    def styled(self, lines: Sequence[TextLine]) -> str:
        """As the terminal shows them, each with the end of its line."""
        width = self.size.width
        with self._console.capture() as captured:
            for line in lines:
                text = Text.assemble(*((shown(one.text), STYLES[one.tone]) for one in line))
                text.rstrip()
                text.truncate(width, overflow="crop")
                end = REST_OF_LINE + "\n"
                self._console.print(text, no_wrap=True, overflow="ignore", crop=False, end=end)
        return captured.get()

    def _write(self, text: str) -> None:
        put(self._stream, text)


@dataclass(frozen=True, slots=True)
class _Latest:
    """The latest state. Replaced as a whole: the painter reads it from its own thread."""

    plan: Plan
    state: State
    recent: Recent


class LiveNarrator:
    """Implements `controller.runner.recorder.Narrator`."""

    def __init__(self, clock: Clock, signs: Signs, footer: Footer = str) -> None:
        """`footer`: a line under the board, called at each painting."""
        self._clock = clock
        self._signs = signs
        self._footer = footer
        self._screen = Screen(sys.stdout)
        self._plan: Plan | None = None
        self._commands: timedelta | None = None
        self._name = 0
        self._recent = Recent()
        self._latest: _Latest | None = None
        self._said: deque[LogLine] = deque(maxlen=WAITING)
        self._shown: deque[LogLine] = deque(maxlen=REPEATED)
        self._left_out = 0
        self._is_over = threading.Event()
        self._painter = threading.Thread(target=self._paint_on, name="board", daemon=True)

    def watch(self, plan: Plan, commands: timedelta | None = None, rollout_id: str = "") -> None:
        """`commands`: how long they took for one member last time."""
        self._plan = plan
        self._commands = commands
        self._name = max((len(member.name) for member in plan.members), default=0)

    def start(self) -> None:
        output().wait(PATIENCE)
        self._painter.start()

    def stop(self) -> None:
        """May be called twice, and without `start`."""
        self._is_over.set()
        if self._painter.ident is not None:
            self._painter.join(PATIENCE)
        output().wait(PATIENCE)

    def note(self, member: str, text: str) -> None:
        """How far a step of `member` has come."""
        self._say(member, text, Tone.PLAIN)

    def show(self, lines: Sequence[str]) -> None:
        """Lines for people."""
        for line in lines:
            self._say("", line, Tone.DOUBT)

    def warn(self, text: str) -> None:
        """A line about something beside the rollout, like a notification that failed."""
        self._say("", text, Tone.DOUBT)

    def tell(self, event: Event | Observation, before: State, after: State) -> None:
        if (said := sentence(event, before, after)) is not None:
            self._say(*said, TONES[level_of(event)])
        self.catch_up(event, before, after)

    def catch_up(self, event: Event | Observation, before: State, after: State) -> None:
        """Without a line: it happened before anybody watched."""
        if self._plan is not None:
            now = self._clock.now()
            self._recent = remember(self._recent, self._plan, event, before, after, now)
            self._latest = _Latest(self._plan, after, self._recent)

    def _say(self, member: str, text: str, tone: Tone) -> None:
        told = LogLine(self._clock.wall(), member, text, tone)
        if self._painter.is_alive():
            self._left_out += len(self._said) == WAITING
            self._said.append(told)
        else:  # before the board is shown, and after
            text = self._screen.styled(self._told([told], self._screen.size))
            output().write(*text.splitlines())

    # --- in the painter's thread -------------------------------------------------------------

    def _paint_on(self) -> None:
        self._screen.open()
        while not self._is_over.wait(EVERY):
            if not self._screen.is_moving():
                self._paint()
        self._paint()
        self._screen.close()

    def _paint(self) -> None:
        size = self._screen.size
        board = self._board(size)
        new = [self._said.popleft() for _ in range(len(self._said))]
        if self._left_out:
            new.insert(0, LogLine(new[0].wall, "", left_out(self._left_out), Tone.DOUBT))
            self._left_out = 0
        self._shown.extend(new)
        if self._screen.is_broken:
            room = max(0, size.height - len(board) - 1)
            again = self._told(self._shown, size)
            self._screen.repaint(again[max(0, len(again) - room) :], board)
        else:
            self._screen.paint(self._told(new, size), board)

    def _told(self, those: Iterable[LogLine], size: Size) -> list[TextLine]:
        return [
            line for one in those for line in log_lines(one, size.width, self._name, self._signs)
        ]

    def _board(self, size: Size) -> list[TextLine]:
        latest = self._latest
        if latest is None:
            return []
        ctx = Context(latest.plan, latest.state, self._clock.now())
        wall = self._clock.wall()
        scene = Scene(ctx, latest.recent, wall, self._commands, self._footer(), self._signs)
        return draw(scene, size)
