"""The state of the pool as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass

from controller.core.pool import Instant
from controller.core.pool.copies import replace
from controller.core.state.parts import ORIGIN
from controller.core.steps import OpenPool, PoolStep


@dataclass(frozen=True, slots=True)
class PoolState:
    """The pool as a whole, where it has to be prepared and put back."""

    kept: Mapping[str, str] | None = None
    """What to put back; set exactly while it is open."""
    is_closed: bool = False
    closed_at: Instant = ORIGIN
    opened_at: Instant = ORIGIN
    is_begun: bool = False
    """It was to be opened, and it is not known how far that came."""
    work: PoolStep | None = None
    """The open intent."""
    tries: int = 0
    """Failed in a row."""
    tried_at: Instant | None = None
    why: str = ""
    """Why it failed last, for people."""

    @property
    def is_open(self) -> bool:
        return self.kept is not None

    def intending(self, step: PoolStep) -> "PoolState":
        """What was only begun is put back without anything to go by."""
        if isinstance(step, OpenPool):
            return replace(self, work=step, is_begun=True)
        tries = self.tries if self.is_open else 0
        return replace(self, work=step, kept=step.kept, tries=tries)

    def in_a_new_process(self) -> "PoolState":
        return PoolState(self.kept, self.is_closed, is_begun=self.is_begun)
