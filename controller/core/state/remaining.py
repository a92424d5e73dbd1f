"""What a run still has to do: the plan with only those members that it would still touch."""

from collections.abc import Collection, Mapping

from controller.core.phases import OVER, UPGRADED, Phase
from controller.core.plan.plan import Plan
from controller.core.pool.copies import replace
from controller.core.state.parts import MemberState
from controller.core.steps import Course


def remaining(plan: Plan, members: Mapping[str, MemberState], only: Collection[str] = ()) -> Plan:
    """`members`: how each stands; `only`: those that the run is limited to, none for all.

    For people, who are told of one run; what is journalled and decided by is the whole plan.
    """
    due = [one for one in plan.members if members[one.name].phase not in OVER]
    left = tuple(one for one in due if not only or one.name in only)
    names = {one.name for one in left}
    return replace(
        plan,
        members=left,
        canaries=tuple(name for name in plan.canaries if name in names),
        max_unavailable=max(1, min(plan.max_unavailable, len(left))),
    )


def is_upgraded(m: MemberState) -> bool:
    """Whether it has the new version, or may have: there is something to go back from."""
    if m.phase is Phase.DONE and m.progress.course is Course.ROLLBACK:
        return False
    return m.progress.begun or m.phase in UPGRADED or m.placement.found is not None


def left_aside(plan: Plan, members: Mapping[str, MemberState], part: Plan) -> tuple[str, ...]:
    """Whom a run that does `part` of `plan` leaves for another run."""
    taken = {one.name for one in part.members}
    return tuple(
        one.name
        for one in plan.members
        if members[one.name].phase not in OVER and one.name not in taken
    )
