"""A rollout file named by its rollout: the journal knows where it lies, and with which `--set`.

What the journal names is code that somebody else may have put there, so it is used only where
nobody but this user and root can have written the file, and where it is what the journal says was
run. Whoever trusts it all the same names the file itself.
"""

import re
from pathlib import Path
from typing import Final

from controller import bootstrap
from controller.cli.state_folder import known
from controller.config import RolloutFile, load
from controller.errors import ConfigurationError, Refused, UsageFault
from controller.journal.replay import replayed
from controller.journal.unfinished import Unfinished
from controller.lifecycle.former_file import is_unchanged
from controller.lifecycle.owners import distrust
from controller.records import RolloutRow
from controller.redaction import MASK

NAME: Final = re.compile(r"[a-z0-9-]{1,63}", re.ASCII)


def by_name(
    verb: str, file: Path, state: str | None, sets: dict[str, str]
) -> tuple[Path, dict[str, str]]:
    """`file`, or the one that the newest rollout of that name was run from, with its `--set` values
    below those given. Raises Refused, UsageFault, StateError."""
    name = str(file)
    if not NAME.fullmatch(name) or file.exists():
        return file, sets
    if (row := bootstrap.run(_latest(name, state))) is None:
        return file, sets  # whoever reads it says that there is no such file
    lacking = [key for key, value in row[0].sets.items() if value == MASK and key not in sets]
    if lacking:
        raise UsageFault(f"{verb} {name}: the journal keeps no secrets: add --set {lacking[0]}=…")
    if why := _distrusted(*row, sets):
        raise Refused(
            f"{verb} {name}: rollout {row[0].id} was run from {row[0].path}, and {why}; whoever "
            f"trusts that file names it: poolroll {verb} {row[0].path}"
        )
    return Path(row[0].path), {**row[0].sets, **sets}


async def _latest(name: str, state: str | None) -> tuple[RolloutRow, Unfinished] | None:
    place = bootstrap.state_place(state)
    if not await bootstrap.has_state(place):
        return None
    async with known(state) as (store, _):
        row = await store.journal.latest(name)
        if row is None:
            return None
        found = await replayed(store.journal, row.id)
        return row, Unfinished(row, found.plan, found.state, await store.journal.key())


def _distrusted(row: RolloutRow, former: Unfinished, sets: dict[str, str]) -> str:
    """Why the file at its path is not what the journal says; empty where it is."""
    path = Path(row.path)
    if why := distrust(path):
        return why
    secret = {key: value for key, value in sets.items() if row.sets.get(key) == MASK}
    try:
        found: RolloutFile = load(path, {**row.sets, **secret})
    except ConfigurationError as error:
        return f"it cannot be read: {error.faults[0].message}"
    if found.settings.name != row.name:
        return f"it is of rollout {found.settings.name!r} now"
    return "" if is_unchanged(former, found) else "it has changed since"
