"""Remembers places that nothing names while their pod is gone and the next is not made. Pure."""

from collections.abc import Sequence

from adapters.kubernetes.pods.workloads.base import Seen, Workload


class Memory:
    def __init__(self) -> None:
        self._known: dict[str, None] = {}
        """The one that was seen last comes last."""

    def vacant(self, kind: Workload, seen: Seen) -> Sequence[str]:
        """As many as are expected to be there: of those that are known, the ones seen last."""
        places = kind.places(seen)
        for place in places:
            self._known.pop(place, None)
            self._known[place] = None
        absent = [place for place in self._known if place not in places]
        count = kind.unseen(seen)
        return absent[-count:] if count else []
