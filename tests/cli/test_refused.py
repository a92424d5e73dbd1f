"""Who hears of a run that is refused, and in which order."""

import asyncio
import signal

import pytest

from controller.cli.refused import Told, told_of_refusal
from controller.cli.signals import Signals
from controller.errors import (
    BalancerUnreachable,
    LeaseLost,
    PoolHeld,
    PoolrollError,
    Refused,
    StateError,
    UsageFault,
)
from controller.runner.loop import Runner
from controller.runner.notify import NoticeSender
from controller.secrets import Secrets
from tests.adapters.notify.receiver import HungNotifier, ScriptedNotifier
from tests.support.virtual import LoopClock, run_virtually


def refused(error: PoolrollError, signals: Signals) -> tuple[ScriptedNotifier, BaseException]:
    """Who was told, and what came out."""
    receiver = ScriptedNotifier(events=("refused",))
    came: list[BaseException] = []

    async def main() -> None:
        sender = NoticeSender([receiver], LoopClock(), print)
        secrets = Secrets(frozenset({"hunter2-x"}))
        try:
            async with sender, told_of_refusal("web", sender, signals, LoopClock(), secrets):
                raise error
        except (PoolrollError, Told) as out:
            came.append(out)

    run_virtually(main())
    return receiver, came[0]


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (Refused("the floor does not hold", "no such member"), 3),
        (BalancerUnreachable("unix:/a", "no connection"), 3),
        (StateError("the disk is full"), 3),
        (UsageFault("--override x: no such gate"), 2),
    ],
)
def test_before_anything_began(
    error: PoolrollError, code: int, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is printed, and told, and the exit code is its own."""
    receiver, out = refused(error, Signals())
    assert isinstance(out, Told)
    assert out.code == code
    assert str(error) in capsys.readouterr().err
    assert [event for event, _, _ in receiver.tried] == ["refused"]


def test_what_is_no_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    """A run that holds the pool tells how it goes by itself; one that has begun has its own end."""
    begun = Signals()
    begun.runner = object.__new__(Runner)
    for error, signals in (
        (PoolHeld("web is held"), Signals()),
        (LeaseLost("web", "it was taken over"), Signals()),
        (StateError("the disk is full"), begun),
    ):
        receiver, out = refused(error, signals)
        assert (receiver.tried, out) == ([], error)
    assert capsys.readouterr().err == ""


def test_a_signal_ends_the_wait() -> None:
    """From the moment on in which it was printed."""
    receiver, signals = HungNotifier(events=("refused",)), Signals()

    async def main() -> float:
        loop = asyncio.get_running_loop()
        loop.call_later(3.0, signals.take, signal.SIGTERM)
        sender = NoticeSender([receiver], LoopClock(), print)
        with pytest.raises(Told):
            async with sender, told_of_refusal("web", sender, signals, LoopClock(), Secrets()):
                raise Refused("the floor does not hold")
        return loop.time()

    assert run_virtually(main()) == 3.0
