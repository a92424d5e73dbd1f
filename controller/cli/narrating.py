"""Who tells the operator: the live board on a terminal, plain dated lines elsewhere."""

import sys

from controller.cli.live import Footer, LiveNarrator
from controller.cli.log import LogNarrator
from controller.ports import Clock

Narrating = LiveNarrator | LogNarrator


def narrator_for(
    rollout: str, clock: Clock, log_format: str, *, asks: bool = False, footer: Footer = str
) -> Narrating:
    """`asks`: questions come while it runs, which a board would paint over."""
    is_terminal = sys.stdout.isatty() and sys.stderr.isatty()
    if is_terminal and log_format == "text" and not asks:
        return LiveNarrator(clock, footer)
    return LogNarrator(rollout, clock.wall, log_format)
