"""What `collect` has brought from members since the halt. The outputs are in the journal alone."""

from dataclasses import dataclass

from controller.core.events import Collected
from controller.core.pool.copies import replace
from controller.core.steps import Collect


@dataclass(frozen=True, slots=True)
class Collection:
    work: Collect | None = None
    """The open intent."""
    done: tuple[tuple[str, int], ...] = ()
    """(member, index): what was asked for, and has ended."""

    @property
    def members(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(member for member, _ in self.done))

    def intending(self, step: Collect) -> "Collection":
        return replace(self, work=step)

    def with_end(self, event: Collected) -> "Collection":
        return Collection(None, (*self.done, (event.member, event.index)))

    def in_a_new_process(self) -> "Collection":
        """What was being asked for is asked for again."""
        return replace(self, work=None)
