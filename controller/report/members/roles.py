"""Who is what to the others of the pool, in words: `db2 is active, db1 is standby`."""

from collections.abc import Mapping

from controller.core.state.roles import shown_roles
from controller.core.state.state import State
from controller.report.words import names


def roles_text(roles: Mapping[str, str]) -> str:
    """Empty where members do not differ in that. In the order of the roles' names, so that it does
    not change with who is asked first."""
    groups: dict[str, list[str]] = {}
    for member, role in roles.items():
        groups.setdefault(role, []).append(member)
    return ", ".join(
        f"{names(group)} {'is' if len(group) == 1 else 'are'} {role}"
        for role, group in sorted(groups.items())
    )


def who_is_what(state: State) -> str:
    """As seen last, else as told last."""
    return roles_text(shown_roles(state) or state.roles)
