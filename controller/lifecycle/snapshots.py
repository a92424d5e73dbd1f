"""Drops the snapshots whose time is over.

Under the lock of the rollout's name. One that cannot be dropped is told, and tried next time: it
halts nothing. Those of a rollout that has not ended stay, since it may still revert to them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from controller.config import RolloutFile
from controller.config.snapshots import drop_task
from controller.core.events.said import said_last
from controller.errors import ConfigurationError, StateError
from controller.journal.saved import SavedMember, SavedState, forget_old, note, saved
from controller.lifecycle.options import Ports
from controller.runner.job_keys import errand_key, place_at
from controller.runner.patience import MORE, Overdue, within
from controller.tasks import JobResult, TaskJob


@dataclass(frozen=True, slots=True)
class Dropping:
    """What came of it."""

    dropped: tuple[SavedMember, ...] = ()
    failed: tuple[SavedMember, ...] = ()
    waiting: tuple[SavedMember, ...] = ()
    """Their time is over, and their rollout is not."""


async def drop_expired(
    ports: Ports, file: RolloutFile, tell: Callable[[str], None], *, stops_early: bool = False
) -> Dropping:
    """`stops_early`: after the first that cannot be dropped; a run has other things to do. Raises
    StateError."""
    if file.rollout.snapshot is None or file.rollout.snapshot.drop is None:
        return Dropping()
    name, now = file.settings.name, ports.clock.wall()
    dropped, failed, waiting = list[SavedMember](), list[SavedMember](), list[SavedMember]()
    for one in await saved(ports.journal, name):
        if not one.is_over(now):
            continue
        if not await _is_ended(ports, one):
            waiting.append(one)
            continue
        after = await _dropped(ports, file, one)
        if after.state is SavedState.DROPPED:
            dropped.append(after)
            tell(f"snapshot {one.id} of {one.member} is dropped: its time is over")
            continue
        failed.append(after)
        tell(f"snapshot {one.id} of {one.member} could not be dropped: {after.why}")
        if stops_early:
            tell("the other snapshots whose time is over are left for the next run")
            break
    await forget_old(ports.journal, name)
    return Dropping(tuple(dropped), tuple(failed), tuple(waiting))


async def _is_ended(ports: Ports, one: SavedMember) -> bool:
    row = await ports.journal.rollout(one.rollout)
    return row is None or row.ended is not None


async def _dropped(ports: Ports, file: RolloutFile, one: SavedMember) -> SavedMember:
    """Noted before and after: a try that was cut off is joined."""
    name, journal = file.settings.name, ports.journal
    if not one.is_dropping:
        one = replace(one, tries=one.tries + 1, is_dropping=True)
        await note(journal, name, one)
    why = await _tried(ports, file, one)
    state = one.state if why else SavedState.DROPPED
    now = ports.clock.wall()
    after = replace(one, state=state, is_dropping=False, why=why, changed=now)
    await note(journal, name, after)
    return after


async def _tried(ports: Ports, file: RolloutFile, one: SavedMember) -> str:
    """Why it could not be dropped; empty: it is."""
    try:
        member = file.member(one.member, one.address, one.port)
        task = drop_task(file, member, one.rollout, one.id)
    except ConfigurationError as error:
        return "; ".join(fault.message for fault in error.faults)
    assert task is not None, "the file has snapshot.drop"
    key = errand_key(one.rollout, one.member, f"drop-{one.id}-{one.tries}")
    job = TaskJob(key, task, places=place_at(one.address, one.port))
    try:
        result = await within(task.timeout + MORE, ports.tasks.run(job))
    except (StateError, Overdue) as error:
        return str(error)
    return "" if result.exit_code in task.ok else why_not(result)


def why_not(result: JobResult) -> str:
    """How a job failed, and what it said last."""
    if result.fault is not None:
        how = f"could not be started: {result.fault}"
    elif result.timed_out:
        how = "did not end in time"
    elif result.lost:
        how = "was cut off; how it ended is not known"
    else:
        how = result.failure or result.end
    said = said_last(result.output)
    return f"{how}: {said}" if said else how
