"""Runs a rollout: prepare, confirm, loop, and the outcome in the journal."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace

from controller.config import RolloutFile
from controller.core.outcome import ExitCode, Outcome
from controller.core.plan.plan import Plan, Purpose
from controller.core.state.state import State
from controller.core.steps import Course
from controller.journal.codec import encode
from controller.lifecycle.begin import prepare
from controller.lifecycle.changes import next_commands
from controller.lifecycle.findings import Findings
from controller.lifecycle.gates import prober_of, sampler_of
from controller.lifecycle.options import Ports, Prepared, RunOptions
from controller.ports import Hold
from controller.report.run.halt import halt_message
from controller.report.run.summary import contact
from controller.runner.loop import Runner
from controller.runner.perform import FileStep, Performer, Questions
from controller.runner.recorder import Narrator
from controller.tasks import Work


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
    plan = prepared.plan
    if prepared.is_new:
        if prepared.abandoned is not None:
            await journal.end(prepared.abandoned.id, Outcome.ABANDONED, ExitCode.STOPPED)
        await journal.begin(row, ports.clock.now(), *encode(plan))
    sampler = sampler_of(ports.sources, prepared.file, plan, row.id)
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
            _work(prepared.file, plan, row.id),
            questions,
        ),
        journal=journal,
        requests=ports.requests,
        hold=hold,
        clock=ports.clock,
        narrators=narrators,
        sampler=sampler,
        prober=prober_of(ports, prepared),
        halt_lines=_halt_lines(ports, prepared),
    )
    on_start(runner)
    try:
        state = await runner.run(prepared.first)
    finally:
        await sampler.aclose()
    finished = state.finished
    if finished is not None and finished.outcome.is_final and state.journal.is_well:
        await journal.end(row.id, finished.outcome, finished.exit_code)
    return state


def _halt_lines(ports: Ports, prepared: Prepared) -> Callable[[State], Sequence[str]]:
    settings = prepared.file.settings
    commands = next_commands(ports.folder, prepared.row, prepared.plan)

    def lines(state: State) -> Sequence[str]:
        now, wall = ports.clock.now(), ports.clock.wall()
        about = contact(settings)
        return halt_message(prepared.plan, state, now, wall, commands=commands, contact=about)

    return lines


def _work(file: RolloutFile, plan: Plan, rollout: str) -> Callable[[FileStep], Work]:
    """The work of a step, with templates filled for the member's present occupant."""
    members = {member.name: member for member in plan.members}

    def work(step: FileStep) -> Work:
        member = members[step.member]
        if step.seats:
            now = step.seats[0].occupant
            member = file.member(member.name, now.address, now.port)
        if plan.purpose is Purpose.ROLLBACK:
            return file.work(Course.ROLLBACK, member, rollout)
        whole = file.work(step.course, member, rollout)
        is_rehearsal = plan.purpose is Purpose.REHEARSAL
        return replace(whole, steps=(), guard=None) if is_rehearsal else whole

    return work
