"""`rollback FILE`: which members have something to go back from, and to which version they go.

`rollback.vars` is written by hand and grows stale. Where the journal knows what a member ran before
the upgrade, and the file says otherwise, the rollback is refused until somebody has decided.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from shlex import quote
from typing import Final

from controller.config import RolloutFile, parse
from controller.core.plan.marks import UNKNOWN, PoolMarks
from controller.errors import ConfigurationError
from controller.journal.of_pool import rollouts_of
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
    journal: Journal | None,
    file: RolloutFile,
    only: Collection[str] = (),
    *,
    is_of_all: bool = False,
    marks: PoolMarks = UNKNOWN,
) -> WayBack:
    """Of the newest upgrade of that name and pool, ended or not. `only`: the members that are
    meant; all, where it is empty. `is_of_all`: whoever was upgraded, and to what the file says."""
    goes_to = _goes_to(file)
    notes = [f"goes back to {values_text(goes_to)}, as `rollback` in the file says"] * bool(goes_to)
    if journal is None:
        return WayBack(None, tuple(notes))
    past = Past(goes_to)
    for row in await rollouts_of(journal, file.settings.name, marks, LOOKED_AT):
        if await past.add(row, journal):
            break
    notes += past.faults
    refusals = _beyond(past, only)
    for before, members in past.before(only).items():
        ran = f"{names(members)} ran {_shown(before)} before this upgrade (rollout {before.id})"
        stale = _stale(file, goes_to, before)
        said = {name: goes_to[name] for name in stale}
        if not stale:
            notes.append(ran)
        elif is_of_all:
            notes.append(f"{ran}; --all goes to {values_text(said)} all the same")
        elif all(file.sets.get(name) == value for name, value in said.items()):
            notes.append(f"{ran}; --set confirms {values_text(said)}")
        else:
            was = {name: value for name, value in before.changed if name in said}
            refusals.append(_refusal(file, ran, said, was))
    upgraded = None if is_of_all else past.upgraded
    return WayBack(upgraded, tuple(notes), tuple(refusals))


def _beyond(past: Past, only: Collection[str]) -> list[str]:
    those = [name for name in past.upgraded or () if name in past.beyond]
    if not (those := [name for name in those if not only or name in only]):
        return []
    are = "is" if len(those) == 1 else "are"
    return [
        f"{names(those)} {are} past the point of no return: the upgrade has begun a step that is "
        "`reversible: false`; bring them back by hand, or roll others back with --only"
    ]


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


def _refusal(file: RolloutFile, ran: str, said: Mapping[str, str], was: Mapping[str, str]) -> str:
    confirmed = " ".join(f"--set {quote(f'{name}={value}')}" for name, value in said.items())
    return (
        f"`rollback.vars` in {file.path} says {values_text(said)}, but {ran}: write "
        f"{values_text(was)} there, which --set does not do; or, if {values_text(said)} is meant, "
        f"say so with {confirmed}, or with --all for every member"
    )
