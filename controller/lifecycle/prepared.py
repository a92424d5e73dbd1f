"""Does what was prepared still hold? Asked by `prepare --check`, `plan` and `run`. Read-only."""

import asyncio
from collections.abc import Sequence

from controller.config import RolloutFile
from controller.config.preparing import fingerprint_task, purpose_of, section_of, valid_of
from controller.core.events import Answer
from controller.core.gates.figures import span
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool import Member
from controller.errors import ConfigurationError
from controller.journal.prepared import PreparedMember, Stage, digest_of, prepared
from controller.lifecycle.findings import Findings
from controller.lifecycle.options import ReadPorts, RunOptions
from controller.lifecycle.snapshots import why_not
from controller.report.times import moment
from controller.report.words import names
from controller.runner.patience import MORE, Overdue, within
from controller.runner.task_group import task_group


async def unprepared(
    ports: ReadPorts, file: RolloutFile, members: Sequence[Member]
) -> dict[str, str]:
    """Member → why it does not hold, for people; empty: it holds for all. Raises StateError."""
    known = {} if ports.journal is None else await prepared(ports.journal, file.settings.name)
    slots, found = asyncio.Semaphore(section_of(file).parallel), dict[str, str]()

    async def ask(member: Member) -> None:
        async with slots:
            if why := await _why_not(ports, file, member, known.get(member.name)):
                found[member.name] = why

    async with task_group() as group:
        for member in members:
            group.create_task(ask(member))
    return {one.name: found[one.name] for one in members if one.name in found}


async def _why_not(
    ports: ReadPorts, file: RolloutFile, member: Member, one: PreparedMember | None
) -> str:
    if one is None:
        return "is not prepared"
    when = f"at {moment(one.at)} by {one.by}"
    if not one.is_of(member):
        return f"is not prepared: at {one.address} another one of its name was, {when}"
    if one.stage is Stage.BEGUN:
        return f"was begun to be prepared {when}, and not finished"
    if one.stage is Stage.FAILED:
        return f"could not be prepared {when}: {one.why}"
    try:
        if one.purpose != purpose_of(file, member):
            return f"was prepared {when} by other commands or for another version"
        valid = valid_of(file)
        if ports.clock.wall() - one.at >= valid:
            return f"was prepared {when}, and prepare.valid is {span(valid)}"
        if not one.is_fingerprint:
            return ""
        said, fault = await fingerprint(ports, file, member)
    except ConfigurationError as error:
        return "; ".join(each.message for each in error.faults)
    if fault:
        return f"cannot be asked what is prepared: {fault}"
    differs = said is None or digest_of(said) != one.digest
    return f"was prepared {when}, and its fingerprint differs now" if differs else ""


async def fingerprint(
    ports: ReadPorts, file: RolloutFile, member: Member
) -> tuple[str | None, str]:
    """What is prepared, as the member says it now (None: nothing asks), or why it does not say.
    Raises ConfigurationError."""
    if (task := fingerprint_task(file, member)) is None:
        return None, ""
    try:
        result = await within(task.timeout + MORE, ports.tasks.ask(task))
    except Overdue as error:
        return None, f"prepare.fingerprint: {error}"
    if result.exit_code not in task.ok:
        return None, f"prepare.fingerprint {why_not(result)}"
    if not result.output.strip():
        return None, "prepare.fingerprint printed nothing"
    return result.output, ""


async def look_at_prepared(
    seen: Findings, file: RolloutFile, left: Plan, ports: ReadPorts, options: RunOptions
) -> None:
    """Whoever is upgraded must be prepared, where the file prepares at all: the operator's wish."""
    is_wanted = file.rollout.prepare is not None and options.purpose is Purpose.UPGRADE
    if not is_wanted or seen.former is not None:
        return
    there = [name for name, (answer, _) in seen.unless.items() if answer is Answer.PRESENT]
    aside = {*there, *seen.skipped}
    members = [one for one in left.members if one.name not in aside]
    seen.refusals += refusals(file, await unprepared(ports, file, members))


def grouped(found: dict[str, str]) -> list[str]:
    """A line for each reason, with those whom it is about."""
    whose: dict[str, list[str]] = {}
    for member, why in found.items():
        whose.setdefault(why, []).append(member)
    return [f"{names(those)}: {why}" for why, those in whose.items()]


def refusals(file: RolloutFile, found: dict[str, str]) -> list[str]:
    """The same as reasons to refuse a run."""
    mend = f"prepare first: poolroll prepare {file.path}"
    return [f"{line}; {mend}" for line in grouped(found)]
