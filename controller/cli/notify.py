"""`notify`: who is told of a rollout, and whether that works."""

import asyncio
import sys
from collections.abc import Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.by_name import by_name
from controller.cli.fit import keep_secret
from controller.cli.show import show
from controller.config import (
    Audience,
    MailTarget,
    Recipient,
    RolloutFile,
    WebhookTarget,
    load,
)
from controller.config.sections.notify import EVENTS
from controller.core.gates.figures import span
from controller.core.outcome import ExitCode
from controller.errors import UsageFault
from controller.ports import AnsweringNotifier, Clock
from controller.records import Notice
from controller.report.run.brief import duration
from controller.report.words import names
from controller.runner.notify import attempt


@click.command()
@options.named_file
@options.sets
@options.option(
    "--test", is_flag=True, help="Send one notice through each, and say what each answered."
)
@options.state
def notify(file: Path, test: bool, state: str | None, **given: tuple[str, ...]) -> None:
    """Show who is told of a rollout of FILE; with --test, try it.

    Exit code 3 when one of them did not take the notice.
    """
    file, sets = by_name("notify", file, state, options.pairs(given["set"]))
    rollout = load(file, sets)
    secrets = bootstrap.secrets_in(rollout)
    keep_secret(secrets)
    found = bootstrap.audience(rollout)
    if not found.recipients and found.beat is None:
        if test:
            raise UsageFault(f"notify --test: {file} names nobody to tell; add `notify`")
        show("nobody is told: the file has no `notify`")
        return
    if not test:
        show("\n".join(_who(found)))
        return
    receivers = bootstrap.receivers(rollout, bootstrap.bare_commands(secrets))
    if not bootstrap.run(_tried(rollout, receivers)):
        sys.exit(ExitCode.REFUSED)


async def _tried(rollout: RolloutFile, receivers: Sequence[AnsweringNotifier]) -> bool:
    """Whether all have taken it. Each is told of as soon as it has answered."""
    clock, by = bootstrap.clock(), bootstrap.who()
    notice = Notice(
        "test",
        rollout.settings.name,
        "",
        clock.wall(),
        f"rollout {rollout.settings.name}: a test of `notify`; nothing has happened",
        (f"asked for by {by}",),
    )
    answers = await asyncio.gather(*(_answered(one, notice, clock) for one in receivers))
    if rollout.rollout.heartbeat is not None:
        show("heartbeat: not tried, since its monitor would then wait for the next one")
    return all(answers)


async def _answered(one: AnsweringNotifier, notice: Notice, clock: Clock) -> bool:
    began = clock.now()
    missed = await attempt(one, notice, token_hex(8), one.within)
    took = duration(max(clock.now() - began, timedelta(0)))
    await one.aclose()
    if missed is None:
        show(f"{one.name}: delivered in {took}: {one.answer}")
    else:
        show(f"{one.name}: NOT delivered: {missed.why}")
    return missed is None


def _who(found: Audience) -> Iterator[str]:
    for one in found.recipients:
        events = [event for event in EVENTS if event in one.events]
        yield f"{one.name}: {names(events)}: {_way(one)}"
    if found.beat is not None:
        every = span(found.beat.every)
        yield f"heartbeat: every {every}: {_way(found.beat.recipient)}"


def _way(one: Recipient) -> str:
    """Of an address the host alone: who knows the rest may post there."""
    match one.target:
        case WebhookTarget() as target:
            return f"{target.method} to {urlsplit(target.url).hostname}"
        case MailTarget() as target:
            way = f", {target.tls}" if target.tls != "none" else ""
            return f"mail to {names(target.to)} by {target.host}:{target.port}{way}"
        case target:
            return f"runs {target.argv[0]}"
