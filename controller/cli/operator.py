"""`pause`, `resume`, `abort`: requests to a rollout that runs in another process, or to none."""

import sys
from collections.abc import Sequence
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any, Final

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.ask import ask, is_terminal
from controller.cli.bug import tell_bug
from controller.cli.cut_off import say_cut_off
from controller.cli.fit import keep_secret
from controller.cli.loaded import load_the_rest
from controller.cli.log import LogNarrator
from controller.cli.opened import Opened, open_unfinished, over_already, read_again
from controller.cli.say import fitted_report, say
from controller.cli.show import show
from controller.cli.signals import Signals
from controller.config import RolloutFile
from controller.core.outcome import ExitCode
from controller.core.settings import Settings
from controller.core.state.state import State
from controller.errors import (
    ConfigurationError,
    LeaseLost,
    PoolHeld,
    Refused,
    StateError,
    UsageFault,
)
from controller.journal.heard import hears
from controller.lifecycle import (
    FormerFile,
    Unfinished,
    abort_at_rest,
    abort_from_journal,
    as_it_was_run,
    file_of_pool,
    former_file,
    look_once,
    next_commands,
    patience,
    refuse_other_notices,
    unfinished,
)
from controller.ports import Commands, Hold, Journal
from controller.records import Request, Verb
from controller.report.members.placement import PoolView
from controller.report.run.notices import RolloutNotices
from controller.report.run.paused import what_a_pause_does
from controller.report.run.summary import summary
from controller.report.status.value import looked_at
from controller.runner.notify import NoticeSender
from controller.runner.recorder import Narrator
from controller.secrets import Secrets
from controller.telemetry.measure import Subject
from controller.telemetry.values import OutletOptions

HEARD_WITHIN: Final = timedelta(seconds=5)
NO_TIME: Final = timedelta(0)
LOOK_EVERY: Final = timedelta(milliseconds=20)


@click.command()
@click.argument("name")
@options.option("--reason", metavar="TEXT", default="", help="The reason; kept in the journal.")
@options.yes
@options.state
def pause(name: str, reason: str, state: str | None) -> None:
    """Finish the members in progress, and start no further one."""
    bootstrap.run(_ask(name, state, Verb.PAUSE, reason.strip()))


@click.command()
@click.argument("name")
@options.option("--reason", metavar="TEXT", required=True, help="The reason; kept in the journal.")
@options.option("--yes", is_flag=True, help="Do not ask whether a failed step still runs.")
@options.state
def resume(name: str, reason: str, yes: bool, state: str | None) -> None:
    """Continue after a pause. After a halt, allow the next `run` to continue."""
    if not reason.strip():
        raise UsageFault("resume --reason: give a reason; it is kept in the journal")
    bootstrap.run(_resume(name, state, reason, yes=yes))


@click.command()
@click.argument("name")
@options.option("--restore", is_flag=True, help="Put back what is out and passes its validation.")
@options.yes
@options.telemetry
@options.state
@options.log_format
def abort(name: str, restore: bool, log_format: str, **given: Any) -> None:
    """End the rollout NAME for good."""
    sys.exit(bootstrap.run(_abort(name, restore, log_format, given)))


async def _ask(name: str, state: str | None, verb: Verb, reason: str) -> None:
    async with open_unfinished(name, state) as opened:
        await _ask_for(opened, verb, reason)


async def _resume(name: str, state: str | None, reason: str, *, yes: bool) -> None:
    """First says what may still run of a failed step, and asks, where there is somebody to ask."""
    async with open_unfinished(name, state) as opened:
        busy = _say_what_may_run(opened.former.state, "the next run begins the step again")
        is_asked = busy and not yes and is_terminal()
        if is_asked and not await ask("does nothing of it run any more?"):
            raise Refused(f"resume {name}: end it, or wait for its end, first")
        await _ask_for(opened, Verb.RESUME, reason)


def _say_what_may_run(state: State, then: str) -> bool:
    """Whether anything may. `then`: why it matters."""
    members = state.members.values()
    busy = [f"{m.name}: {m.progress.may_run}" for m in members if m.progress.may_run]
    for line in busy:
        show(f"CAUTION: {line}; {then}")
    return bool(busy)


async def _ask_for(opened: Opened, verb: Verb, reason: str) -> None:
    """Leave a request, and wait until the process that runs the rollout has journalled it.

    Raises Refused when the rollout ended without hearing it, StateError.
    """
    store, place, former = opened.store, opened.place, opened.former
    name, rollout = former.row.name, former.row.id
    if reason:
        file = former_file(former.row, is_ours=bootstrap.is_ours(place))
        reason = _secrets(file).masked(reason)
    request = await store.requests.ask(rollout, verb, reason, bootstrap.who())
    is_run = await bootstrap.lock(place).holder(name) is not None
    # Who held it a moment ago may have heard it, or ended without hearing it.
    is_heard = await _is_heard(store.journal, request, HEARD_WITHIN if is_run else NO_TIME)
    now = await unfinished(store.journal, name)
    if is_heard:
        show(f"{verb} {name}: acknowledged")
        if verb is Verb.PAUSE and now is not None:
            commands = next_commands(bootstrap.place_to_name(place), now.row, now.plan, now.state)
            moment = bootstrap.clock().now()
            show("\n".join(what_a_pause_does(now.plan, now.state, moment, commands)))
    elif now is None or now.row.id != rollout:
        raise Refused(*await over_already(store.journal, place, name))
    elif is_run:
        show(f"{verb} {name}: not acknowledged yet; it will take effect later")
    else:
        where = bootstrap.place_to_name(place)
        commands = next_commands(where, former.row, former.plan, former.state)
        show(f"{verb} {name}: no process runs it; takes effect on the next run: {commands.run}")


