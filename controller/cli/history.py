"""`history`: the rollouts in the journal; whether it is whole; and what is old, pruned."""

import sys
from typing import Any, Final

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.prune import age_of, prune
from controller.cli.show import show, show_json
from controller.cli.state_folder import known
from controller.cli.verify import verify
from controller.cli.wanted import wanted
from controller.errors import UsageFault
from controller.journal.digest import digest_from
from controller.journal.instead import instead_of
from controller.records import RolloutRow
from controller.report.status.history import history_lines, history_value

NEWEST: Final = 20
"""Listed, unless all are asked for: their number grows for years."""


@click.command()
@click.argument("name", required=False, metavar="[NAME|ID]")
@options.option("--all", is_flag=True, help=f"All of them, not the newest {NEWEST}.")
@options.option("--verify", is_flag=True, help="Check that no record was changed or lost.")
@options.option("--head", metavar="HASH", help="With --verify: a hash that must be there.")
@options.option("--prune", is_flag=True, help="Forget the records of old rollouts.")
@options.option("--older-than", metavar="AGE", help="With --prune: those that ended before, 90d.")
@options.option("--yes", is_flag=True, help="With --prune: do not ask.")
@options.as_json
@options.state
def history(name: str | None, json: bool, state: str | None, **given: Any) -> None:
    """List the newest rollouts, or those of NAME, or the one with ID; newest first.

    What a run came to is never rewritten: what came later is added to it.
    """
    if given["verify"] or given["prune"]:
        sys.exit(_other(name, state, given, as_json=json))
    for extra in ("head", "older_than"):
        if given[extra] is not None:
            raise UsageFault(f"history --{extra.replace('_', '-')}: only with --verify or --prune")
    most = None if given["all"] else NEWEST
    values, is_all, place = bootstrap.run(_values(name, state, most))
    if json:
        show_json({"state": str(place), "rollouts": values, "is_all": is_all})
        return
    show(f"{place.what}")
    show("\n".join(history_lines(values)))
    if not is_all:
        show(f"these are the newest {len(values)}; --all lists those before, too")


def _other(name: str | None, state: str | None, given: dict[str, Any], *, as_json: bool) -> int:
    if given["verify"] and given["prune"]:
        raise UsageFault("history: --verify and --prune are two things; do one after the other")
    if given["verify"]:
        return verify(name, state, given["head"], as_json=as_json)
    return prune(name, state, age_of(given["older_than"]), yes=given["yes"])


async def _values(
    name: str | None, state: str | None, most: int | None
) -> tuple[list[dict[str, Any]], bool, bootstrap.StatePlace]:
    """Of the newest `most`, and whether there are no more."""
    async with known(state) as (store, place):
        rows = await wanted(store.journal, place, name, most + 1 if most is not None else None)
        lock = bootstrap.lock(place)
        later: dict[str, RolloutRow] = {}
        values = []
        for row in rows[:most]:
            # A process that holds the name runs its newest rollout.
            is_newest = row.outcome is None and row.name not in later
            holder = await lock.holder(row.name) if is_newest else None
            digest = await digest_from(store.journal, row)
            instead = await instead_of(store.journal, row, later.get(row.name))
            later[row.name] = row
            is_held = holder is not None
            values.append(history_value(row, digest, is_held=is_held, instead=instead))
        return values, most is None or len(rows) <= most, place
