"""What the journal knows of a rollout that has not ended, and whether its file has changed."""

from pathlib import Path

from controller.config import SECRET_CHANGED, RolloutFile, changes, fingerprint, load, masked, parse
from controller.core.plan import Plan
from controller.errors import ConfigurationError, Refused
from controller.ports import Journal, RolloutRow
from controller.report.onward import Onward
from controller.runner.replay import replay
from controller.session.values import Unfinished, World


def unfinished(journal: Journal, name: str) -> Unfinished | None:
    """What there is to go on with. Raises StateError."""
    row = journal.latest(name)
    if row is None or row.outcome is not None:
        return None
    records = journal.records(row.id)
    if not records:  # killed between its row and its plan: nothing was touched
        return None
    plan, state = replay(records)
    return Unfinished(row, plan, state)


def differences(former: Unfinished, file: RolloutFile) -> list[str]:
    """What has changed since the rollout was begun; empty when both mean the same."""
    if fingerprint(file.text, file.sets, former.row.id) == former.state.fingerprint:
        return []
    shown = changes(former.row.file, former.row.sets, *masked(file.text, file.sets))
    return shown or [SECRET_CHANGED]


def as_it_was_run(former: Unfinished) -> RolloutFile:
    """The rollout file of a rollout, secrets included: from its path where there are any.

    Raises Refused when that file is not what was run any more.
    """
    row = former.row
    kept = without_secrets(former)
    if fingerprint(row.file, row.sets, row.id) == former.state.fingerprint:
        return kept
    try:
        there = load(Path(row.path), row.sets)
    except ConfigurationError:
        there = kept
    if fingerprint(there.text, there.sets, row.id) == former.state.fingerprint:
        return there
    raise Refused(
        f"the rollout file holds secrets, which the journal does not keep, and {row.path} is not "
        "what was run any more: put it back, or abort without --restore"
    )


def without_secrets(former: Unfinished) -> RolloutFile:
    """The rollout file as the journal has it."""
    return parse(former.row.file, former.row.path, former.row.sets)


def onward(world: World, row: RolloutRow, plan: Plan) -> Onward:
    """The commands with which an operator goes on."""
    return Onward(plan.name, plan.purpose, row.path, row.sets, world.folder)


def ways_on(onward: Onward, seen: str) -> list[str]:
    """What to do about a halted rollout."""
    return [
        f"rollout {onward.name!r} halted: {seen}",
        f"to go on:      {onward.resume}, then {onward.run}",
        f"to end it:     {onward.abort}   (--restore also puts back what passes its validation)",
        f"to start over: {onward.run_anew}",
    ]
