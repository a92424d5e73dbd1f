"""Members that are out, as a sum of what records say. Pure.

A record names what it took, and which earlier takings are over. Each taking has a name of its own,
so the sum is the same in whatever order it is made, and across rollouts that know nothing of each
other.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from adapters.kubernetes.client.objects import Json
from adapters.kubernetes.state.taken import decode_taken, encode_taken
from controller.core.pool import PoolKey
from controller.records import Returned, Taken

Id = tuple[str, int, PoolKey]
"""Rollout, number of the record, key."""


@dataclass(slots=True)
class Outs:
    taken: dict[Id, Taken] = field(default_factory=dict)
    over: set[Id] = field(default_factory=set)

    def add(self, other: "Outs") -> None:
        self.taken |= other.taken
        self.over |= other.over

    @property
    def now(self) -> Sequence[Taken]:
        """Those that are out, in the order of their taking."""
        there = sorted((id_ for id_ in self.taken if id_ not in self.over), key=lambda id_: id_[1])
        return [self.taken[id_] for id_ in there]

    def moved(
        self, rollout: str, seq: int, taken: Iterable[Taken], returned: Sequence[Returned]
    ) -> "Outs":
        """What the record `seq` changes; the first taking of a key stays."""
        change = Outs()
        held: set[PoolKey] = set()
        for id_, one in self.taken.items():
            if id_ in self.over:
                continue
            if any(each.ends(one, rollout) for each in returned):
                change.over.add(id_)
            else:
                held.add(one.key)
        for one in taken:
            if one.key not in held:
                held.add(one.key)
                change.taken[rollout, seq, one.key] = one
        return change

    def folded(self, folded: dict[str, int]) -> "Outs":
        """What is left to be known once the records up to those numbers are no longer read.
        `folded`: by rollout; what others took may still be told by their records."""
        return Outs(
            {id_: one for id_, one in self.taken.items() if id_ not in self.over},
            {id_ for id_ in self.over if id_[1] > folded.get(id_[0], 0)},
        )


def encode_outs(outs: Outs) -> Json:
    return {
        "taken": [[*id_[:2], encode_taken(one)] for id_, one in outs.taken.items()],
        "over": sorted(outs.over),
    }


def decode_outs(raw: Json) -> Outs:
    outs = Outs()
    for rollout, seq, one in raw.get("taken", []):
        taken = decode_taken(one)
        outs.taken[str(rollout), int(seq), taken.key] = taken
    for rollout, seq, key in raw.get("over", []):
        outs.over.add((str(rollout), int(seq), str(key)))
    return outs
