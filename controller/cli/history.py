"""`history`: the rollouts in the journal; whether it is whole; and what is old, pruned."""

from collections.abc import Sequence
from typing import Any, Final

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.show import show, show_json
from controller.cli.state_folder import known
from controller.errors import Refused
from controller.journal.digest import digest_from
from controller.ports import Journal
from controller.records import RolloutRow
from controller.report.status.history import history_lines, history_value

NEWEST: Final = 20
"""Listed, unless all are asked for: their number grows for years."""


@click.command()
@click.argument("name", required=False, metavar="[NAME|ID]")
@options.option("--all", is_flag=True, help=f"All of them, not the newest {NEWEST}.")
@options.as_json
@options.state
def history(name: str | None, json: bool, state: str | None, **given: Any) -> None:
    """List the newest rollouts, or those of NAME, or the one with ID; newest first.

    What a run came to is never rewritten: what came later is added to it.
    """
    most = None if given["all"] else NEWEST
    values, is_all, place = bootstrap.run(_values(name, state, most))
    if json:
        show_json({"state": str(place), "rollouts": values, "is_all": is_all})
        return
    show(f"{place.what}")
    show("\n".join(history_lines(values)))
    if not is_all:
        show(f"these are the newest {len(values)}; --all lists those before, too")


async def _values(
    name: str | None, state: str | None, most: int | None
) -> tuple[list[dict[str, Any]], bool, bootstrap.StatePlace]:
    """Of the newest `most`, and whether there are no more."""
    async with known(state) as (store, place):
        rows = await wanted(store.journal, place, name, most + 1 if most is not None else None)
        lock = bootstrap.lock(place)
        newest: set[str] = set()
        values = []
        for row in rows[:most]:
            # A process that holds the name runs its newest rollout.
            is_newest = row.outcome is None and row.name not in newest
            holder = await lock.holder(row.name) if is_newest else None
            newest.add(row.name)
            digest = await digest_from(store.journal, row)
            values.append(history_value(row, digest, is_held=holder is not None))
        return values, most is None or len(rows) <= most, place


async def wanted(
    journal: Journal, place: bootstrap.StatePlace, name: str | None, most: int | None = None
) -> Sequence[RolloutRow]:
    """All, those of a name, or the one with that id; newest first. Raises Refused for none."""
    rows = await journal.rollouts(name, most)
    if not rows and name is not None and (row := await journal.rollout(name)) is not None:
        rows = [row]
    if not rows:
        raise Refused(f"no rollout {name or ''} in {place}".replace("  ", " "))
    return rows
