"""What a plan shows of its members in detail: who is already there, versions, and commands."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from controller.config import RolloutFile
from controller.config.stand_in import pin_words
from controller.core.events import Answer
from controller.core.plan.plan import Plan
from controller.core.pool import Member
from controller.errors import ConfigurationError
from controller.lifecycle import Findings
from controller.report.plan.versions import variables, version_lines
from controller.report.plan.work import ID, ShownWork, work_lines, works
from controller.report.status.values import rollback_values, values_text


@dataclass(frozen=True, slots=True)
class Details:
    present: tuple[str, ...] = ()
    """Members that `unless` says are already there."""
    variables: dict[str, str] = field(default_factory=dict)
    versions: tuple[str, ...] = ()
    works: tuple[ShownWork, ...] = ()
    work: tuple[str, ...] = ()
    through: str = ""
    """How requests of our own go through the load balancer to the first member, if they do."""


def details(file: RolloutFile, seen: Findings, plan: Plan, *, is_verbose: bool) -> Details:
    """`is_verbose`: the commands of each member; else of the first one that has any to run."""
    present = tuple(name for name, (answer, _) in seen.unless.items() if answer is Answer.PRESENT)
    goes_to = variables(file, plan)
    names = [one.name for one in plan.members]
    todo = [one for one in plan.members if one.name not in present] or list(plan.members)
    try:
        found = works(file, plan, todo if is_verbose else todo[:1])
    except ConfigurationError:  # said by the preflight, or by the step once its turn comes
        found = []
    lines = list(work_lines(found, values_text(rollback_values(file))))
    if found and not is_verbose and len(todo) > 1:
        lines.append("  the other members alike: --verbose shows each")
    return Details(
        present,
        goes_to,
        tuple(version_lines(goes_to, seen.before, names)),
        tuple(found),
        tuple(lines),
        _through(file, plan, todo),
    )


def _through(file: RolloutFile, plan: Plan, members: Sequence[Member]) -> str:
    course = plan.purpose.course
    if not members:
        return ""
    member = replace(members[0], vars=file.variables_of(members[0].name))
    try:
        return pin_words(file, course, member, ID)
    except ConfigurationError:  # said by the preflight
        return ""
