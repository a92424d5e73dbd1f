"""What the rollout file says about a member, filled in for the machine that is there now."""

from collections.abc import Callable

from controller.config import RolloutFile
from controller.config.snapshots import create_task, revert_task, snapshot_id
from controller.core.plan.plan import Plan, Purpose
from controller.core.pool import Member
from controller.core.pool.copies import replace
from controller.core.state.state import State
from controller.core.steps import SNAPSHOT, Course, RunStep, Validate
from controller.errors import ConfigurationError, Fault
from controller.runner.perform import FileStep
from controller.tasks import Task, Work


def work_of(file: RolloutFile, plan: Plan, rollout: str) -> Callable[[FileStep], Work]:
    """The work of a step. It raises ConfigurationError where a template cannot be filled."""

    def work(step: FileStep) -> Work:
        member = meant(file, plan, step)
        if isinstance(step, RunStep) and step.snapshot is not None:
            return Work((_of_snapshot(file, step, member, rollout),), ())
        if isinstance(step, Validate) and step.as_before:
            former = file.as_of(plan.before[step.member])
            return replace(former.work(Course.UPGRADE, member, rollout), steps=(), guard=None)
        whole = file.work(plan.purpose.meant_by(step.course), member, rollout)
        is_rehearsal = plan.purpose is Purpose.REHEARSAL
        return replace(whole, steps=(), guard=None) if is_rehearsal else whole

    return work


def _of_snapshot(file: RolloutFile, step: RunStep, member: Member, rollout: str) -> Task:
    """What makes the snapshot that the step names, or reverts to it."""
    id_ = snapshot_id(rollout, member.name, step.snapshot or 0)
    if step.index == SNAPSHOT:
        return create_task(file, member, rollout, id_)
    if (task := revert_task(file, member, rollout, id_)) is None:
        why = "the file has no snapshot.revert; add it"
        raise ConfigurationError(str(file.path), (Fault(0, 0, "snapshot", why),))
    return task


def meant(file: RolloutFile, plan: Plan, step: FileStep) -> Member:
    """The one that the step names. One whose address was known once, and is not now, may be
    anywhere: its former address is never used. Raises ConfigurationError."""
    if step.seats:
        now = step.seats[0].occupant
        return file.member(step.member, now.address, now.port)
    planned = plan.member(step.member)
    if planned is None or planned.address:
        why = f"no load balancer shows the address of {step.member} now"
        raise ConfigurationError(str(file.path), (Fault(0, 0, "pool", why),))
    return _with_variables(file, planned)


def member_judged(file: RolloutFile, plan: Plan, state: State, name: str) -> Member:
    """The machine that its gates judge: the one that was validated last. Raises
    ConfigurationError."""
    seats = state.members[name].placement.seats
    planned = plan.member(name)
    if planned is None or (seats and str(seats[0].occupant) != f"{planned.address}:{planned.port}"):
        now = seats[0].occupant
        return file.member(name, now.address, now.port)
    return _with_variables(file, planned)


def _with_variables(file: RolloutFile, planned: Member) -> Member:
    """The plan of a journal has its variables without secrets."""
    return replace(planned, vars=file.variables_of(planned.name))
