"""A run of the command line: its plan shown, confirmed, run to its end, told."""

import asyncio
import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from controller import bootstrap
from controller.cli import last_words
from controller.cli.ask import TerminalQuestions
from controller.cli.bug import tell_bug
from controller.cli.confirm import Confirmation
from controller.cli.cut_off import say_cut_off
from controller.cli.deadline import ended_by
from controller.cli.narrator import Narrating, narrator_for
from controller.cli.refused import Told, told_of_refusal
from controller.cli.say import fitted_report, say, say_last, until_taken
from controller.cli.signals import Signals
from controller.config import RolloutFile
from controller.core.outcome import ExitCode
from controller.core.state.state import State
from controller.errors import LeaseLost, StateError
from controller.lifecycle import Ports, Prepared, RunOptions, next_commands
from controller.lifecycle import run as run_session
from controller.report.run.brief import brief
from controller.report.run.summary import summary
from controller.report.run.whatever_happens import lines_anyway
from controller.runner.loop import Runner
from controller.runner.notify import NoticeSender
from controller.telemetry.values import OutletOptions


@dataclass(frozen=True, slots=True)
class Given:
    """What a run was told beside what it is to do."""

    ways: OutletOptions
    notes: Sequence[str]
    yes: bool
    quiet: bool
    log_format: str
    deadline: timedelta | None


async def run_to_its_end(
    rollout: RolloutFile, run_options: RunOptions, place: bootstrap.StatePlace, given: Given
) -> int:
    name, clock = rollout.settings.name, bootstrap.clock()
    secrets = bootstrap.secrets_in(rollout)
    narrator = narrator_for(
        name, clock, given.log_format, asks=run_options.stepwise, quiet=given.quiet
    )
    if given.log_format == "json":
        bootstrap.kubernetes.tell_to(narrator.warn)
    bootstrap.tell_to(narrator.note)
    running = bootstrap.commands(place, secrets)
    notices = bootstrap.notices(rollout, running, narrator.warn, is_beginning=True)
    async with contextlib.AsyncExitStack() as stack:
        signals = stack.enter_context(Signals())
        await stack.enter_async_context(ended_by(given.deadline, clock, signals))
        stack.push_async_callback(until_taken, clock, lambda: signals.count > 0)
        stack.callback(narrator.stop)
        begun = _Begun(narrator, notices, signals)
        try:
            async with contextlib.AsyncExitStack() as told:
                await told.enter_async_context(notices)
                if given.yes:  # else somebody is at the terminal, and sees it
                    await told.enter_async_context(
                        told_of_refusal(name, notices, signals, clock, secrets)
                    )
                return await _with_state(rollout, run_options, place, given, begun)
        except Told as refused:
            return refused.code
        except asyncio.CancelledError:
            if signals.name is None:
                raise
            say_last(f"stopped ({signals.name}); nothing was touched")
            return ExitCode.STOPPED


@dataclass(frozen=True, slots=True)
class _Begun:
    """Who hears of a run once it has begun."""

    narrator: Narrating
    notices: NoticeSender
    signals: Signals

    def __call__(self, runner: Runner) -> None:
        self.signals.hand_to(runner)
        self.narrator.start()


async def _with_state(
    rollout: RolloutFile,
    run_options: RunOptions,
    place: bootstrap.StatePlace,
    given: Given,
    begun: _Begun,
) -> int:
    narrator, notices, signals = begun.narrator, begun.notices, begun.signals
    async with contextlib.aclosing(bootstrap.open_state(place, create=True)) as store:
        ports = bootstrap.ports(rollout, place, store, bootstrap.secrets_in(rollout))
        ports = replace(ports, tell=narrator.warn, show=narrator.show)
        name = rollout.settings.name
        meter = bootstrap.meter(name, given.ways, narrator.warn)
        confirm = Confirmation(
            ports,
            run_options,
            narrator,
            notices,
            meter,
            notes=given.notes,
            yes=given.yes,
            quiet=given.quiet,
        )
        try:
            async with meter, meter.told_of_refusals(name):
                ran = await run_session(
                    ports,
                    rollout,
                    run_options,
                    confirm=confirm,
                    narrators=[narrator, notices, meter],
                    questions=TerminalQuestions(),
                    on_start=begun,
                )
                narrator.stop()
                signals.over(notices.give_up)
                return _told(ran, rollout, ports, signals.runner, quiet=given.quiet)
        except (StateError, LeaseLost) as error:
            if signals.runner is None or confirm.prepared is None:
                raise
            plan, row = confirm.prepared.plan, confirm.prepared.row
            commands = next_commands(ports.folder, row, plan, signals.runner.state)
            return say_cut_off(error, plan, signals.runner.state, commands)


def _told(
    ran: tuple[Prepared, State] | None,
    rollout: RolloutFile,
    ports: Ports,
    runner: Runner | None,
    *,
    quiet: bool,
) -> int:
    """Print how the run ended, and then what was wrong with poolroll; return the exit code."""
    if ran is None:
        say_last("not started; nothing was touched")
        return ExitCode.STOPPED
    prepared, state = ran
    commands = next_commands(ports.folder, prepared.row, prepared.plan, state)

    def made() -> Sequence[str]:
        now, wall = ports.clock.now(), ports.clock.wall()
        made = brief if quiet else summary
        return made(prepared.plan, state, rollout.settings, now, wall, commands)

    lines, fault = lines_anyway(made, state, commands)
    bug = (runner.bug if runner is not None else None) or fault
    finished = state.finished
    told = () if finished is None else finished.told  # as the journal has it
    code = finished.exit_code if finished is not None else ExitCode.STOPPED
    code = ExitCode.BUG if bug is not None else code
    last_words.note(f"rollout {prepared.row.id}", *(told or lines))
    last_words.leave(code)  # who waits for notices meanwhile may be killed
    say(*fitted_report(lines))
    return tell_bug(bug) if bug is not None else code
