"""`status`: how a rollout stands, from another shell, as the journal has it."""

import contextlib
import json as json_format
from collections.abc import Sequence

import click

from controller import bootstrap
from controller.cli import options
from controller.errors import Refused
from controller.ports import Record, RolloutRow
from controller.report.status import status_lines, status_value
from controller.runner.replay import replay


@click.command()
@click.argument("name", required=False)
@options.as_json
@options.state
def status(name: str | None, json: bool, state: str | None) -> None:
    """Show how the rollout NAME stands, or the newest of every name."""
    folder = bootstrap.state_folder(state)
    if not bootstrap.exists(folder):
        raise Refused(f"there is no state folder at {folder}: no rollout is known here")
    opened = bootstrap.open_state(folder, create=False)
    with contextlib.closing(opened) as journal:
        newest: dict[str, tuple[RolloutRow, Sequence[Record]]] = {}
        for row in journal.rollouts(name):
            # Without a record nothing was begun: its process was cut off before it had a plan.
            if row.name not in newest and (records := journal.records(row.id)):
                newest[row.name] = row, records
        if not newest:
            raise Refused(f"no rollout {name or ''} is known in {folder}".replace("  ", " "))
        values = []
        for row, records in newest.values():
            plan, state_now = replay(records)
            holder = bootstrap.lock(folder).holder(row.name)
            values.append(status_value(row, plan, state_now, holder, str(folder)))
    if json:
        click.echo(json_format.dumps(values[0] if name else values, indent=2))
    else:
        click.echo("\n\n".join("\n".join(status_lines(value)) for value in values))
