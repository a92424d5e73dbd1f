"""Variables of a plan, and what its members run before it, as the journal knows it."""

from collections.abc import Mapping, Sequence

from controller.config import RolloutFile
from controller.core.plan.plan import Plan, Purpose
from controller.report.status.values import rollback_values, values_text
from controller.report.words import names


def variables(file: RolloutFile, plan: Plan) -> dict[str, str]:
    """What `${vars.…}` means in that run, but for a rehearsal, which changes nothing."""
    if plan.purpose is Purpose.REHEARSAL:
        return {}
    back = rollback_values(file) if plan.purpose is Purpose.ROLLBACK else {}
    return {**file.settings.vars, **back}


def version_lines(
    goes_to: Mapping[str, str], runs: Mapping[str, Mapping[str, str]], members: Sequence[str]
) -> list[str]:
    """`runs`: member → its variables as the newest rollout that ended well for it had them; those
    that it leaves out are not known."""
    if not goes_to:
        return []
    groups: dict[str, list[str]] = {}
    for name in members:
        groups.setdefault(_before(goes_to, runs.get(name)), []).append(name)
    return ["", "variables", f"  {values_text(goes_to)}", *_lines(groups, len(members))]


def _lines(groups: Mapping[str, list[str]], count: int) -> list[str]:
    return [
        f"  {'all' if len(members) == count else names(members)}: {before}"
        for before, members in groups.items()
    ]


def _before(goes_to: Mapping[str, str], runs: Mapping[str, str] | None) -> str:
    if runs is None:
        return "what they run before is not in the journal"
    changed = [name for name in goes_to if runs.get(name) != goes_to[name]]
    if not changed:
        return "the same as last time"
    return values_text({one: f"{runs.get(one, 'not set')} → {goes_to[one]}" for one in changed})
