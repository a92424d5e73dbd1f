"""Names without an address: a balancer sends such a member nothing until its name has one again.

Nobody did that, so nobody is blamed for it. On its way back the member is waited for, and held out
meanwhile: once the name has an address, the balancer may call it healthy before any check (S4).
"""

from controller.core.decide.context import Context
from controller.core.state.parts import MemberState


def unresolved_at(ctx: Context, m: MemberState) -> str:
    """Where a balancer has no address for a member, for people; empty when all have one."""
    for instance, one in ctx.visible(m):
        if one.line.is_unresolved:
            return f"its name has no address ({one.line.backend} at {instance})"
    return ""
