"""What the pool itself does to a member and is asked about it: the tasks of each kind of pool."""

import json
from collections.abc import Mapping
from datetime import timedelta

from controller.config.sections.upgrade import Upgrade
from controller.config.text import scalars
from controller.config.text.places import Trail
from controller.config.values.filling import Filling
from controller.config.values.patches import filled_tree
from controller.core.pool import Member
from controller.core.settings import Policies
from controller.core.steps import Course
from controller.pools.kubernetes import NodePool
from controller.tasks import Guard, PoolTask, Task

LATE = timedelta(minutes=1)
"""Controllers need so long until they are back after their API server is."""

_GO_ON = frozenset({1})


def brief(policies: Policies) -> timedelta:
    """Time limit of what only reads, or writes a note: a pool that does not answer is waited for as
    long as everywhere else."""
    return policies.lost_after + LATE


def of_pods(
    section: Upgrade, course: Course, member: Member, policies: Policies
) -> tuple[tuple[Task, ...], Guard]:
    """What is done to a pod of a Service: all of it by the pool itself. An eviction that a budget
    refuses is asked for again until the drain's timeout."""
    is_back = course is Course.ROLLBACK
    step, question = ("restore", "is_former") if is_back else ("replace", "is_current")
    about = {"member": member.name}
    within = {"budget": f"{policies.drain.timeout.total_seconds():g}"}
    task = PoolTask(step, scalars.duration(section.timeout), about | within)
    return (task,), Guard(PoolTask(question, brief(policies), about), _GO_ON)


def of_nodes(
    section: Upgrade,
    course: Course,
    member: Member,
    pool: NodePool,
    own: tuple[Task, ...],
    policies: Policies,
    filling: Filling,
) -> tuple[Task, ...]:
    """`own`: the commands of the file. They stand between a note of how the Node was before, and
    the proof that it is back."""
    timeout = scalars.duration(section.timeout)
    about = {"node": member.name, "course": course.value}
    if section.job is not None:
        trail: Trail = (course.value, "job")
        template = json.dumps(filled_tree(section.job, filling.text, trail))
        own = (PoolTask("job", timeout, {"node": member.name, "template": template}), *own)
    before = (PoolTask("note_boot_id", brief(policies), about),) if "boot_id" in pool.expect else ()
    return (*before, *own, PoolTask("node_is_back", timeout, about))


def node_guard(expect: Mapping[str, str], member: Member, policies: Policies) -> Guard | None:
    """Whether a Node shows the version already: only an exact one says so."""
    versions = [text for key, text in expect.items() if key != "boot_id"]
    if not any(not set("*?[") & set(text) for text in versions):
        return None
    return Guard(PoolTask("node_is_current", brief(policies), {"node": member.name}), _GO_ON)
