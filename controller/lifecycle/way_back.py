"""`rollback FILE`: which members have something to go back from, and to which version they go.

`rollback.vars` is written by hand and grows stale. Where the journal knows what a member ran before
the upgrade, and the file says otherwise, the rollback is refused until somebody has decided.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Final

from controller.config import RolloutFile, parse
from controller.errors import ConfigurationError
from controller.lifecycle.past import Before, Past
from controller.ports import Journal
from controller.redaction import MASK
from controller.report.status.values import rollback_values, values_text
from controller.report.words import names

LOOKED_AT: Final = 50
"""Rollouts of the past, newest first: one that upgraded something is among them, or long gone."""


@dataclass(frozen=True, slots=True)
class WayBack:
    """What the journal knows about the upgrade to be undone."""

    upgraded: Collection[str] | None = None
    """Members that it upgraded, or may have, and that are not back yet; None: the journal knows
    of no upgrade."""
    notes: tuple[str, ...] = ()
    refusals: tuple[str, ...] = ()


async def way_back(
    journal: Journal | None, file: RolloutFile, only: Collection[str] = ()
) -> WayBack:
    """Of the newest upgrade of that name, ended or not. `only`: the members that are meant; all,
    where it is empty."""
    goes_to = _goes_to(file)
    notes = [f"goes back to {values_text(goes_to)}, as `rollback` in the file says"] * bool(goes_to)
    if journal is None:
        return WayBack(None, tuple(notes))
    past = Past(goes_to)
    for row in await journal.rollouts(file.settings.name, LOOKED_AT):
        if await past.add(row, journal):
            break
    notes += past.faults
    refusals = []
    for before, members in past.before(only).items():
        ran = f"{names(members)} ran {_shown(before)} before this upgrade (rollout {before.id})"
        stale = _stale(file, goes_to, before)
        said = {name: goes_to[name] for name in stale}
        if not stale:
            notes.append(ran)
        elif all(file.sets.get(name) == value for name, value in said.items()):
            notes.append(f"{ran}; --set confirms {values_text(said)}")
        else:
            refusals.append(_refusal(file, ran, said))
    return WayBack(past.upgraded, tuple(notes), tuple(refusals))


def _goes_to(file: RolloutFile) -> Mapping[str, str]:
    """What `rollback.vars` says, secrets masked as the journal has them."""
    text, sets = file.masked
    try:
        return rollback_values(parse(text, str(file.path), sets))
    except ConfigurationError:
        return dict.fromkeys(rollback_values(file), MASK)


def _stale(file: RolloutFile, goes_to: Mapping[str, str], before: Before) -> list[str]:
    """Variables that the upgrade changed, and that `rollback` would give another value than the
    one before. What it did not change may well be a switch for the way back."""
    known = file.settings.vars
    return [
        name
        for name, was in before.changed
        if name in known and goes_to.get(name, was) != was and MASK not in was + goes_to[name]
    ]


def _shown(before: Before) -> str:
    return values_text(dict(before.changed))


def _refusal(file: RolloutFile, ran: str, said: Mapping[str, str]) -> str:
    confirmed = " ".join(f"--set {quote(f'{name}={value}')}" for name, value in said.items())
    return (
        f"`rollback.vars` in {file.path} says {values_text(said)}, but {ran}: correct it; or, if "
        f"{values_text(said)} is meant, say so with {confirmed}"
    )
