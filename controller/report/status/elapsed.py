"""How long a rollout has taken."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from controller.core.events import RunBegan
from controller.records import Record


def elapsed(records: Sequence[Record]) -> timedelta:
    """Until the last record. Within a run by the monotonic clock, which nobody sets; between two
    runs, perhaps on two boots, by the wall clock, and never backwards."""
    whole, has_begun = timedelta(0), False
    for last, record in pairwise(records):
        is_run = record.kind == RunBegan.__name__
        whole += since(last.wall, record.wall) if is_run and has_begun else record.at - last.at
        has_begun |= is_run
    return whole


def since(last: datetime, then: datetime) -> timedelta:
    """Between two processes, by the wall clock."""
    return max(timedelta(0), then - last)
