"""SIGTERM, SIGINT and SIGHUP: forwarded to the runner, which stops the rollout safely (S11)."""

import asyncio
import signal
from collections.abc import Callable
from typing import Final

from controller.runner.loop import Runner

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)


class Signals:
    """In this context a signal cancels the preparation or, with a runner, stops the rollout. When
    that is over, it ends the wait for notices."""

    def __init__(self) -> None:
        self.runner: Runner | None = None
        self.name: str | None = None
        self._give_up: Callable[[], None] | None = None
        self._task: asyncio.Task[object] | None = None

    def __enter__(self) -> "Signals":
        self._task = asyncio.current_task()
        for one in SIGNALS:
            asyncio.get_running_loop().add_signal_handler(one, self._came, one)
        return self

    def __exit__(self, *_: object) -> None:
        for one in SIGNALS:
            asyncio.get_running_loop().remove_signal_handler(one)

    def _came(self, one: signal.Signals) -> None:
        if self._give_up is not None:
            self._give_up()
        elif self.runner is not None:
            self.runner.stop(one.name)
        elif self._task is not None:
            self.name = one.name
            self._task.cancel()

    def hand_to(self, runner: Runner) -> None:
        self.runner = runner

    def over(self, give_up: Callable[[], None]) -> None:
        """The rollout has ended: a signal from now on ends what is still waited for."""
        self._give_up = give_up
