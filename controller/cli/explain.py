"""`explain`: what the present halt means, and what to do: the runbook's entry for it."""

from pathlib import Path
from typing import Final

import click

import controller
from controller import bootstrap
from controller.cli import options
from controller.cli.say import fitted_report
from controller.cli.show import show
from controller.cli.state_folder import find, known
from controller.errors import Refused
from controller.journal.unfinished import Unfinished, unfinished
from controller.legible import legible_line
from controller.lifecycle import next_commands
from controller.ports import Journal
from controller.report.run.ways_on import after_halt
from controller.report.runbook import entry

PLACES: Final = (
    Path(controller.__file__).parent / "runbook.md",
    Path(controller.__file__).parents[1] / "docs" / "runbook.md",
)
"""As it was installed, and in a folder of sources."""


@click.command()
@click.argument("name", required=False)
@options.option("--all", is_flag=True, help="Print the whole runbook.")
@options.state
def explain(name: str | None, all: bool, state: str | None) -> None:  # noqa: A002
    """Explain the present halt of NAME, or the newest halt of all, as the runbook does."""
    if all:
        show(runbook())
        return
    show("\n".join(fitted_report(bootstrap.run(_explain(name, state)))))


def runbook() -> str:
    found = next((place for place in PLACES if place.is_file()), None)
    if found is None:
        raise Refused("the runbook is missing from this installation of poolroll")
    return found.read_text("utf-8")


async def _explain(name: str | None, state: str | None) -> list[str]:
    async with known(state) as (store, place):
        one = await _halted(store.journal, name)
        if one is None or one.state.halt is None:
            if name is not None:
                await find(store.journal, place, name)  # of no such name: not that all is well
            return [f"no rollout {name or ''} is halted in {place}".replace("  ", " ")]
        halt = one.state.halt
        commands = next_commands(bootstrap.place_to_name(place), one.row, one.plan, one.state)
        told = entry(runbook(), halt) or ["the runbook has no entry for this: see --all"]
        lines = [f"HALTED    rollout {one.row.name} ({one.row.id})", f"SEEN      {halt.seen}"]
        ways = after_halt(one.plan, one.state, commands)
        ways = [f"{'' if number else 'NEXT':<8}  {way}" for number, way in enumerate(ways)]
        lines += [f"LIMIT     {halt.limit}", "", *told, "", *ways]
        return [legible_line(line) for line in lines]


async def _halted(journal: Journal, name: str | None) -> Unfinished | None:
    """The newest one that waits for a decision."""
    for each in dict.fromkeys(row.name for row in await journal.rollouts(name)):
        found = await unfinished(journal, each)
        if found is not None and found.state.awaits_decision and found.state.halt is not None:
            return found
    return None
