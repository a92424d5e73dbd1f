"""What the journal knows of a rollout that has not ended, and whether its file has changed."""

from pathlib import Path

from controller.config import SECRET_CHANGED, RolloutFile, changes, fingerprint, load, masked, parse
from controller.core.plan.plan import Plan
from controller.errors import ConfigurationError, Refused
from controller.journal.unfinished import Unfinished
from controller.lifecycle.options import World
from controller.records import RolloutRow
from controller.report.run.next_commands import Onward, ways_on


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
    kept = without_secrets(row)
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


def without_secrets(row: RolloutRow) -> RolloutFile:
    """The rollout file as the journal has it. Raises ConfigurationError where another version of
    poolroll understood it."""
    return parse(row.file, row.path, row.sets)


def onward(world: World, row: RolloutRow, plan: Plan) -> Onward:
    """The commands with which an operator goes on."""
    return onward_in(world.folder, row, plan)


def onward_in(folder: str, row: RolloutRow, plan: Plan) -> Onward:
    """`folder`: see `World.folder`."""
    return Onward(plan.name, plan.purpose, row.path, row.sets, folder)


def choices(former: Unfinished, onward: Onward) -> list[str]:
    """What to do about a halted rollout."""
    halt = former.state.halt
    why = halt.seen if halt is not None else "why is not known"
    return [
        f"rollout {onward.name!r} halted: {why}",
        *ways_on(former.plan, former.state, onward),
        f"to start over: {onward.run_anew}",
    ]
