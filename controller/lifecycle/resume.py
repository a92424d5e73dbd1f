"""Whether a run resumes an unfinished rollout, and the reasons to refuse it."""

from collections.abc import Sequence
from typing import Final

from controller.config import RolloutFile, key_fault
from controller.core.events import Halted
from controller.core.outcome import Outcome
from controller.core.plan.plan import Plan, Purpose
from controller.errors import Refused
from controller.journal.unfinished import Unfinished
from controller.lifecycle.changes import differences
from controller.lifecycle.options import RunOptions
from controller.ports import Requests
from controller.records import Request, Verb
from controller.report.run.next_commands import NextCommands
from controller.secrets import NONE, Secrets

DECISIONS: Final = frozenset({Verb.RESUME, Verb.ABORT, Verb.ABORT_RESTORE})
"""Requests that decide about a halted rollout."""

SETS: Final = "--set "
"""Begins a difference between two command lines."""


def goes_on(commands: NextCommands, former: Unfinished, options: RunOptions) -> bool:
    """Whether the run resumes the unfinished rollout. `--new` and `rollback` abandon it, unless one
    of its steps may still be running: that must be joined, never doubled (S7). One that was killed
    before the first record after its plan has touched nothing, and is planned anew. Raises
    Refused."""
    name, purpose = former.plan.name, former.plan.purpose
    if former.state.run is None and not former.state.fingerprint:
        return False
    is_abandoned = options.new or (options.purpose is Purpose.ROLLBACK is not purpose)
    if is_abandoned:
        busy = [m.name for m in former.state.members.values() if m.progress.unfinished]
        if busy:
            raise Refused(
                f"a step of rollout {name!r} may still be running on {', '.join(busy)}: go on with "
                f"it first ({commands.run}), or end it: {commands.abort}"
            )
        return False
    if options.purpose is not purpose:
        raise Refused(
            f"there is an unfinished {purpose} of {name!r}: "
            f"go on with it: {commands.run}; or end it: {commands.abort_and_restore}"
        )
    return True


def refuse_changes(
    commands: NextCommands, former: Unfinished, file: RolloutFile, secrets: Secrets = NONE
) -> None:
    """Raises Refused, with the difference, when the file has changed since the rollout began."""
    if changed := differences(former, file, secrets):
        if changed == [fault := key_fault(former.state.fingerprint, former.key)]:
            raise Refused(
                f"rollout {former.plan.name!r} is unfinished, and {fault}",
                f"start over with --new; or: {commands.abort}",
            )
        is_file = not all(line.startswith(SETS) for line in changed)
        what = (
            "the rollout file has changed since it began" if is_file else "began with another --set"
        )
        mend = ", restore the file" if is_file else ""
        raise Refused(
            f"rollout {former.plan.name!r} is unfinished, and {what}:",
            *changed,
            f"to go on with it{mend}: {commands.run}; or start over with --new; or: "
            f"{commands.abort}",
        )


async def unheard(former: Unfinished, requests: Requests) -> Sequence[Request]:
    """Requests of the operator that no run has acted on yet. Raises StateError."""
    return await requests.pending(former.row.id, former.state.heard)


def refuse_to_double(
    commands: NextCommands, former: Unfinished, pending: Sequence[Request]
) -> None:
    """Raises Refused when a step may still run where it cannot be joined, and the operator has not
    been asked: `resume` is the answer (S7)."""
    if _is_decided(pending):
        return
    members = former.state.members.values()
    busy = [f"{m.name}: {m.progress.may_run}" for m in members if m.progress.may_run]
    if busy:
        raise Refused(*busy, f"look there first; once nothing of it runs: {commands.resume}")


def undecided(former: Unfinished, pending: Sequence[Request]) -> Halted | None:
    """The halt that no operator has decided on yet, if any."""
    if not former.state.awaits_decision or _is_decided(pending):
        return None
    return former.state.halt


def refuse_held(commands: NextCommands, former: Unfinished, pending: Sequence[Request]) -> None:
    """Under `resume_policy: hold`, raises Refused where a crash or a stop cut the rollout off, and
    the operator has not decided yet. One that did all that its run was limited to goes on."""
    over = former.state.finished
    if (over is not None and over.outcome is not Outcome.STOPPED) or _is_decided(pending):
        return
    how = "was cut off" if over is None else f"was stopped ({over.why})"
    raise Refused(
        f"rollout {commands.name!r} {how}, and `resume_policy: hold` leaves it to an operator: to "
        f"go on: {commands.resume}, then {commands.run}; to end it: {commands.abort}"
    )


def _is_decided(pending: Sequence[Request]) -> bool:
    return any(one.verb in DECISIONS for one in pending)


def scope(plan: Plan, options: RunOptions) -> tuple[str, ...]:
    """The members that the command line limits a run to; empty: all. Raises Refused where none of
    them could be touched: that must never be read as "all"."""
    if options.only:
        there = [member.name for member in plan.members]
        unknown = [name for name in options.only if name not in there and name not in plan.left]
        if unknown:
            raise Refused(
                f"--only {unknown[0]!r} is not a member of this rollout; they are: "
                + ", ".join(there)
            )
        if not set(options.only) & set(there):
            raise Refused(f"--only: no member is left to touch: {_left(plan)}")
        return options.only
    if options.canaries_only and not plan.canaries:
        raise Refused(f"--canaries-only: every canary was left out: {_left(plan)}")
    return plan.canaries if options.canaries_only else ()


def _left(plan: Plan) -> str:
    return "; ".join(f"{name} {how}" for name, how in plan.left.items())
