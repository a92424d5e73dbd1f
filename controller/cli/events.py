"""`events`: the journal of a rollout as sentences or JSON lines; with --follow as it grows."""

import json as json_format
import sys
from datetime import timedelta
from typing import Final

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.fit import fit
from controller.cli.show import show, show_raw
from controller.cli.state_folder import find, known
from controller.core.events import StepEnded
from controller.core.outcome import ExitCode
from controller.legible import legible, legible_line
from controller.ports import Journal
from controller.records import Record, RolloutRow
from controller.report.run.replay import Replay, Replayed

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
    try:
        bootstrap.run(_events(name, state, follow=follow, as_json=json))
    except KeyboardInterrupt:
        show("no longer following; the rollout was not touched", err=True)
        sys.exit(ExitCode.STOPPED)


async def _events(name: str | None, state: str | None, *, follow: bool, as_json: bool) -> None:
    async with known(state) as (store, place):
        row = await find(store.journal, place, name)
        show(f"rollout {row.id}, {place.what}", err=as_json)
        teller = _Teller(store.journal, row, as_json=as_json)
        if follow:
            await _follow(teller, place)
        else:
            await teller.tell()


class _Teller:
    """Prints the records of one rollout, each once."""

    def __init__(self, journal: Journal, row: RolloutRow, *, as_json: bool) -> None:
        self.row = row
        self._journal = journal
        self._as_json = as_json
        self._last = 0
        self._replay = Replay()

    @property
    def is_finished(self) -> bool:
        """According to the records printed so far."""
        state = self._replay.state
        return state is not None and state.finished is not None

    async def is_ended(self) -> bool:
        """According to the journal; `run --new` abandons a rollout without a record."""
        row = await self._journal.rollout(self.row.id)
        return row is not None and row.outcome is not None

    async def tell(self) -> None:
        lines = []
        for record in await self._journal.records(self.row.id, self._last):
            told = self._replay.read(record)
            self._last = record.seq
            line = _json(record) if self._as_json else text_of(told)
            if line:
                lines.append(line)
        if lines:
            show_raw("\n".join(map(fit, lines)) + "\n")
            sys.stdout.flush()


async def _follow(teller: _Teller, place: bootstrap.StatePlace) -> None:
    clock = bootstrap.clock()
    looks = 0
    is_told = False
    while True:
        await teller.tell()
        if teller.is_finished or (looks % ASK_EVERY == 0 and await teller.is_ended()):
            await teller.tell()
            return
        if not is_told and await bootstrap.lock(place).holder(teller.row.name) is None:
            show("no process runs it; waiting for the next `poolroll run`", err=True)
            is_told = True
        looks += 1
        await clock.sleep(LOOK_EVERY)


def text_of(told: Replayed) -> str:
    """Empty for records that are not shown."""
    if not told.sentence:
        return ""
    wall, member = told.record.wall, legible_line(told.member)
    line = f"{wall:%Y-%m-%d %H:%M:%S}.{wall:%f}"[:23] + (
        f"  {member:<8}  {legible_line(told.sentence)}"
    )
    return "\n".join([line, *_output(told.value)])


def _output(event: object) -> list[str]:
    """What a failed step wrote, as far as the journal keeps it."""
    if not isinstance(event, StepEnded) or event.passed:
        return []
    return [f"    | {line}" for line in legible(event.output.rstrip()).split("\n") if line]


def _json(record: Record) -> str:
    value = {
        "seq": record.seq,
        "wall": record.wall.isoformat(),
        "kind": record.kind,
        "body": json_format.loads(record.body),
    }
    return json_format.dumps(value)
