"""The processes of a step, as seen by a process that is not their parent."""

from dataclasses import dataclass

from adapters.commands import processes
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
        if self.machine != processes.machine():
            return False
        first = processes.stat(self.pid)
        is_other = first is not None and first[19] != self.start
        return not is_other and processes.group_lives(self.pid)

    def running(self) -> list[int]:
        """Every process of the step that still runs: of the group, and those that have left it.

        These are known by the mark in their environment, or by a parent that is. Not found is one
        without either: another user's, or one with another environment, whose parent has ended.
        """
        if self.machine != processes.machine():
            return []
        found = processes.members_of(self.pid) if self.is_alive() else []
        found += [pid for pid in _marked(self._mark) if pid not in found]
        found += [one for pid in list(found) for one in processes.descendants(pid)]
        return [
            pid
            for pid in dict.fromkeys(found)
            if not processes.has_ended(pid) and not processes.is_shared(pid)
        ]

    def signal(self, number: int) -> None:
        """To the group at once, so that nobody escapes by a fork; then to who has left it."""
        running = self.running()
        if self.is_alive():
            processes.signal_group(self.pid, number)
        for pid in running:
            if not processes.is_in(pid, self.pid):
                processes.send(pid, number)

    @property
    def _mark(self) -> str:
        return processes.mark_of(self.pid, self.start, self.machine)


def _marked(mark: str) -> list[int]:
    """Those whose environment may be read, and was not overwritten by themselves (proc(5))."""
    entry = f"{processes.MARK}={mark}"
    return [
        pid
        for pid in processes.pids()
        if entry in processes.read(f"/proc/{pid}/environ").split("\0")
    ]
