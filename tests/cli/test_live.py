"""The painter of the live board: what it writes, and that it holds nobody up."""

import errno
import io
import os
import sys
import threading

import pytest

from adapters.clock import SystemClock
from controller.cli.live import LiveNarrator, Screen
from controller.cli.writer import WAITING
from controller.core import events as e
from controller.report.board.segments import UNICODE, Segment, Tone
from tests.report.board.boards import plan, state
from tests.support.glass import Glass
from tests.support.waiting import until

BOARD = [(Segment("board", Tone.BAD),), (Segment("end"),)]


class Stream(io.StringIO):
    """A terminal that takes nothing until it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.asked = threading.Event()
        self.free = threading.Event()
        self.free.set()

    def write(self, text: str) -> int:
        self.asked.set()
        self.free.wait(20)
        return super().write(text)


def shown(stream: io.StringIO) -> list[str]:
    glass = Glass(80, 40)
    glass.feed(stream.getvalue())
    return [row for row in glass.rows if row]


def test_the_board_stays_below() -> None:
    """What is said goes above the board, which is painted anew in its place, or shrinks."""
    stream = io.StringIO()
    screen = Screen(stream)
    screen.open()
    screen.paint([], BOARD)
    screen.paint([(Segment("one"),)], BOARD)
    screen.paint([(Segment("two"),)], BOARD[:1])
    assert shown(stream) == ["one", "two", "board"]
    screen.close()
    assert shown(stream) == ["one", "two"]


class Gone(io.StringIO):
    """A terminal that has gone: an unbuffered stream passes even an empty text on to it."""

    def write(self, text: str) -> int:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def flush(self) -> None:
        self.write("")


def test_a_terminal_that_has_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the painter nor who tells something meets an error (S11)."""
    stream = Gone()
    screen = Screen(stream)
    screen.open()
    screen.paint([(Segment("one"),)], BOARD)
    screen.close()
    monkeypatch.setattr(sys, "stdout", stream)
    live = LiveNarrator(SystemClock(), UNICODE)
    live.warn("lost")
    live.stop()


def test_nothing_new_is_not_painted() -> None:
    """A board that says the same costs nothing, over a slow line too."""
    stream = io.StringIO()
    screen = Screen(stream)
    screen.paint([], BOARD)
    written = stream.getvalue()
    screen.paint([], list(BOARD))
    assert stream.getvalue() == written


async def test_a_terminal_that_takes_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Telling never waits for it; what was too much to keep is counted, once it takes words."""
    stream = Stream()
    monkeypatch.setattr(sys, "stdout", stream)
    live = LiveNarrator(SystemClock(), UNICODE)
    live.watch(plan())
    stream.free.clear()
    live.start()
    await until(stream.asked.is_set, what="the painter to begin")
    now = state(plan())
    for _ in range(WAITING + 7):
        live.tell(e.MemberReturned("web1"), now, now)
    assert stream.getvalue() == ""
    stream.free.set()
    live.stop()  # waits for the painter, and on a slow machine gives up before all is painted
    await until(lambda: "7 lines left out" in stream.getvalue(), what="the lines that waited")
    text = stream.getvalue()
    assert "7 lines left out: the terminal did not accept output for a while" in text
    assert text.count("back in rotation") == WAITING


async def test_words_before_and_after_the_board(monkeypatch: pytest.MonkeyPatch) -> None:
    """A warning is not lost when no board stands, nor is an end without a beginning a fault."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    live = LiveNarrator(SystemClock(), UNICODE, lambda: "the load goes on")
    live.warn("first")
    live.stop()
    assert "first" in stream.getvalue()
    live = LiveNarrator(SystemClock(), UNICODE, lambda: "the load goes on")
    live.watch(plan())
    live.tell(e.RunBegan("kim@ops1"), state(plan()), state(plan()))
    live.start()
    live.stop()
    live.stop()
    live.warn("last")
    live.stop()
    assert "the load goes on" in stream.getvalue()
    assert [line.split("  ")[-1].strip() for line in shown(stream)][-1] == "last"
    assert "members" not in "\n".join(shown(stream))
