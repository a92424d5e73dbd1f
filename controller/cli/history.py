"""`history`: all rollouts in the journal."""

from typing import Any

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.show import show, show_json
from controller.cli.state_folder import known
from controller.errors import Refused
from controller.report.status.history import history_lines, history_value


@click.command()
@click.argument("name", required=False)
@options.as_json
@options.state
def history(name: str | None, json: bool, state: str | None) -> None:
    """List all rollouts, or all of NAME, newest first."""
    values, place = bootstrap.run(_values(name, state))
    if json:
        show_json({"state": str(place), "rollouts": values})
    else:
        show(f"{place.what}")
        show("\n".join(history_lines(values)))


async def _values(
    name: str | None, state: str | None
) -> tuple[list[dict[str, Any]], bootstrap.StatePlace]:
    async with known(state) as (store, place):
        rows = await store.journal.rollouts(name)
        if not rows:
            raise Refused(f"no rollout {name or ''} in {place}".replace("  ", " "))
        lock = bootstrap.lock(place)
        newest: set[str] = set()
        values = []
        for row in rows:
            # A process that holds the name runs its newest rollout.
            holder = None if row.name in newest else await lock.holder(row.name)
            newest.add(row.name)
            records = await store.journal.records(row.id)
            values.append(history_value(row, records, is_held=holder is not None))
        return values, place
