"""Until when members may be taken up, as a run sees it: by the windows, the civil time, and how
long members take."""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from controller.core.events import Event, Observation, WindowSeen
from controller.core.gates.figures import span
from controller.core.pool import Instant
from controller.core.state.state import State
from controller.journal.member_times import MemberTimes
from controller.ports import Clock
from controller.windows.opening import Opening
from controller.windows.timetable import Timetable

SAME: Final = timedelta(seconds=1)
"""The civil time is set now and then, by less than that while a clock is kept right."""


@dataclass(slots=True)
class WindowWatch:
    """Sees the windows of one run. A Narrator: it times members as they are done."""

    timetable: Timetable
    clock: Clock
    _times: MemberTimes = field(default_factory=MemberTimes)
    _last: WindowSeen | None = None
    _since: datetime | None = None
    """When that was."""
    _found: Opening | None = None
    """What held then."""

    def tell(self, event: Event | Observation, before: State, after: State) -> None:
        self._times.note(event, self.clock.now())

    def seen(self) -> WindowSeen:
        """What holds now; the very same as before where nothing has changed."""
        table, now, wall = self._measured(), self.clock.now(), self.clock.wall()
        last = self._last
        if last is not None and last.takes == table.takes and self._holds(last, now, wall):
            return last
        return self._anew(table, now, wall)

    def _holds(self, last: WindowSeen, now: Instant, wall: datetime) -> bool:
        """Whether it is the same as before, the civil time included, which may have been set."""
        since, found = self._since, self._found
        if since is None or found is None or wall < since:
            return False
        if found.until is None:
            return True
        if wall >= found.until or not found.is_open or last.ends is None:
            return wall < found.until
        return abs(now + (found.until - wall) - last.ends) < SAME

    def _anew(self, table: Timetable, now: Instant, wall: datetime) -> WindowSeen:
        self._since, self._found = wall, table.now(wall)
        left, opens = table.left(wall), table.opens_after(wall)
        self._last = WindowSeen(
            None if left is None else now + left,
            table.takes,
            ends_text(table, wall),
            "" if opens is None else table.told(opens),
            opens,
        )
        return self._last

    def _measured(self) -> Timetable:
        """What members took in this very run counts for more than what their timeouts allow."""
        took, table = self._times.longest, self.timetable
        if took is None or (table.is_measured and took <= table.takes):
            return table
        return replace(table, takes=took, is_measured=True)


def ends_text(table: Timetable, at: datetime) -> str:
    """What ends the time in which members may be taken up, or has ended it."""
    found = table.now(at)
    if not found.is_open:
        return f"closed ({found.why})"
    if found.until is None:
        return ""
    closes = f"it closes {table.told(found.until)} ({found.why})"
    return f"{closes}; a member takes {takes_text(table)}"


def takes_text(table: Timetable) -> str:
    basis = "as before" if table.is_measured else "by its timeouts; none was timed yet"
    return f"up to {span(table.takes)} ({basis})"
