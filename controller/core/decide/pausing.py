"""The end of a run that its window ends: whoever was in progress went on to the end of its soak,
and the next run in a window goes on."""

from controller.core.decide.context import Context, Output
from controller.core.decide.schedule import in_scope
from controller.core.decide.window import fits
from controller.core.events import Finished
from controller.core.outcome import ExitCode, Outcome
from controller.core.phases import Phase


def paused(ctx: Context) -> Output | None:
    """Nobody is in progress: once nobody fits into the window any more, the run ends. While the
    operator pauses it, it waits for the operator."""
    window, left = ctx.state.window, [m for m in in_scope(ctx) if m.phase is Phase.WAITING]
    if window is None or not left or ctx.state.paused or any(fits(ctx, m) for m in left):
        return None
    if not (ctx.is_seen_as_set or ctx.is_blind):
        return None  # how many serve is said of what was seen after the last setting
    if ctx.state.touched:
        code, opens = ExitCode.STOPPED, window.opens_at
        return Finished(Outcome.PAUSED, code, window.why, until=window.opens, opens=opens)
    again = f"; the next run may begin {window.opens}" if window.opens else ""
    return Finished(Outcome.REFUSED, ExitCode.REFUSED, window.why + again)
