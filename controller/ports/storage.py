"""What is kept: the journal, and requests to a running rollout."""

from collections.abc import AsyncGenerator, Collection, Mapping, Sequence
from typing import Protocol

from controller.core.pool import Instant, PoolKey
from controller.records import (
    Record,
    Request,
    Returned,
    RolloutRow,
    Snapshot,
    Summary,
    Taken,
    Verb,
)


class Journal(Protocol):
    """Everything durable about rollouts. Every write is on disk when it returns, whole or not at
    all, and writes take effect in the order of their calls, cancelled ones included. Raises
    StateError (`Record.trouble` says it before); Conflict when another process wrote, too."""

    async def begin(self, row: RolloutRow, at: Instant, kind: str, body: str) -> Record:
        """A new rollout with its first record, the plan."""

    async def append(
        self,
        rollout: str,
        at: Instant,
        kind: str,
        body: str,
        *,
        taken: Sequence[Taken] = (),
        returned: Sequence[Returned] = (),
    ) -> Record:
        """One record, and what it changes in the pool's record of members that are out: `taken`
        are added (the first record of a key stays: what was found is what is restored), `returned`
        are forgotten, under their keys and under those that this rollout took them by."""

    async def records(
        self, rollout: str, after: int = 0, most: int | None = None
    ) -> Sequence[Record]:
        """Those with a `seq` above `after`, oldest first, and of them the first `most`."""

    async def end(self, rollout: str, outcome: str, exit_code: int) -> None: ...
    async def taken_by(self, rollout: str) -> Sequence[Taken]: ...
    async def key(self) -> bytes: ...  # private to this state, not in the journal; or empty

    async def latest(self, name: str) -> RolloutRow | None:
        """The newest rollout of that name, ended or not."""

    async def rollout(self, rollout: str) -> RolloutRow | None:
        """The one with that id."""

    async def rollouts(
        self, name: str | None = None, most: int | None = None
    ) -> Sequence[RolloutRow]:
        """Newest first, and of them the first `most`."""

    async def newest(self) -> Sequence[RolloutRow]:
        """The newest of each name, newest first."""

    async def keep(self, summary: Summary, snapshot: Snapshot | None = None) -> None:
        """In the place of the former ones. Neither is a record: whoever has none reads records."""

    async def summary(self, rollout: str) -> Summary | None: ...
    async def snapshot(self, rollout: str) -> Snapshot | None: ...

    async def prune(self, rollout: str, by: str) -> None:
        """Forget the records and the file of a rollout that is over; its row and summary stay.
        Raises StateError for one that is not over."""

    async def note(self, name: str, key: str, text: str | None) -> None:
        """Keep a text about the rollouts of that name, which no prune forgets, in the place of the
        former one; None: forget it. A key is of letters, digits, `-` and `.`."""

    async def notes(self, name: str) -> Mapping[str, str]: ...  # by their keys, in their order

    async def taken(self, keys: Collection[PoolKey] | None = None) -> Sequence[Taken]:
        """Members that are out, under these keys or (None) all: a handful."""


class Requests(Protocol):
    """What operators ask of a rollout, from any process. Raises StateError."""

    async def ask(self, rollout: str, verb: Verb, reason: str, by: str) -> Request: ...

    async def pending(self, rollout: str, after: int) -> Sequence[Request]:
        """Those with a `seq` above `after`, oldest first."""

    def stream(self, rollout: str, after: int) -> AsyncGenerator[Request, None]:
        """The same, and then each further one within 0.2 s, without end."""


class Store(Protocol):
    """Journal and requests of one state folder, opened once for a process."""

    @property
    def journal(self) -> Journal: ...

    @property
    def requests(self) -> Requests: ...

    async def aclose(self) -> None:
        """Waits for writes, but not for ever. May be called again."""
