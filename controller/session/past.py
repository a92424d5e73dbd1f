"""What the journal knows of a rollout that has not ended, and whether its file has changed."""

from pathlib import Path

from controller.config import SECRET_CHANGED, RolloutFile, changes, fingerprint, load, masked, parse
from controller.core.plan import Plan
from controller.errors import ConfigurationError, Refused
from controller.ports import Journal, RolloutRow
from controller.report.onward import Onward, ways_on
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
