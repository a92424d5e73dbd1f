"""What the balancer itself says of a member that fails."""

from controller.core.decide.context import Context


def ailment(ctx: Context, member: str | None) -> str:
    """What the balancer says went wrong with it, as the rest of a sentence; often nothing."""
    lines = ctx.state.lines_of(member) if member is not None else ()
    said = next((one.line.ailment for _, one in lines if one.line.ailment), "")
    return f" ({said})" if said else ""
