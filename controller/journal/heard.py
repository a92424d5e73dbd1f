"""Whether a run has acted on an operator's request, according to the journal."""

from typing import Final

from controller.core.events import AbortRequested, PauseRequested, ResumeRequested
from controller.journal.codec import decode
from controller.records import Record, Request

_KINDS: Final = frozenset(
    kind.__name__ for kind in (PauseRequested, ResumeRequested, AbortRequested)
)


def hears(record: Record, request: Request) -> bool:
    """Whether `record` is the event that `request` became. Raises StateError."""
    return record.kind in _KINDS and decode(record.kind, record.body).request == request.seq
