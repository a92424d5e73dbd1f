"""Whether the file of an unfinished rollout has changed, and the commands to continue it."""

from dataclasses import dataclass

from controller.config import (
    SECRET_CHANGED,
    RolloutFile,
    changes,
    fingerprint,
    parse,
    reload,
)
from controller.core.plan.plan import Plan
from controller.errors import ConfigurationError, Refused
from controller.journal.unfinished import Unfinished
from controller.records import RolloutRow
from controller.report.run.next_commands import NextCommands, after_halt


@dataclass(frozen=True, slots=True)
class FormerFile:
    """The rollout file of a rollout that has begun."""

    kept: RolloutFile
    """As the journal has it, without its secrets."""
    now: RolloutFile | ConfigurationError
    """As it is at its path now, or what is wrong with it."""


def former_file(row: RolloutRow) -> FormerFile:
    """Raises ConfigurationError where this version of poolroll cannot read the kept file."""
    kept = parse(row.file, row.path, row.sets)
    try:
        return FormerFile(kept, reload(kept))
    except ConfigurationError as error:
        return FormerFile(kept, error)


def as_it_was_run(former: Unfinished, file: FormerFile) -> RolloutFile:
    """The rollout file of a rollout, with its secrets, which are read again from its path.

    Raises Refused when the file there has changed since the run.
    """
    for one in (file.kept, file.now):
        if isinstance(one, RolloutFile) and _is_unchanged(former, one):
            return one
    raise Refused(
        f"the rollout file has secrets, which the journal does not keep, and {former.row.path} has "
        "changed since the run: restore that file, or abort without --restore"
    )


def differences(former: Unfinished, file: RolloutFile) -> list[str]:
    """What has changed since the rollout began; empty when both mean the same."""
    if _is_unchanged(former, file):
        return []
    return changes(former.row.file, former.row.sets, *file.masked) or [SECRET_CHANGED]


def _is_unchanged(former: Unfinished, file: RolloutFile) -> bool:
    return fingerprint(file, former.row.id) == former.state.fingerprint


def next_commands(folder: str, row: RolloutRow, plan: Plan) -> NextCommands:
    """The commands to continue or end a rollout. `folder`: see `ReadPorts.folder`."""
    return NextCommands(plan.name, plan.purpose, row.path, row.sets, folder)


def choices(former: Unfinished, commands: NextCommands) -> list[str]:
    """What to do about a halted rollout."""
    halt = former.state.halt
    why = halt.seen if halt is not None else "the reason is not known"
    return [
        f"rollout {commands.name!r} halted: {why}",
        *after_halt(former.plan, former.state, commands),
        f"to start over: {commands.run_new}",
    ]
