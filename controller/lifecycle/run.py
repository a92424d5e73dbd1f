"""Runs a rollout: prepare, confirm, loop, and the outcome in the journal."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final, Protocol

from controller.config import RolloutFile
from controller.config.snapshots import keep_of
from controller.core.events import JournalSeen
from controller.core.outcome import ExitCode, Outcome
from controller.core.pool import Member
from controller.core.pool.copies import replace
from controller.core.state.observe import flowed
from controller.core.state.state import State, initial
from controller.core.steps import RunStep
from controller.errors import LeaseLost, StateError
from controller.journal.codec import encode
from controller.journal.digest import Digest, digest_from, folded
from controller.journal.masked import masked_plan
from controller.lifecycle.begin import prepare
from controller.lifecycle.changes import is_stepwise, next_commands
from controller.lifecycle.early_halt import EarlyHalt
from controller.lifecycle.findings import Findings
from controller.lifecycle.gates import prober_of, sampler_of
from controller.lifecycle.options import Ports, Prepared, RunOptions
from controller.lifecycle.snapshots import drop_expired
from controller.lifecycle.work import meant, member_judged, work_of
from controller.ports import Hold
from controller.records import Record, RolloutRow
from controller.report.run.about import about
from controller.report.run.halt import halt_message
from controller.report.run.whatever_happens import lines_anyway
from controller.report.status.values import values
from controller.runner.keeper import Keeper
from controller.runner.loop import Runner
from controller.runner.patience import Overdue, within
from controller.runner.perform import Performer, Questions
from controller.runner.recorder import Narrator
from controller.runner.sampler import Sampler
from controller.runner.saving import Saving
from controller.runner.window_watch import WindowWatch

LAST: Final = timedelta(seconds=10)
"""For each last word to what may hang, once the rollout is over."""


async def run(
    ports: Ports,
    file: RolloutFile,
    options: RunOptions,
    *,
    confirm: Callable[[Prepared, Findings], Awaitable[bool]],
    narrators: Sequence[Narrator],
    questions: Questions | None,
    on_start: Callable[[Runner], None],
) -> tuple[Prepared, State] | None:
    """The whole of `poolroll run`; None when the operator said no. Raises as `prepare` does."""
    async with ports.lock.hold(file.settings.name) as hold:
        prepared, seen = await prepare(ports, hold, file, options)
        if not await confirm(prepared, seen):
            return None
        if prepared.is_new:
            await drop_expired(ports, file, ports.tell, stops_early=True)
            prepared = replace(prepared, state=flowed(prepared.state, seen.watched))
        return prepared, await carry_out(ports, hold, prepared, narrators, questions, on_start)


async def carry_out(
    ports: Ports,
    hold: Hold,
    prepared: Prepared,
    narrators: Sequence[Narrator],
    questions: Questions | None,
    on_start: Callable[[Runner], None],
) -> State:
    """Run until finished, and record the outcome in the journal."""
    row, journal = prepared.row, ports.journal
    plan, first = prepared.plan, None
    if prepared.is_new:
        if prepared.abandoned is not None:
            await journal.end(prepared.abandoned.id, Outcome.ABANDONED, ExitCode.STOPPED)
        kept = masked_plan(plan, ports.secrets)
        first = await journal.begin(row, ports.clock.now(), *encode(kept))
    keeper = await _keeper(ports, prepared, first)

    halt_lines = _halt_lines(ports, prepared)
    early = EarlyHalt(
        ports.clock, lambda state: halt_lines(state, runner.broke, is_early=True), ports.show
    )

    def who(name: str) -> Member:
        return member_judged(prepared.file, plan, runner.state, name)

    watch = WindowWatch(prepared.timetable, ports.clock) if prepared.timetable else None
    sampler = sampler_of(ports.sources, prepared.file, who, row.id)
    runner = Runner(
        row.id,
        plan,
        prepared.state,
        balancer=ports.balancer,
        performer=Performer(
            row.id,
            ports.balancer,
            ports.tasks,
            ports.validator,
            work_of(prepared.file, plan, row.id),
            questions,
            _saving(ports, prepared),
        ),
        journal=journal,
        requests=ports.requests,
        hold=hold,
        clock=ports.clock,
        narrators=(*narrators, early, *([] if watch is None else [watch])),
        sampler=sampler,
        prober=prober_of(ports, prepared, who),
        halt_lines=lambda state: halt_lines(state, runner.broke),
        secrets=ports.secrets,
        keeper=keeper,
        windows=None if watch is None else watch.seen,
    )
    on_start(runner)
    try:
        state = await runner.run(prepared.first)
    finally:
        await _closed(sampler, runner)
    return await _ended(ports, row, runner, state)


def _saving(ports: Ports, prepared: Prepared) -> Saving | None:
    file, plan, row = prepared.file, prepared.plan, prepared.row
    if file.rollout.snapshot is None:
        return None

    def who(step: RunStep) -> Member:
        return meant(file, plan, step)

    return Saving(row.name, row.id, ports.journal, ports.clock, ports.by, who, keep_of(file))


async def _keeper(ports: Ports, prepared: Prepared, first: Record | None) -> Keeper:
    """`first`: the record with which a new rollout has begun."""
    row, plan, journal = prepared.row, prepared.plan, ports.journal
    if first is None:
        return Keeper(journal, plan, prepared.state, await digest_from(journal, row))
    known = values(row, prepared.file, plan)
    masked = {name: ports.secrets.masked(text) for name, text in known.items()}
    return Keeper(journal, plan, initial(plan), folded(Digest(values=masked), first))


async def _closed(sampler: Sampler, runner: Runner) -> None:
    """The outcome stands, whatever happens here."""
    try:
        await within(LAST, sampler.aclose())
    except Exception as error:  # noqa: BLE001 - a bug, whatever it is
        runner.broke(error, "while metrics servers were left")


async def _ended(ports: Ports, row: RolloutRow, runner: Runner, state: State) -> State:
    """With the outcome in the journal, if that takes it; else the state says so."""
    finished = state.finished
    if finished is None or not finished.outcome.is_final or state.journal.is_unwritten:
        return state
    try:
        end = ports.journal.end(row.id, finished.outcome, finished.exit_code)
        await within(LAST, end)
    except (StateError, LeaseLost, Overdue) as error:  # the next run notes it then
        fault = JournalSeen(fault=str(error), is_unwritten=True)
        return replace(state, journal=fault.after(state.journal))
    except Exception as error:  # noqa: BLE001 - a bug, whatever it is
        runner.broke(error, "while the journal took the outcome")
    return state


class _Lines(Protocol):
    def __call__(
        self, state: State, broke: Callable[[BaseException, str], None], *, is_early: bool = False
    ) -> Sequence[str]: ...


def _halt_lines(ports: Ports, prepared: Prepared) -> _Lines:
    known = about(prepared.file.settings, prepared.plan)
    begun = next_commands(ports.folder, prepared.row, prepared.plan)

    def lines(
        state: State, broke: Callable[[BaseException, str], None], *, is_early: bool = False
    ) -> Sequence[str]:
        commands = replace(begun, stepwise=is_stepwise(state))

        def made() -> Sequence[str]:
            now, wall = ports.clock.now(), ports.clock.wall()
            plan = prepared.plan
            return halt_message(
                plan, state, now, wall, commands=commands, about=known, is_early=is_early
            )

        told, error = lines_anyway(made, state, commands)
        if error is not None:
            broke(error, "in the lines of the halt")
        return told

    return lines
