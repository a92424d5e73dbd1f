"""`history --prune`: forget the records of old rollouts; how each ended stays."""

import contextlib
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from controller import bootstrap
from controller.cli.ask import ask, is_terminal
from controller.cli.show import show
from controller.cli.wanted import wanted
from controller.core.outcome import ExitCode
from controller.errors import PoolHeld, Refused, UsageFault
from controller.ports import Store
from controller.records import RolloutRow
from controller.report.words import count

_AGE: Final = re.compile(r"([0-9]{1,5})([dh])")


def age_of(text: str | None) -> timedelta:
    """`90d` or `36h`. Raises UsageFault."""
    found = _AGE.fullmatch(text or "")
    if found is None:
        raise UsageFault("history --prune: add --older-than, like 90d or 36h")
    return timedelta(**{"days" if found[2] == "d" else "hours": int(found[1])})


def prune(name: str | None, state: str | None, age: timedelta, *, yes: bool) -> int:
    """The exit code. Raises UsageFault, Refused, StateError."""
    if not yes and not is_terminal():
        raise UsageFault("history --prune: there is no terminal to ask at; add --yes")
    return bootstrap.run(_prune(name, state, age, yes=yes))


async def _prune(name: str | None, state: str | None, age: timedelta, *, yes: bool) -> int:
    place = bootstrap.state_place(state)
    if not await bootstrap.has_state(place):
        raise Refused(bootstrap.no_state(place))
    async with contextlib.aclosing(bootstrap.open_state(place, create=False)) as store:
        rows = await wanted(store.journal, place, name)
        newest = {row.id for row in await store.journal.newest()}
        old = prunable(rows, newest, bootstrap.clock().wall() - age)
        show(f"{place.what}: {count(len(old), 'rollout')} ended before that")
        if not old:
            return ExitCode.DONE
        show(f"from {old[-1].id} to {old[0].id}; how each ended stays, its records and file go")
        if not yes and not await ask("forget their records?"):
            show("nothing was pruned")
            return ExitCode.STOPPED
        return await _pruned(store, place, old)


def prunable(rows: Sequence[RolloutRow], newest: set[str], before: datetime) -> list[RolloutRow]:
    """What is over for so long, but for the newest of each name: `rollback` and `status` read
    it."""
    return [
        row
        for row in rows
        if row.ended is not None and row.ended < before and not row.pruned and row.id not in newest
    ]


async def _pruned(store: Store, place: bootstrap.StatePlace, old: Sequence[RolloutRow]) -> int:
    by, done = bootstrap.who(), 0
    code = ExitCode.DONE
    for name in dict.fromkeys(row.name for row in old):
        try:
            # A cluster's journal has one writer for each name.
            async with bootstrap.lock(place).hold(name):
                for row in old:
                    if row.name == name:
                        await store.journal.prune(row.id, by)
                        done += 1
        except PoolHeld as held:
            show(f"{name}: left as it is: {held}")
            code = ExitCode.HELD
    show(f"pruned {count(done, 'rollout')}")
    return code
