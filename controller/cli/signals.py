"""SIGTERM, SIGINT and SIGHUP: forwarded to the runner, which stops the rollout safely (S11)."""

import asyncio
import signal
from collections.abc import Callable

from controller.cli import interrupts
from controller.runner.loop import Runner


class Signals:
    """In this context a signal cancels the preparation or, with a runner, stops the rollout. When
    that is over, it ends the wait for notices; afterwards it does nothing, since the outcome is
    settled.

    The loop's own handlers are not used: on their removal the default action would be back.
    """

    def __init__(self, after: interrupts.Receiver = interrupts.ignore) -> None:
        """`after`: who takes the signals when the context has ended."""
        self.runner: Runner | None = None
        self.name: str | None = None
        """Of the signal that cancelled the preparation, or why it was."""
        self.count = 0
        """Signals that came so far."""
        self._after = after
        self._give_up: Callable[[], None] | None = None
        self._task: asyncio.Task[object] | None = None

    def __enter__(self) -> "Signals":
        self._task = asyncio.current_task()
        loop = asyncio.get_running_loop()
        interrupts.hand_to(lambda one: _forward(loop, self, one))
        return self

    def __exit__(self, *_: object) -> None:
        interrupts.hand_to(self._after)

    def take(self, one: signal.Signals) -> None:
        self.count += 1
        if self._give_up is not None:
            self._give_up()
        elif self.runner is not None:
            self.runner.stop(one.name)
        elif self._task is not None and self.name is None:
            self.name = one.name
            self._task.cancel()

    def expire(self, why: str) -> None:
        """The time of this run is over: like a signal, but who sends one now sends the first."""
        if self._give_up is not None:
            return
        if self.runner is not None:
            self.runner.expire(why)
        elif self._task is not None and self.name is None:
            self.name = why
            self._task.cancel()

    def hand_to(self, runner: Runner) -> None:
        self.runner = runner

    def over(self, give_up: Callable[[], None]) -> None:
        """The rollout has ended: a signal from now on ends what is still waited for."""
        self._give_up = give_up


def _forward(loop: asyncio.AbstractEventLoop, signals: Signals, one: signal.Signals) -> None:
    if not loop.is_closed():
        loop.call_soon_threadsafe(signals.take, one)
