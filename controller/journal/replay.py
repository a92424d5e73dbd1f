"""Replay: the state of a rollout from its journal."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from controller import chain
from controller.core.phases import IllegalMove
from controller.core.plan.plan import Plan
from controller.core.state.apply import apply
from controller.core.state.invariants import InvariantBroken
from controller.core.state.state import State, initial
from controller.errors import StateError
from controller.journal.codec import PLAN, decode
from controller.journal.snapshots import decoded
from controller.ports import Journal
from controller.records import Record, Snapshot


@dataclass(frozen=True, slots=True)
class Known:
    """A rollout as its journal has it."""

    plan: Plan
    state: State
    last: Record


def replay(records: Iterable[Record]) -> tuple[Plan, State]:
    """Plan and state after all of a rollout's records. Raises StateError."""
    plan: Plan | None = None
    state: State | None = None
    former: Record | None = None
    for record in records:
        require_next(former, record)
        former = record
        if record.kind == PLAN:
            plan = decode(record.kind, record.body)
            state = initial(plan)
        elif plan is None or state is None:
            raise StateError(f"rollout {record.rollout} has no plan in the journal")
        else:
            state = applied(plan, state, record)
    if plan is None or state is None:
        raise StateError("the journal has no plan for this rollout")
    return plan, state


def applied(plan: Plan, state: State, record: Record) -> State:
    """The state after one more record. Raises StateError for one that does not follow."""
    value = decode(record.kind, record.body)
    try:
        return apply(plan, state, value, record.at)
    except (IllegalMove, InvariantBroken, LookupError, AssertionError) as error:
        raise StateError(
            f"record {record.seq} of rollout {record.rollout}, a {record.kind}, does not follow "
            f"from those before it ({error}): some were lost or doubled, or another version of "
            f"poolroll wrote it; `history {record.rollout} --verify` says more"
        ) from None


def require_next(former: Record | None, record: Record) -> None:
    """Raises StateError where a record was changed, lost or doubled since `former`."""
    if former is None or not former.hash:
        return
    if record.hash != chain.following(former.hash, record):
        raise StateError(
            f"record {record.seq} of rollout {record.rollout}, a {record.kind}, does not follow "
            f"record {former.seq}: one was lost, doubled or changed; restore a copy of the "
            f"journal, or see `history {record.rollout} --verify`"
        )


async def replayed(journal: Journal, rollout: str) -> Known:
    """From its snapshot, where there is one that can be read. Raises StateError, also for one
    that contradicts its record."""
    snapshot = await journal.snapshot(rollout)
    if snapshot is not None:
        first = await journal.records(rollout, 0, 1)
        since = await journal.records(rollout, snapshot.seq - 1)
        if first and (known := _from(snapshot, first[0], since)) is not None:
            return known
    records = await journal.records(rollout)
    plan, state = replay(records)
    return Known(plan, state, records[-1])


def _from(snapshot: Snapshot, first: Record, since: Sequence[Record]) -> Known | None:
    """None: the snapshot is of another version."""
    if first.kind != PLAN:
        return None
    plan: Plan = decode(PLAN, first.body)
    try:
        state = decoded(plan, snapshot.body)
    except (ValueError, LookupError, TypeError) as error:
        raise contradiction(snapshot, f"it is damaged ({type(error).__name__})") from None
    if state is None:
        return None
    if not since or (since[0].seq, since[0].hash) != (snapshot.seq, snapshot.hash):
        raise contradiction(snapshot, "that record is not there, or another one")
    former, *later = since
    for record in later:
        require_next(former, record)
        state, former = applied(plan, state, record), record
    return Known(plan, state, former)


def contradiction(snapshot: Snapshot, why: str) -> StateError:
    return StateError(
        f"the snapshot of rollout {snapshot.rollout} at record {snapshot.seq} does not fit its "
        f"journal: {why}; restore a copy of the journal, or see "
        f"`history {snapshot.rollout} --verify`"
    )
