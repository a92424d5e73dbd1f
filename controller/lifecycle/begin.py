"""Begins a run, up to the point where something could be touched: a new rollout, or an unfinished
one."""

from dataclasses import replace
from secrets import token_hex

from controller.config import KEYED, RolloutFile, fingerprint, notices_fingerprint
from controller.core.events import (
    Answer,
    Event,
    FileKept,
    MemberInherited,
    MemberLeft,
    ResumeRequested,
    RunBegan,
)
from controller.core.plan.plan import Plan
from controller.core.state.state import initial
from controller.errors import Refused, WindowClosed
from controller.journal.unfinished import Unfinished, complete
from controller.lifecycle.findings import Findings
from controller.lifecycle.options import JournalPorts, Ports, Prepared, RunOptions
from controller.lifecycle.preflight import preflight
from controller.lifecycle.required import lacking, told
from controller.lifecycle.resume import scope
from controller.ports import Hold
from controller.records import RolloutRow
from controller.report.alike import reasons_in_short
from controller.runner.watchers import heard


async def prepare(
    ports: Ports, hold: Hold, file: RolloutFile, options: RunOptions
) -> tuple[Prepared, Findings]:
    """Inside the lock on the name: run the preflight, and decide how to begin.

    Raises Refused, PoolHeld, ConfigurationError, UsageFault, StateError, LeaseLost.
    """
    await complete(ports.journal, file.settings.name)
    seen = await preflight(ports, file, options, hold)
    state = seen.former.state if seen.former is not None else None
    options = replace(
        options,
        reason=told(options.reason, state, "reason"),
        ticket=told(options.ticket, state, "ticket"),
    )
    refusals = [*lacking(file, options.reason, options.ticket), *seen.refusals]
    if seen.closed and refusals == [seen.closed]:
        raise WindowClosed(seen.closed)
    if refusals:
        raise Refused(*reasons_in_short(refusals, seen.called, is_verbose=options.is_verbose))
    if seen.former is not None:
        resumed = _resumed(ports, file, options, seen, seen.former)
        return replace(resumed, timetable=seen.timetable), seen
    assert seen.whole is not None, "neither refused nor planned"
    key = await ports.journal.key()
    begun = _begun(ports, file, options, seen, seen.whole, key)
    return replace(begun, timetable=seen.timetable), seen


def _begun(
    ports: Ports, file: RolloutFile, options: RunOptions, seen: Findings, plan: Plan, key: bytes
) -> Prepared:
    row = _row(ports, file)
    names = {member.name for member in plan.members}
    ours = seen.survey.ours if seen.survey is not None else {}
    inherited = [MemberInherited(name, how) for name, how in ours.items() if name in names]
    first: tuple[Event, ...] = (
        FileKept(*(make(file, row.id, key, KEYED) for make in (fingerprint, notices_fingerprint))),
        *inherited,
        began(ports, plan, options),
        *(_skipped(name, seen) for name in seen.skipped),
    )
    abandoned = seen.abandoned.row if seen.abandoned is not None else None
    return Prepared(row, plan, initial(plan), first, file, is_new=True, abandoned=abandoned)


def _skipped(name: str, seen: Findings) -> MemberLeft:
    """It was asked a moment ago: it is not waited for once more."""
    answer, said = seen.unless.get(name, (None, ""))
    if answer is not Answer.UNREACHED:
        said = seen.replies[name][1]
    return MemberLeft(name, f"not reached: {said}", is_unreached=True)


def _resumed(
    ports: Ports, file: RolloutFile, options: RunOptions, seen: Findings, former: Unfinished
) -> Prepared:
    # The run begins first: a request then acts on it, an abort too.
    first: list[Event] = [began(ports, former.plan, options), *map(heard, seen.pending)]
    notices = notices_fingerprint(file, former.row.id, former.key, former.state.notices or KEYED)
    if notices != former.state.notices:  # it may be told otherwise from now on
        first.append(FileKept(former.state.fingerprint, notices))
    if (halt := seen.overridden) is not None:
        reason = options.overrides[halt.gate or ""]
        first.append(ResumeRequested(ports.by, f"override of gate {halt.gate!r}: {reason}"))
    if seen.is_resumed:
        first.append(ResumeRequested(ports.by, "`resume_policy: resume`"))
    return Prepared(
        former.row, former.plan, former.state, tuple(first), file, is_new=False, abandoned=None
    )


def _row(ports: Ports, file: RolloutFile) -> RolloutRow:
    """The journal keeps the file without its secrets (S12)."""
    wall = ports.clock.wall()
    name = file.settings.name
    text, sets = file.masked_by(ports.secrets)
    return RolloutRow(
        id=f"{name}-{wall:%Y%m%d-%H%M%S}-{token_hex(2)}",
        name=name,
        file=text,
        path=str(file.path.absolute()),
        sets=sets,
        started=wall,
        by=ports.by,
    )


def began(ports: JournalPorts, plan: Plan, options: RunOptions) -> RunBegan:
    """Raises Refused where the command line leaves no member to touch."""
    only = scope(plan, options)
    overrides = dict(options.overrides)
    return RunBegan(
        ports.by,
        only,
        options.stepwise,
        overrides,
        reason=options.reason,
        ticket=options.ticket,
        ignores_windows=options.ignores_windows,
        wall=None if plan.policies.outage is None else ports.clock.wall(),
    )
