"""`prepare`: runs the steps of `prepare` on every member, days ahead. Nothing is taken out.

Under the locks that a run holds, so that it never runs beside one. Each step runs once for each
`prepare`: one that was cut off is gone on with, and what it had begun is joined."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, replace
from secrets import token_hex

from controller.config import RolloutFile
from controller.config.preparing import prepare_tasks, purpose_of, section_of, valid_of
from controller.core.plan.propose import is_selected
from controller.core.pool import Member
from controller.errors import Refused
from controller.journal.prepared import PreparedMember, Stage, digest_of, note, place_of, prepared
from controller.lifecycle.options import Ports, ReadPorts
from controller.lifecycle.prepared import fingerprint
from controller.lifecycle.snapshots import why_not
from controller.ports import Hold
from controller.preflight.survey import Reached, reach, survey
from controller.runner.job_keys import errand_key, place_at
from controller.runner.patience import MORE, Overdue, within
from controller.runner.task_group import task_group
from controller.tasks import TaskJob

Tell = Callable[[str, str], None]
"""Takes a member, and what became of it."""


@dataclass(frozen=True, slots=True)
class Preparing:
    """One `prepare`, and what it goes on with."""

    ports: Ports
    file: RolloutFile
    id: str
    known: dict[str, PreparedMember]
    cut_off: frozenset[str]
    """Ids of those that did not come to their end, not long ago."""
    tell: Tell


async def selected(ports: ReadPorts, file: RolloutFile, reached: Reached) -> list[Member]:
    """The members that a run would upgrade, capacity or not. Raises Refused."""
    found = await survey(file, reached, ports.journal)
    selection = file.settings.selection
    chosen = [
        member
        for name, member in found.members.items()
        if is_selected(name, selection.include, selection.exclude)
        and (not selection.only or name in selection.only)
    ]
    if not chosen:
        raise Refused("no member is selected: there is nothing to prepare")
    return chosen


async def prepare_all(ports: Ports, file: RolloutFile, hold: Hold, tell: Tell) -> dict[str, str]:
    """Member → why it could not be prepared. Raises Refused, PoolHeld, LeaseLost, StateError,
    BalancerError, ConfigurationError."""
    reached = await reach(ports.balancer, file.settings.selection)
    await hold.add(reached.keys)
    members = await selected(ports, file, reached)
    for member in members:
        prepare_tasks(file, member, "")  # no fault shows half-way
    known = await prepared(ports.journal, file.settings.name)
    known = {member.name: known[member.name] for member in members if member.name in known}
    wall = ports.clock.wall()
    begun = [one for one in known.values() if one.stage is Stage.BEGUN]
    cut_off = frozenset(one.id for one in begun if wall - one.at < valid_of(file))
    id_ = f"{file.settings.name}-prepare-{wall:%Y%m%d-%H%M%S}-{token_hex(2)}"
    one = Preparing(ports, file, id_, known, cut_off, tell)
    slots, failed = asyncio.Semaphore(section_of(file).parallel), dict[str, str]()

    async def do(member: Member) -> None:
        async with slots:
            await hold.check()
            if why := await _prepare(one, member):
                failed[member.name] = why

    async with task_group() as group:
        for member in members:
            group.create_task(do(member))
    return {member.name: failed[member.name] for member in members if member.name in failed}


async def _prepare(doing: Preparing, member: Member) -> str:
    """Why not; empty: it is prepared."""
    ports, name = doing.ports, doing.file.settings.name
    purpose, id_ = purpose_of(doing.file, member), doing.id
    former = doing.known.get(member.name)
    if former is not None and former.id in doing.cut_off and former.is_of(member):
        if former.stage is Stage.PREPARED and former.purpose == purpose:
            doing.tell(member.name, "is prepared already, by the one that was cut off")
            return ""
        id_ = former.id if former.stage is Stage.BEGUN else id_
    wall = ports.clock.wall()
    now = PreparedMember(id_, member.name, ports.by, wall, Stage.BEGUN, purpose)
    now = replace(now, address=place_of(member))
    await note(ports.journal, name, now)
    said, why = await _steps(doing, member, now)
    asked = None
    if not why:
        asked, why = await fingerprint(ports, doing.file, member)
    stage = Stage.FAILED if why else Stage.PREPARED
    digest = "" if why else digest_of(asked if asked is not None else said)
    now = replace(now, at=ports.clock.wall(), stage=stage, why=why, digest=digest)
    await note(ports.journal, name, replace(now, is_fingerprint=asked is not None))
    doing.tell(member.name, f"could not be prepared: {why}" if why else "is prepared")
    return why


async def _steps(doing: Preparing, member: Member, now: PreparedMember) -> tuple[str, str]:
    """What they printed, and why one failed."""
    said = ""
    tasks = prepare_tasks(doing.file, member, now.id)
    for at, task in enumerate(tasks):
        key = errand_key(now.id, member.name, f"prepare-{at}-{now.purpose[:12]}")
        job = TaskJob(key, task, places=place_at(member.address, member.port))
        try:
            result = await within(task.timeout + MORE, doing.ports.tasks.run(job))
        except Overdue as error:
            return said, f"step {at + 1}: {error}"
        said += result.output
        if result.exit_code not in task.ok:
            return said, f"step {at + 1} ({task.label}) {why_not(result)}"
    return said, ""
