"""Lines for a terminal or a pipe: nobody waits for its reader."""

import io
import json
import os
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TextIO

import pytest

from controller.cli.log import LogNarrator
from controller.cli.say import say
from controller.cli.writer import WAITING, Writer, put

FULL = 1 << 20
"""More bytes than a pipe takes."""


@pytest.fixture
def pipe() -> Iterator[tuple[int, TextIO]]:
    """What is read from, and the stream that leads there."""
    read, write = os.pipe()
    with os.fdopen(read, "rb"), os.fdopen(write, "w", encoding="utf-8") as stream:
        yield read, stream


def read_all(descriptor: int, last: str) -> str:
    """All up to the line that ends with `last`."""
    text = b""
    while not text.endswith(f"{last}\n".encode()):
        text += os.read(descriptor, 65536)
    return text.decode()


def test_lines_come_in_their_order(pipe: tuple[int, TextIO]) -> None:
    """And all of them, without being asked for."""
    read, stream = pipe
    writer = Writer(stream)
    writer.write("one", "two")
    writer.write("three")
    assert read_all(read, "three") == "one\ntwo\nthree\n"
    assert writer.wait(20)


def test_nobody_reads(pipe: tuple[int, TextIO]) -> None:
    """Who writes goes on; the last lines are kept, and how many were dropped is said."""
    read, stream = pipe
    writer = Writer(stream)
    writer.write("x" * FULL)
    assert os.read(read, 1) == b"x"  # it is being written
    for number in range(WAITING + 7):
        writer.write(f"line {number}")
    assert not writer.wait(0)
    said = read_all(read, f"line {WAITING + 6}").splitlines()[1:]
    assert said[0] == "7 lines left out: the terminal did not accept output for a while"
    assert said[1:] == [f"line {number}" for number in range(7, WAITING + 7)]


def test_log_that_nobody_reads_stays_json(
    pipe: tuple[int, TextIO], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was left out is said in an object like any other."""
    read, stream = pipe
    monkeypatch.setattr(sys, "stderr", stream)
    log = LogNarrator("web", lambda: datetime(2024, 1, 2, tzinfo=UTC), "json")
    log.warn("x" * FULL)
    assert os.read(read, 1) == b"{"
    for number in range(WAITING + 1):
        log.warn(f"line {number}")
    text = ""
    while f"line {WAITING}" not in text:
        text += read_all(read, "}")
    first = json.loads(text.splitlines()[1])
    assert first["event"].startswith("1 lines left out")
    assert (first["kind"], first["level"]) == ("LeftOut", "warning")


def test_terminal_that_another_process_made_non_blocking(pipe: tuple[int, TextIO]) -> None:
    """All is written all the same."""
    read, stream = pipe
    os.set_blocking(stream.fileno(), False)
    writer = Writer(stream)
    writer.write("x" * FULL, "end")
    assert len(read_all(read, "end")) == FULL + len("\nend\n")


def test_reader_that_has_gone() -> None:
    """It is no error, for a pipe as for a stream that is closed."""
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "w") as stream:
        put(stream, "lost")
    put(stream, "lost")
    closed = io.StringIO()
    closed.close()
    put(closed, "lost")


def test_what_is_said_is_written_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where somebody reads."""
    stream = io.StringIO()
    monkeypatch.setattr(sys, "stdout", stream)
    say("one", "two")
    assert stream.getvalue() == "one\ntwo\n"
