"""The lines of a halt while a member is not at rest yet."""

from collections.abc import Callable, Sequence

from controller.core.events import Event, Observation
from controller.core.state.state import State
from controller.ports import Clock
from controller.report.run.not_at_rest import is_due

Show = Callable[[Sequence[str]], None]


class EarlyHalt:
    """Implements `controller.runner.recorder.Narrator`: whoever is at the terminal is told of a
    halt in time, even where it comes to rest late or a helper hangs with the disk."""

    def __init__(
        self, clock: Clock, lines: Callable[[State], Sequence[str]], show: Show | None
    ) -> None:
        """`lines`: the halt message of a state; `show`: prints it without waiting for anybody."""
        self._clock = clock
        self._lines = lines
        self._show = show
        self._is_told = False

    def tell(self, event: Event | Observation, before: State, after: State) -> None:
        if after.halt is None:
            self._is_told = False
        elif self._show is not None and not self._is_told and is_due(after, self._clock.now()):
            self._is_told = True
            self._show(self._lines(after))
