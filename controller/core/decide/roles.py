"""Who is what to the others of the pool, such as which one of a pair is active: told when it is
seen first, and whenever it changes, whoever did that."""

from controller.core.decide.context import Context
from controller.core.events import RolesSeen
from controller.core.state.roles import shown_roles


def watch_roles(ctx: Context) -> RolesSeen | None:
    roles = shown_roles(ctx.state)
    return RolesSeen(roles) if roles and roles != ctx.state.roles else None
