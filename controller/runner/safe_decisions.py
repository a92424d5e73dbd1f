"""Keeps an error of our own from ending a run: it is noted, and the rest is decided as ever."""

from collections.abc import Callable
from datetime import timedelta
from typing import Final

from controller.core.decide.context import Output
from controller.core.decide.decide import decide
from controller.core.decide.safely import Spoiled, decide_safely, given_up
from controller.core.events import BugSeen, Finished, WindowSeen
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.state.state import State
from controller.runner.bugs import Bugs

REST: Final = timedelta(seconds=60)
"""How long members get to come to rest where some decisions can no longer be made. A step under
way is waited for all the same: it has a limit of its own."""


class SafeDecisions:
    """Decides, whatever raises meanwhile."""

    def __init__(
        self,
        plan: Plan,
        bugs: Bugs,
        see: Callable[[BugSeen | WindowSeen], State],
        windows: Callable[[], WindowSeen] | None = None,
    ) -> None:
        """`see`: applies that event at once; `windows`: until when members may be taken up, None:
        at any time."""
        self._plan = plan
        self._windows = windows
        self._bugs = bugs
        self._see = see
        self._spoiled: Spoiled = {}
        self._until: Instant | None = None
        self._asked = ""
        """The question that was answered last."""

    def next(self, state: State, now: Instant, *, is_waiting: bool) -> Output | None:
        """`is_waiting`: a step runs that must be let end."""
        if not state.bug:
            try:
                if self._windows is not None and (seen := self._windows()) != state.window:
                    state = self._see(seen)
                return decide(self._plan, state, now)
            except Exception as error:  # noqa: BLE001 - a bug, whatever it is
                state = self._see(self._bugs.seen(error, "while deciding what comes next"))
        self._asked, output = decide_safely(self._plan, state, now, self._spoiled)
        if not self._spoiled or isinstance(output, Finished):
            return output
        self._until = self._until or now + REST
        return output if now < self._until or is_waiting else given_up(state)

    def pass_over(self, error: Exception) -> None:
        """What was decided last cannot be carried out: it is not asked again."""
        if self._asked:
            self._spoiled[self._asked] = error
