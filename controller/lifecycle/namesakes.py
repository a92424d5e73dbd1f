"""A rollout file with the name of another pool's: by the name `status`, `abort` and `guard` find a
rollout, so what is unfinished or out of that pool would be lost from sight."""

from controller.core.plan.marks import PoolMarks
from controller.errors import Refused
from controller.journal.of_pool import plan_of
from controller.lifecycle.changes import next_commands
from controller.lifecycle.options import ReadPorts
from controller.report.words import names


async def look_for_namesake(
    ports: ReadPorts, name: str, marks: PoolMarks, *, is_new: bool
) -> list[str]:
    """Notes. `is_new`: whoever runs it knows of the other pool, if that is still there. Raises
    Refused, StateError."""
    if ports.journal is None or (row := await ports.journal.latest(name)) is None:
        return []
    plan = await plan_of(ports.journal, row)
    if plan is None or not marks.are_of_another(plan):
        return []
    where = f"{', '.join(plan.backends)} at {', '.join(plan.instances)}"
    commands = next_commands(ports.folder, row, plan)
    taken = f"the name {name!r} is that of another pool ({where}), whose rollout {row.id}"
    mend = "give this file a `name` of its own"
    if row.outcome is None:
        raise Refused(f"{taken} is unfinished: {mend}; or end that one: {commands.abort}")
    out = dict.fromkeys(one.member for one in await ports.journal.taken_by(row.id))
    if out:
        lost = f"has left {names(tuple(out))} out, which `status {name}` would no longer show"
        if not is_new:
            raise Refused(f"{taken} {lost}: {mend}; or, if that pool is gone: --new")
        return [f"{taken} {lost}"]
    unknown = "so `rollback` knows no former version from it"
    return [f"{taken} is the newest so far, {unknown}; {mend}"]
