"""Output while a rollout runs: the live board on a terminal, plain dated lines elsewhere."""

import os
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Final, Protocol

from controller.cli.log import LogNarrator
from controller.cli.say import Footer
from controller.core.events import Event, Observation
from controller.core.plan.plan import Plan
from controller.core.state.state import State
from controller.ports import Clock
from controller.runner.recorder import Narrator

DUMB: Final = frozenset({"", "dumb", "unknown"})
"""Values of TERM for terminals whose cursor cannot be moved."""


class Narrating(Narrator, Protocol):
    """A narrator that also knows the plan, and is started and stopped."""

    def watch(
        self, plan: Plan, commands: timedelta | None = None, rollout_id: str = ""
    ) -> None: ...

    def catch_up(self, event: Event | Observation, before: State, after: State) -> None: ...

    def start(self) -> None: ...

    def stop(self) -> None: ...

    def warn(self, text: str) -> None: ...

    def show(self, lines: Sequence[str]) -> None:
        """Lines for people, without waiting for who reads them."""

    def note(self, member: str, text: str) -> None:
        """How far a step has come."""


def narrator_for(
    rollout: str,
    clock: Clock,
    log_format: str,
    *,
    asks: bool = False,
    quiet: bool = False,
    footer: Footer = str,
) -> Narrating:
    """`asks`: there will be questions while it runs, which a board would paint over. `quiet`: only
    what is wrong is said."""
    if log_format != "text" or asks or quiet or not _shows_a_board():
        return LogNarrator(rollout, clock.wall, log_format, quiet=quiet)
    from controller.cli.live import LiveNarrator  # its library is not needed for plain lines
    from controller.report.board.segments import ASCII, UNICODE

    return LiveNarrator(clock, UNICODE if _shows_unicode() else ASCII, footer)


def _shows_a_board() -> bool:
    is_terminal = sys.stdout.isatty() and sys.stderr.isatty()
    return is_terminal and os.environ.get("TERM", "") not in DUMB


def _shows_unicode() -> bool:
    """Whether the locale is UTF-8. With C or POSIX, Python writes UTF-8 as well: its UTF-8 mode
    (PEP 540)."""
    encoding = (sys.stdout.encoding or "").lower().replace("-", "")
    return encoding == "utf8" and not sys.flags.utf8_mode
