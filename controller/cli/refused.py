"""A run that ends before it began: it is said, and those that `notify` names hear of it."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from controller.cli.signals import Signals
from controller.errors import LeaseLost, PoolHeld, PoolrollError, WindowClosed
from controller.ports import Clock
from controller.report.run.notices import refused
from controller.runner.notify import NoticeSender
from controller.secrets import Secrets


class Told(Exception):
    """It was refused, and that was said: what is left is to wait for who is told, and to end."""

    def __init__(self, code: int) -> None:
        self.code = code


@asynccontextmanager
async def told_of_refusal(
    name: str, notices: NoticeSender, signals: Signals, clock: Clock, secrets: Secrets
) -> AsyncIterator[None]:
    """In here an error before anything begins is a refusal: it is printed before anybody is waited
    for, and raised as Told. Another run that holds the pool tells how it goes by itself; that a
    window is closed is no news."""
    try:
        yield
    except PoolrollError as error:
        if signals.runner is not None or isinstance(error, PoolHeld | LeaseLost | WindowClosed):
            raise
        from controller.cli.main import reported  # which imports us

        shown = reported(error)
        shown.show()
        signals.over(notices.give_up)
        notices.send(refused(name, [secrets.masked(str(error))], shown.exit_code, clock.wall()))
        raise Told(shown.exit_code) from error
