"""How long an event waits for its record before it changes the state ahead of it.

Whatever waits keeps gates from being judged, and what users lose meanwhile is in no plan: so it is
short. A disk that is only slow is waited for longer as soon as a few records queue up: they would
become ever more, and the journal would be taken for one that does not answer.
"""

from typing import Final

AHEAD: Final = 0.05
"""Seconds."""
FEW: Final = 8
"""Records under way."""


class Backlog:
    """The records under way to the disk."""

    def __init__(self, now: float) -> None:
        """Times are in seconds, of any clock that only goes forward."""
        self._under_way = 0
        self._moved_at = now
        self._is_slow = False

    def begun(self) -> None:
        self._under_way += 1

    def written(self, now: float) -> None:
        self._under_way -= 1
        self._moved_at = now

    def patience(self, now: float, late: float, *, is_late: bool) -> float:
        """Seconds for what is not a step. `late`: after this without a record, the disk is not
        slow, but hangs. `is_late`: a former record was not waited for."""
        moves_until = self._moved_at + late
        if self._under_way <= 1 or now >= moves_until:
            self._is_slow = False
        elif self._under_way > FEW:
            self._is_slow = True
        if self._is_slow:
            return moves_until - now
        return 0.0 if is_late else min(AHEAD, late)
