"""An error of our own: the rollout halts, and members are brought to rest as after any halt."""

from controller.core.decide.context import Context, Output
from controller.core.events import Cause, Halted
from controller.core.state.state import State


def watch_bug(ctx: Context) -> Output | None:
    return halt_for(ctx.state) if ctx.state.bug and not ctx.state.is_winding_down else None


def halt_for(state: State) -> Halted:
    seen = f"a bug in poolroll: {state.bug}"
    return Halted(Cause.BUG, seen, "poolroll does not go on after an error of its own")