async def _is_heard(journal: Journal, request: Request, within: timedelta) -> bool:
    """Whether the event that bears the request's number comes in time."""
    clock, last = bootstrap.clock(), 0
    until = clock.now() + within
    while True:
        for record in await journal.records(request.rollout, last):
            last = record.seq
            if hears(record, request):
                return True
        if clock.now() >= until:
            return False
        await clock.sleep(LOOK_EVERY)


def _notices(
    former: Unfinished,
    file: FormerFile,
    running: Commands,
    place: bootstrap.StatePlace,
    log: LogNarrator,
) -> NoticeSender:
    """Recipients from the rollout file at its path, if they are still those of the run: the copy in
    the journal has no secrets."""
    row = former.row
    try:
        if isinstance(file.now, ConfigurationError):
            raise file.now
        refuse_other_notices(former, file.now)
        notices = bootstrap.notices(file.now, running, log.warn)
    except ConfigurationError as error:
        log.warn(f"no notifications will be sent: {error.faults[0].render(error.file)}")
        return NoticeSender((), bootstrap.clock(), log.warn)
    commands = next_commands(bootstrap.place_to_name(place), row, former.plan, former.state)
    notices.watch(RolloutNotices(row.id, former.plan, file.now.settings, commands, is_ending=True))
    return notices


async def _abort(name: str, restore: bool, log_format: str, given: dict[str, Any]) -> int:
    ways = options.ways_out(given)
    async with open_unfinished(name, given["state"]) as opened:
        _say_what_may_run(opened.former.state, "look there before another rollout begins it again")
        try:
            return await _abort_at_rest(opened, restore, log_format, ways)
        except PoolHeld:  # a process runs it: it gets the request
            await _ask_for(opened, Verb.ABORT_RESTORE if restore else Verb.ABORT, "")
            return 0


async def _abort_at_rest(
    opened: Opened, restore: bool, log_format: str, ways: OutletOptions
) -> int:
    former, place, clock = opened.former, opened.place, bootstrap.clock()
    name = former.plan.name
    file = former_file(former.row, is_ours=bootstrap.is_ours(place))
    secrets = _secrets(file)
    keep_secret(secrets)
    log = LogNarrator(name, clock.wall, log_format)
    lock = bootstrap.lock(place, _settings(file))
    # The lock goes before notices in delivery are waited for.
    with Signals() as signals:
        async with AsyncExitStack() as waiting, lock.hold(name) as hold:
            waiting.callback(log.stop)  # last: notices that fail are lines too
            opened = await read_again(opened)
            former = opened.former
            running = bootstrap.commands(place, secrets)
            notices = await waiting.enter_async_context(_notices(former, file, running, place, log))
            meter = await waiting.enter_async_context(bootstrap.meter(name, ways, log.warn))
            await meter.open(Subject(former.plan, former.row.started))
            narrators: list[Narrator] = [log, notices, meter]
            commands = next_commands(
                bootstrap.place_to_name(place), former.row, former.plan, former.state
            )
            try:
                state, seen = await _ended(opened, hold, file, restore, narrators, signals)
            except (StateError, LeaseLost) as error:
                if signals.runner is None:
                    raise
                return say_cut_off(error, former.plan, signals.runner.state, commands)
            after = looked_at(state, seen)
            now, wall = clock.now(), clock.wall()
            told = summary(former.plan, after, _settings(file), now, wall, commands)
            say(*fitted_report(told))
            signals.over(notices.give_up)
    if signals.runner is not None and signals.runner.bug is not None:
        return tell_bug(signals.runner.bug)
    out = any(m.is_away for m in state.members.values())
    return ExitCode.HALTED if restore and out else 0


async def _ended(
    opened: Opened,
    hold: Hold,
    file: FormerFile,
    restore: bool,
    narrators: Sequence[Narrator],
    signals: Signals,
) -> tuple[State, PoolView]:
    """End the rollout, and look at its members. Without a rollout file that says where its load
    balancers are, the journal alone is enough for an abort without `--restore`."""
    former, place, clock = opened.former, opened.place, bootstrap.clock()
    secrets = _secrets(file)
    used = as_it_was_run(former, file) if restore else file_of_pool(former, file)
    if isinstance(used, ConfigurationError):
        ports = bootstrap.journal_ports(opened.store, secrets)
        state = await abort_from_journal(ports, hold, former, used, narrators)
        why = "the rollout file in the journal cannot be read"
        return state, PoolView(clock.wall(), unseen=dict.fromkeys(former.plan.instances, why))
    load_the_rest()
    real = bootstrap.ports(used, place, opened.store, secrets, runs_steps=restore)
    state = await abort_at_rest(real, hold, former, used, restore, narrators, signals.hand_to)
    within = patience(former.plan.policies.lost_after)
    return state, await look_once(real.balancer, clock, clock.now() + within)


def _secrets(file: FormerFile) -> Secrets:
    if file.is_ours:
        return bootstrap.secrets_in(file.kept, file.now)
    return bootstrap.secrets_in(file.now, copy=file.kept)


def _settings(file: FormerFile) -> Settings | None:
    for one in (file.kept, file.now):
        if isinstance(one, RolloutFile):
            return one.settings
    return None
