"""`--deadline`: a run ends itself in order, and a signal after it is still the first."""

import asyncio
import signal
from datetime import timedelta
from typing import cast

import pytest
from click.testing import CliRunner

from controller.cli.deadline import ended_by
from controller.cli.main import poolroll
from controller.cli.signals import Signals
from controller.errors import UsageFault
from controller.runner.loop import Runner
from tests.support.virtual import LoopClock, run_virtually

MINUTE = timedelta(minutes=1)
WHY = "its deadline of 1m is over"


class Stopped:
    """In place of a runner."""

    def __init__(self) -> None:
        self.by: list[str] = []

    def stop(self, why: str) -> None:
        self.by.append(why)

    expire = stop


def begun() -> tuple[Signals, Stopped]:
    signals, runner = Signals(), Stopped()
    signals.hand_to(cast(Runner, runner))
    return signals, runner


def test_it_stops_the_rollout_once() -> None:
    """Not before its time, and not again."""

    async def run() -> list[str]:
        signals, runner = begun()
        async with ended_by(MINUTE, LoopClock(), signals):
            await asyncio.sleep(59)
            assert runner.by == []
            await asyncio.sleep(120)
            signals.take(signal.SIGTERM)
        return runner.by

    assert run_virtually(run()) == [WHY, "SIGTERM"]


def test_without_one_and_after_the_end() -> None:
    """No deadline stops nothing; nor does one of a rollout that is over, nor one that was left."""

    async def run() -> list[str]:
        signals, runner = begun()
        async with ended_by(None, LoopClock(), signals):
            await asyncio.sleep(120)
        async with ended_by(MINUTE, LoopClock(), signals):
            await asyncio.sleep(59)
        await asyncio.sleep(120)
        async with ended_by(MINUTE, LoopClock(), signals):
            signals.over(lambda: runner.by.append("gave up"))
            await asyncio.sleep(120)
        return runner.by

    assert run_virtually(run()) == []


def test_before_anything_was_touched() -> None:
    """The preparation is cancelled, and says why."""

    async def run() -> str | None:
        with Signals() as signals:
            async with ended_by(MINUTE, LoopClock(), signals):
                with pytest.raises(asyncio.CancelledError):
                    await asyncio.sleep(120)
        return signals.name

    assert run_virtually(run()) == WHY


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        ("soon", '"soon" is not a duration'),
        ("10", "10 has no unit"),
        ("100ms", "100ms is too short"),
    ],
)
def test_what_is_no_duration(value: str, fault: str) -> None:
    """Exit 2, before anything is touched."""
    done = CliRunner().invoke(poolroll, ["run", "x.yaml", "--yes", "--deadline", value])
    assert isinstance(done.exception, UsageFault | SystemExit)
    assert f"--deadline: {fault}" in done.output + str(done.exception)
