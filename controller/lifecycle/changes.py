"""Whether the file of an unfinished rollout has changed, and the commands to continue it."""

from controller.config import SECRET_CHANGED, RolloutFile, changes, key_fault
from controller.core.plan.plan import Plan, Purpose
from controller.core.state.state import State
from controller.errors import ConfigurationError
from controller.journal.unfinished import Unfinished
from controller.lifecycle.former_file import is_unchanged
from controller.records import RolloutRow
from controller.redaction import MASK
from controller.report.run.about import NOTHING, About
from controller.report.run.next_commands import NextCommands
from controller.report.run.ways_on import after_halt
from controller.report.status.values import kept_file, rollback_values
from controller.secrets import NONE, Secrets


def differences(former: Unfinished, file: RolloutFile, secrets: Secrets = NONE) -> list[str]:
    """What has changed since the rollout began; empty when both mean the same."""
    if is_unchanged(former, file):
        return []
    shown = changes(former.row.file, former.row.sets, *file.masked_by(secrets))
    if shown == [SECRET_CHANGED]:
        shown = []
    return shown or [key_fault(former.state.fingerprint, former.key) or SECRET_CHANGED]


def next_commands(
    folder: str, row: RolloutRow, plan: Plan, state: State | None = None
) -> NextCommands:
    """The commands to continue or end a rollout. `folder`: see `ReadPorts.folder`; `state`: None
    where no process has begun it."""
    stale = _stale(row, plan) if plan.purpose is Purpose.UPGRADE else {}
    return NextCommands(
        plan.name,
        plan.purpose,
        row.path,
        row.sets,
        folder,
        stale,
        stepwise=state is not None and is_stepwise(state),
    )


def is_stepwise(state: State) -> bool:
    """Whether the process that runs it, or ran it last, asks before each member."""
    return state.run is not None and state.run.stepwise


def _stale(row: RolloutRow, plan: Plan) -> dict[str, dict[str, str]]:
    """See `NextCommands.stale`. What the upgrade did not change may be a switch for the way."""
    if not any(plan.before.values()):
        return {}
    file = kept_file(row)
    if isinstance(file, ConfigurationError):
        return {}
    now, back = file.settings.vars, rollback_values(file)
    return {
        member: {
            name: was
            for name, was in ran.items()
            if name in now.keys() & back.keys()
            and was not in (now[name], back[name])
            and MASK not in was + back[name] + now[name]
        }
        for member, ran in plan.before.items()
    }


def choices(former: Unfinished, commands: NextCommands, known: About = NOTHING) -> list[str]:
    """What to do about a halted rollout."""
    halt = former.state.halt
    why = halt.seen if halt is not None else "the reason is not known"
    ways = after_halt(former.plan, former.state, commands, known)
    if not any(commands.run_new in way for way in ways):
        ways.append(f"to start over: {commands.run_new}")
    return [f"rollout {commands.name!r} halted: {why}", *ways]
