"""`output`: what a step prints: whole, and live while it runs."""

import sys
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.fit import keep_secret
from controller.cli.show import show
from controller.cli.state_folder import find, known
from controller.core.events import Collected, ResumeRequested
from controller.core.outcome import ExitCode
from controller.errors import Refused
from controller.journal.codec import decode
from controller.journal.replay import replayed
from controller.journal.unfinished import Unfinished
from controller.lifecycle import as_it_was_run, former_file
from controller.ports import Journal
from controller.records import RolloutRow
from controller.report.run.collected import collected_lines, things
from controller.report.run.steps_told import Steps, ToldStep
from controller.runner.job_keys import key_of
from controller.secrets import NONE, Secrets

LOOK_EVERY: Final = timedelta(milliseconds=200)
OVERLAP: Final = 200
"""Signs by which the place is found again where the middle of a long output was left out."""


@click.command()
@click.argument("name", metavar="NAME|ID")
@click.argument("member", required=False)
@options.option(
    "--collected", is_flag=True, help="Show what `collect` fetched after the halt, and differences."
)
@options.option("--follow", is_flag=True, help="Keep printing, also of the steps that come next.")
@options.state
def output(name: str, member: str | None, collected: bool, follow: bool, state: str | None) -> None:
    """Show what the newest step of the rollout NAME prints, or of one MEMBER.

    Secrets are masked. Of a long output its beginning and its end are kept.
    """
    try:
        if collected:
            bootstrap.run(_collected(name, member, state))
        else:
            bootstrap.run(_output(name, member, state, follow=follow))
    except KeyboardInterrupt:
        show("no longer following; the rollout was not touched", err=True)
        sys.exit(ExitCode.STOPPED)


async def _collected(name: str, member: str | None, state: str | None) -> None:
    """Masked as it is: it was, before it came into the journal."""
    async with known(state) as (store, place):
        row = await find(store.journal, place, name)
        found: list[Collected] = []
        for record in await store.journal.records(row.id):
            value = decode(record.kind, record.body)
            if isinstance(value, ResumeRequested):
                found = []  # a halt that is decided
            found += [value] if isinstance(value, Collected) else []
        lines = collected_lines(things(found), member)
        if not lines:
            whose = f" from {member}" if member else ""
            raise Refused(f"nothing was collected{whose} since the newest halt of {row.id}")
        show("\n".join(lines))


async def _output(name: str, member: str | None, state: str | None, *, follow: bool) -> None:
    async with known(state) as (store, place):
        row = await find(store.journal, place, name)
        reader = _Reader(store.journal, row, place, await _secrets(store.journal, row, place))
        await reader.read()
        if (newest := reader.steps.newest(member)) is None:
            whose = f" of {member}" if member else ""
            raise Refused(f"no step{whose} has begun in rollout {row.id}")
        clock = bootstrap.clock()
        reader.show(newest)
        while follow and not (newest.end is not None and await reader.is_over()):
            await clock.sleep(LOOK_EVERY)
            await reader.read()
            reader.show(newest)  # its last lines, before those of the next one
            newest = reader.steps.newest(member) or newest
            reader.show(newest)


async def _secrets(
    journal: Journal, row: RolloutRow, place: bootstrap.StatePlace
) -> Secrets | None:
    """All of the rollout; None where this process cannot know them, like a variable of the
    environment of whoever runs it."""
    found = await replayed(journal, row.id)
    former = Unfinished(row, found.plan, found.state, await journal.key())
    try:
        file = as_it_was_run(former, former_file(row, is_ours=bootstrap.is_ours(place)))
    except Refused:
        return None
    secrets = bootstrap.secrets_in(file)
    keep_secret(secrets)
    return secrets


@dataclass
class _Reader:
    journal: Journal
    row: RolloutRow
    place: bootstrap.StatePlace
    secrets: Secrets | None
    steps: Steps = field(default_factory=Steps)
    _last: int = 0
    _titled: str = ""
    _shown: str = ""
    _told: str = ""
    _hidden: str = ""

    async def read(self) -> None:
        for record in await self.journal.records(self.row.id, self._last):
            self._last = record.seq
            self.steps.add(decode(record.kind, record.body))

    async def is_over(self) -> bool:
        """Whether no step comes any more: it has ended, or nobody runs it."""
        if await bootstrap.lock(self.place).holder(self.row.name) is not None:
            return False
        await self.read()
        return True

    def show(self, one: ToldStep) -> None:
        """What was not shown yet."""
        if one.title != self._titled:
            self._titled, self._shown, self._told = one.title, "", ""
            show(f"== {one.title}", err=True)
        text = self._text(one)
        fresh = _fresh(self._shown, text)
        if fresh:
            self._shown = text
            show(fresh, nl=not fresh.endswith("\n") and one.end is not None)
            sys.stdout.flush()
        if one.end is not None and not self._told:
            self._told = f"== {one.title}: {one.end.detail}"
            show(self._told, err=True)

    def _text(self, one: ToldStep) -> str:
        """Without secrets. While the step runs: whole lines, since a secret may have been written
        by half."""
        raw = bootstrap.kept_output(self.place, key_of(self.row.id, one.step))
        if raw is None:
            return one.end.output if one.end is not None else ""
        if one.end is not None:
            return (self.secrets or NONE).masked(raw)
        if self.secrets is None:
            self._hide(one)
            return ""
        return self.secrets.masked(raw[: raw.rfind("\n") + 1])

    def _hide(self, one: ToldStep) -> None:
        if self._hidden != one.title:
            self._hidden = one.title
            show(
                "it runs, and what it prints is shown when it has ended: this process does not "
                "know all secrets of the rollout, which are to be masked",
                err=True,
            )


def _fresh(shown: str, text: str) -> str:
    """What of `text` comes after `shown`, whose middle may be left out by now."""
    if text.startswith(shown):
        return text[len(shown) :]
    at = text.rfind(shown[-OVERLAP:])
    return text[at + len(shown[-OVERLAP:]) :] if at >= 0 else f"\n[…]\n{text}"
