"""The process's handlers of SIGTERM, SIGINT and SIGHUP.

They are set once, before any library is loaded, and stay until the process ends: with the default
action a signal in the first or last milliseconds would kill it, whatever it has just said. What
was ignored at the start stays ignored, as `nohup` and a shell's background jobs have it.
"""

import signal
from collections.abc import Callable
from types import FrameType
from typing import Final

SIGNALS: Final = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP)

ACTING: Final = frozenset(
    {"demo", "run", "rehearse", "rollback", "pause", "resume", "abort", "guard"}
)
"""Commands that change something: they have done so whether or not it can be printed, and a signal
never ends them with its default action."""

Receiver = Callable[[signal.Signals], None]


class Interrupted(KeyboardInterrupt):
    """A signal came while there was nothing to stop. `str()` is its name."""


def interrupt(one: signal.Signals) -> None:
    """Before anything was touched: raise where the program is."""
    raise Interrupted(one.name)


def ignore(one: signal.Signals) -> None:
    """After the end: the exit code is settled."""


_receiver: Receiver = interrupt


def prepare() -> None:
    """Handle the signals from now on. A terminal no longer stops a background job that asks, or
    that writes where `stty tostop` is set: members would be left as they are."""
    for one in SIGNALS:
        if signal.getsignal(one) is not signal.SIG_IGN:
            signal.signal(one, _came)
    for one in (signal.SIGTTIN, signal.SIGTTOU):
        signal.signal(one, signal.SIG_IGN)


def hand_to(receiver: Receiver) -> None:
    """Who takes the signals from now on."""
    global _receiver
    _receiver = receiver


def _came(number: int, frame: FrameType | None) -> None:
    _receiver(signal.Signals(number))
