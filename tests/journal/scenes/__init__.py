"""Rollouts on loopback whose journals are worth keeping: how each was left."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

from tests.journal.scenes import cut_off, ended, halted
from tests.journal.scenes.place import Place

Scene = Callable[[Place], Awaitable[Path]]

SCENES: Final[dict[str, Scene]] = {
    one.__name__: one
    for one in (
        ended.done,
        ended.rehearsed,
        ended.aborted,
        cut_off.restored,
        halted.put_back,
        ended.paused,
        ended.ramp_refused,
        halted.halted,
        halted.resumed,
        halted.rolled_back,
        halted.foreign,
        halted.begun_again,
        cut_off.cut_off_upgrading,
        cut_off.cut_off_draining,
        cut_off.cut_off_validating,
        cut_off.cut_off_soaking,
        cut_off.pausing,
    )
}
"""Name → plays it, and returns its state folder."""
