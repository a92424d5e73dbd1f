"""The head of a rollout name: its rollouts, where their records are, what operators ask. Pure."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from adapters.kubernetes.state.names import USUAL
from adapters.kubernetes.state.outs import Outs
from controller.records import RolloutRow


@dataclass(frozen=True, slots=True)
class Place:
    """Where a rollout's records go on."""

    slot: int
    first: int
    """The number of its first record."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A rollout as its head lists it."""

    row: RolloutRow
    """Without the text of its file."""
    chunks: tuple[Place, ...]
    folded: int = 0
    """What records up to this number say of members that are out is in the head."""
    is_begun: bool = False
    """Its plan is written."""
    is_open: bool = True
    """Records may have come that are not folded."""
    order: int = 0
    """Rises with each rollout of the cluster."""
    hash: str = ""
    """Of the last record that is folded, or that there was."""
    summary: str = ""
    summed: int = 0
    """The number of the last record that the summary knows."""


@dataclass(frozen=True, slots=True)
class Head:
    name: str
    version: str = ""
    """Of the ConfigMap that it was read from."""
    writer: str = ""
    """Whoever wrote to it last as the one who runs a rollout."""
    seq: int = 0
    """No record that the head knows of has a higher number."""
    entries: tuple[Entry, ...] = ()
    """Oldest first."""
    outs: Outs = field(default_factory=Outs)
    asked: int = 0
    """The number of the last request."""
    asks: Mapping[str, str] = field(default_factory=dict)

    def entry(self, rollout: str) -> Entry | None:
        return next((one for one in self.entries if one.row.id == rollout), None)

    def with_entry(self, entry: Entry) -> "Head":
        """In the place of the one with its id, or as the newest."""
        if self.entry(entry.row.id) is None:
            return replace(self, entries=(*self.entries, entry))
        entries = [entry if one.row.id == entry.row.id else one for one in self.entries]
        return replace(self, entries=tuple(entries))

    def retained(self, most: int) -> "Head":
        """Without what never began, and with the newest `most` rollouts."""
        begun = [one for one in self.entries if one.is_begun]
        return replace(self, entries=tuple(begun[max(0, len(begun) - most) :]))

    def with_room(self, count: int, rollout: str) -> "Head":
        """Without as many of the oldest rollouts, among those that are over, as it takes for so
        many chunks to have one of the usual names; `rollout` and what is open are kept."""
        head = self
        while head.free_slots(count)[-1] >= USUAL:
            over = [one for one in head.entries if not one.is_open and one.row.id != rollout]
            if not over:
                break
            head = replace(head, entries=tuple(one for one in head.entries if one is not over[0]))
        return head

    def marked(self, former: "Head", left: Callable[[Entry], str]) -> "Head":
        """Where a rollout was dropped since `former`, the next one says what is `left` of it."""
        gone = {one.row.id: one for one in former.entries if self.entry(one.row.id) is None}

        def marked(one: Entry) -> Entry:
            before = gone.get(one.row.link.partition(" ")[0])
            return (
                one if before is None else replace(one, row=replace(one.row, before=left(before)))
            )

        return replace(self, entries=tuple(map(marked, self.entries)))

    def free_slots(self, count: int) -> list[int]:
        """The lowest that no rollout has."""
        used = {place.slot for one in self.entries for place in one.chunks}
        return [slot for slot in range(len(used) + count) if slot not in used][:count]

    @property
    def folded(self) -> dict[str, int]:
        return {one.row.id: one.folded for one in self.entries}
