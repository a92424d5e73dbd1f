"""`history`: all rollouts in the journal."""

import json as json_format

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.state_folder import known
from controller.errors import Refused
from controller.report.status.history import history_lines, history_value


@click.command()
@click.argument("name", required=False)
@options.as_json
@options.state
def history(name: str | None, json: bool, state: str | None) -> None:
    """List all rollouts, or all of NAME, newest first."""
    with known(state) as (journal, folder):
        rows = journal.rollouts(name)
        if not rows:
            raise Refused(f"no rollout {name or ''} in {folder}".replace("  ", " "))
        holders = {row.name: bootstrap.lock(folder).holder(row.name) for row in rows}
        newest: set[str] = set()
        values = []
        for row in rows:
            # A process that holds the name runs its newest rollout.
            holder = None if row.name in newest else holders[row.name]
            newest.add(row.name)
            most = 1 if row.outcome is not None else None  # of one that has ended: its plan
            records = journal.records(row.id, most=most)
            values.append(history_value(row, records, is_held=holder is not None))
    if json:
        click.echo(json_format.dumps({"state": str(folder), "rollouts": values}, indent=2))
    else:
        click.echo(f"state folder {folder}")
        click.echo("\n".join(history_lines(values)))
