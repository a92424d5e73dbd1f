"""How a run ends: its outcome, and the exit code that says so."""

from enum import IntEnum, StrEnum


class ExitCode(IntEnum):
    """What the command says to its caller. The numbers are fixed."""

    DONE = 0
    """Done, or nothing to do."""
    BUG = 1
    USAGE = 2
    """Usage or configuration: nothing was touched."""
    REFUSED = 3
    """Refused before anything was touched."""
    GATE = 4
    """Halted by a gate."""
    HALTED = 5
    """Halted by a member, the floor, or a load balancer."""
    HELD = 6
    """Another run holds this pool."""
    STOPPED = 7
    """Stopped by the operator, a signal or the end of its window, in a safe state."""


class Outcome(StrEnum):
    """How a rollout stands when its process ends, in the journal's words."""

    DONE = "done"
    PARTLY_DONE = "partly done"
    """All that this run was limited to."""
    PAUSED = "paused"
    """Its window is over, with members left: the next run in a window goes on."""
    HALTED = "halted"
    STOPPED = "stopped"
    ABORTED = "aborted"
    REFUSED = "refused"
    ABANDONED = "abandoned"
    """Another rollout of the name was begun instead."""

    @property
    def is_final(self) -> bool:
        """Whether the next run begins a new rollout."""
        return self in (Outcome.DONE, Outcome.ABORTED, Outcome.REFUSED, Outcome.ABANDONED)
