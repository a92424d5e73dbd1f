"""`--deadline`: a run that lasts so long stops in order, before something else ends it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import click

from controller.cli.options import option
from controller.cli.signals import Signals
from controller.errors import UsageFault
from controller.ports import Clock


def _limit(_ctx: click.Context, _option: click.Parameter, value: str | None) -> Any:
    from controller.config.text import scalars  # not for --help

    try:
        return value if not value else scalars.duration(value, least=timedelta(seconds=1))
    except scalars.Wrong as wrong:
        raise UsageFault(f"--deadline: {wrong}") from None


deadline = option(
    "--deadline",
    metavar="DURATION",
    callback=_limit,
    help="Stop after so long, like 6h, as by a signal: in order, and the next run goes on.",
)


@asynccontextmanager
async def within(limit: timedelta | None, clock: Clock, signals: Signals) -> AsyncIterator[None]:
    """`limit`: empty for none."""

    async def expire() -> None:
        if limit:
            await clock.sleep(limit)
            signals.expire("its deadline has come")

    waiting = asyncio.create_task(expire())
    try:
        yield
    finally:
        waiting.cancel()
