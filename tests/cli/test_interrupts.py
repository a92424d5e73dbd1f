"""Signals: who takes them, from the first moment of the process to the last."""

import asyncio
import os
import signal
from collections.abc import Iterator
from typing import cast

import pytest

from controller.cli import interrupts
from controller.cli.interrupts import SIGNALS, Interrupted
from controller.cli.signals import Signals
from controller.runner.loop import Runner

TERMINAL = (signal.SIGTTIN, signal.SIGTTOU)
each = pytest.mark.parametrize("number", SIGNALS, ids=lambda number: number.name)


@pytest.fixture(autouse=True)
def handlers() -> Iterator[None]:
    """The process of the tests has its own."""
    former = {number: signal.getsignal(number) for number in (*SIGNALS, *TERMINAL)}
    interrupts.hand_to(interrupts.interrupt)  # another test may have left its own
    yield
    interrupts.hand_to(interrupts.interrupt)
    for number, handler in former.items():
        signal.signal(number, handler)


@each
def test_before_anything_runs(number: signal.Signals) -> None:
    """It ends the program where it is."""
    interrupts.prepare()
    with pytest.raises(Interrupted, match=number.name):
        signal.raise_signal(number)


@each
def test_what_was_ignored_stays_ignored(number: signal.Signals) -> None:
    """As `nohup` and a shell's background jobs have it."""
    signal.signal(number, signal.SIG_IGN)
    interrupts.prepare()
    signal.raise_signal(number)
    assert signal.getsignal(number) is signal.SIG_IGN


def test_terminal_does_not_stop_a_background_job() -> None:
    """Who asks from the background would stop, and with `stty tostop` who writes, too."""
    interrupts.prepare()
    assert [signal.getsignal(number) for number in TERMINAL] == [signal.SIG_IGN] * 2


@each
def test_preparation_is_cancelled_once(number: signal.Signals) -> None:
    """A second one does not cut the cleaning up short."""
    interrupts.prepare()
    cleaned: list[str] = []

    async def prepare() -> str | None:
        with Signals() as signals:
            try:
                os.kill(os.getpid(), number)
                await asyncio.sleep(20)
            except asyncio.CancelledError:
                os.kill(os.getpid(), number)
                await asyncio.sleep(0.01)
                cleaned.append("up")
        return signals.name

    assert asyncio.run(prepare()) == number.name
    assert cleaned == ["up"]


class Stopped:
    """In place of a runner."""

    def __init__(self) -> None:
        self.by: list[str] = []

    def stop(self, why: str) -> None:
        self.by.append(why)


@each
def test_runner_takes_each_of_them(number: signal.Signals) -> None:
    """And once the outcome is settled, nobody: neither in the loop nor when it has ended."""
    interrupts.prepare()
    runner = Stopped()

    async def run() -> None:
        with Signals() as signals:
            signals.hand_to(cast("Runner", runner))
            for _ in range(2):
                os.kill(os.getpid(), number)
                await asyncio.sleep(0.01)
            assert signals.count == 2
        os.kill(os.getpid(), number)

    asyncio.run(run())
    os.kill(os.getpid(), number)
    assert runner.by == [number.name, number.name]


def test_signal_at_the_very_end_of_the_loop() -> None:
    """It was handed on to a loop that takes nothing more."""
    interrupts.prepare()
    context = Signals()

    async def run() -> None:
        context.__enter__()

    asyncio.run(run())
    os.kill(os.getpid(), signal.SIGTERM)
    assert context.count == 0
