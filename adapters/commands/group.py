"""The process group of a step, as seen by a process that is not its parent."""

from dataclasses import dataclass

from adapters.commands import helper
from controller.core.pool import Instant


@dataclass(frozen=True, slots=True)
class Group:
    """Recorded before the step's exec; identifies its processes without doubt."""

    pid: int
    """Of the first process, and so of its group and its session."""
    start: str
    """Of the first process, in ticks since the boot: distinguishes it from a later process with the
    same id."""
    machine: str
    """What process ids are valid in: a boot and a process id namespace."""
    started: Instant

    def is_alive(self) -> bool:
        """Whether any process of the group still runs.

        A process id is not reused while a group or session has it, so a first process with another
        start time means that the whole group has ended.
        """
        if self.machine != helper.machine():
            return False
        first = helper.stat(self.pid)
        is_other = first is not None and first[19] != self.start
        return not is_other and helper.group_lives(self.pid)

    def signal(self, number: int) -> None:
        if self.is_alive():
            helper.signal_group(self.pid, number)
