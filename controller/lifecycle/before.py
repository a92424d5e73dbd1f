"""What members run before a rollout, as far as earlier rollouts of its name say."""

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from controller.config import RolloutFile
from controller.core.phases import UPGRADED
from controller.core.plan.marks import UNKNOWN, PoolMarks
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool.copies import replace
from controller.core.state.parts import MemberState
from controller.core.steps import Course
from controller.errors import ConfigurationError, StateError
from controller.journal.of_pool import rollouts_of
from controller.journal.replay import replay
from controller.lifecycle.findings import Findings
from controller.ports import Journal
from controller.redaction import MASK
from controller.report.status.values import kept_file, rollback_values, values, values_text

LOOKED_AT: Final = 5
"""Rollouts of the past, newest first; who came to the end of none of them is not known."""


async def run_before(
    journal: Journal | None, name: str, members: Collection[str], marks: PoolMarks = UNKNOWN
) -> dict[str, Mapping[str, str]]:
    """Member → the variables of the newest rollout that ended well for it. Raises StateError."""
    found: dict[str, Mapping[str, str]] = {}
    rows = () if journal is None else await rollouts_of(journal, name, marks, LOOKED_AT)
    for row in rows:
        assert journal is not None, "rows of no journal"
        try:
            plan, state = replay(await journal.records(row.id))
        except StateError:
            return found  # what it did is not known, so nothing older counts
        if plan.purpose is not Purpose.REHEARSAL:
            file = kept_file(row)
            ran = values(row, file, plan)
            back = {} if isinstance(file, ConfigurationError) else rollback_values(file)
            for m in state.members.values():
                if m.phase in UPGRADED and m.name in members:
                    found.setdefault(m.name, {**ran, **_instead(plan, m, back)})
        if found.keys() >= set(members):
            break
    return found


def _instead(plan: Plan, m: MemberState, back: Mapping[str, str]) -> Mapping[str, str]:
    """Values of one that is not there with those of the rollout itself."""
    if m.progress.as_before:
        return plan.before.get(m.name, {})
    return back if m.progress.course is Course.ROLLBACK else {}


async def look_before(
    seen: Findings,
    journal: Journal | None,
    file: RolloutFile,
    purpose: Purpose,
    marks: PoolMarks = UNKNOWN,
) -> None:
    """What the members run now, for whoever reads the plan, and for the plan itself if it is a new
    one: such a member may come back after an abort. Raises StateError."""
    if seen.whole is None:
        return
    names = [one.name for one in seen.whole.members]
    ran = await run_before(journal, file.settings.name, names, marks)
    if seen.left is not None and purpose is Purpose.UPGRADE:
        seen.before = {one.name: ran[one.name] for one in seen.left.members if one.name in ran}
        seen.notes += stale_way_back(file, seen.before)
    if seen.former is None:
        seen.whole = replace(seen.whole, before=as_neither(file, purpose, ran))


def as_neither(
    file: RolloutFile, purpose: Purpose, ran: Mapping[str, Mapping[str, str]]
) -> dict[str, dict[str, str]]:
    """Member → the values that make what it ran another version than each that this rollout may
    validate it as; none where it is one of them. The journal has no secrets: they are taken to be
    the present ones."""
    now = file.settings.vars
    back = {**now, **rollback_values(file)}
    ways = [back] if purpose is Purpose.ROLLBACK else [now, *[back] * file.has_rollback]
    return {member: _as_neither(values, now, ways) for member, values in ran.items()}


def _as_neither(
    ran: Mapping[str, str], now: Mapping[str, str], ways: Sequence[Mapping[str, str]]
) -> dict[str, str]:
    known = {name: value for name, value in ran.items() if name in now and MASK not in value}
    if {**now, **known} in ways:
        return {}
    return {
        name: value
        for name, value in known.items()
        if any(value != way[name] for way in (now, *ways))
    }


def stale_way_back(file: RolloutFile, before: Mapping[str, Mapping[str, str]]) -> list[str]:
    """That `rollback` goes to another version than the members run before, in words. What the
    upgrade does not change may well be a switch for the way back."""
    notes, goes_to = [], file.settings.vars
    for name, back in rollback_values(file).items():
        ran = {one[name] for one in before.values() if name in one}
        is_changed = name in goes_to and ran and goes_to[name] not in ran
        if is_changed and back not in ran and MASK not in ran:
            now = " or ".join(values_text({name: one}) for one in sorted(ran))
            notes.append(f"`rollback.vars` says {values_text({name: back})}, but now it is {now}")
    return notes
