"""`events`: the journal of a rollout as sentences or JSON lines; with --follow as it grows."""

import asyncio
import json as json_format
import sys
from datetime import timedelta
from pathlib import Path
from typing import Final

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.state_folder import find, known
from controller.core.outcome import ExitCode
from controller.ports import Journal, Record, RolloutRow
from controller.report.run.replay import Retelling, Told
from controller.report.sanitize import legible_line

LOOK_EVERY: Final = timedelta(milliseconds=100)
"""A new record is shown within twice this."""

ASK_EVERY: Final = 10
"""Looks between two checks whether another process has ended or abandoned the rollout."""


@click.command()
@click.argument("name", required=False, metavar="[NAME|ID]")
@options.option("--follow", is_flag=True, help="Keep printing until the rollout has finished.")
@options.as_json
@options.state
def events(name: str | None, follow: bool, json: bool, state: str | None) -> None:
    """Show what happened in a rollout: the newest of NAME, the one with ID, or the newest of all.

    Text output leaves out repetitions, like a gate with the same verdict again; --json prints
    every record, one object per line.
    """
    with known(state) as (journal, folder):
        row = find(journal, folder, name)
        click.echo(f"rollout {row.id}, state folder {folder}", err=json)
        teller = _Teller(journal, row, as_json=json)
        try:
            asyncio.run(_follow(teller, folder) if follow else _once(teller))
        except KeyboardInterrupt:
            click.echo("no longer following; the rollout was not touched", err=True)
            sys.exit(ExitCode.STOPPED)


class _Teller:
    """Prints the records of one rollout, each once."""

    def __init__(self, journal: Journal, row: RolloutRow, *, as_json: bool) -> None:
        self.row = row
        self._journal = journal
        self._as_json = as_json
        self._last = 0
        self._retelling = Retelling()

    @property
    def is_finished(self) -> bool:
        """According to the records printed so far."""
        state = self._retelling.state
        return state is not None and state.finished is not None

    @property
    def is_ended(self) -> bool:
        """According to the journal; `run --new` abandons a rollout without a record."""
        rows = self._journal.rollouts(self.row.name)
        return any(row.id == self.row.id and row.outcome is not None for row in rows)

    def tell(self) -> None:
        lines = []
        for record in self._journal.records(self.row.id, self._last):
            told = self._retelling.read(record)
            self._last = record.seq
            line = _json(record) if self._as_json else _text(told)
            if line:
                lines.append(line)
        if lines:
            click.echo("\n".join(lines))
            sys.stdout.flush()


async def _once(teller: _Teller) -> None:
    teller.tell()


async def _follow(teller: _Teller, folder: Path) -> None:
    clock = bootstrap.clock()
    looks = 0
    is_told = False
    while True:
        teller.tell()
        if teller.is_finished or (looks % ASK_EVERY == 0 and teller.is_ended):
            teller.tell()
            return
        if not is_told and bootstrap.lock(folder).holder(teller.row.name) is None:
            click.echo("no process runs it; waiting for the next `poolroll run`", err=True)
            is_told = True
        looks += 1
        await clock.sleep(LOOK_EVERY)


def _text(told: Told) -> str:
    if not told.sentence:
        return ""
    wall, member = told.record.wall, legible_line(told.member)
    return f"{wall:%Y-%m-%d %H:%M:%S}.{wall:%f}"[:23] + (
        f"  {member:<8}  {legible_line(told.sentence)}"
    )


def _json(record: Record) -> str:
    value = {
        "seq": record.seq,
        "wall": record.wall.isoformat(),
        "kind": record.kind,
        "body": json_format.loads(record.body),
    }
    return json_format.dumps(value)
