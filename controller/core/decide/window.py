"""Windows: nobody is taken up who would not be done before the window ends.

A way back waits for no window, nor does what is out because of us: capacity comes back first.
"""

from controller.core.decide.context import Context
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode


def fits(ctx: Context, m: MemberState) -> bool:
    """Whether it would be done before the window ends, or waits for none."""
    window = ctx.state.window
    if window is None or window.ends is None or m.is_away or ctx.state.mode is not Mode.RUNNING:
        return True
    return ctx.now + window.takes <= window.ends
