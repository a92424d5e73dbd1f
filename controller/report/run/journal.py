"""Sentences about a journal that fails or answers late, and about requests that cannot be read."""

from controller.core import events as e
from controller.core.gates.figures import span
from controller.core.state.state import State
from controller.runner.recorder import PATIENCE


def journal_said(event: e.JournalSeen, before: State) -> str:
    if event.fault:
        return f"the journal cannot be used: {event.fault}"
    if event.is_silent:
        what = f"cannot be written: {event.why}" if event.why else "does not answer"
        return (
            f"the journal {what}: gates are judged, but no further step begins until it does, and "
            f"the rollout halts when that lasts for {span(PATIENCE)}"
        )
    is_back = before.journal.is_silent and not event.is_late
    return "the journal answers again" if is_back else ""


def requests_said(fault: str, before: State) -> tuple[str, str] | None:
    if fault and not before.unheard:
        return "", f"the journal cannot be read: {fault}; no further step begins until it can"
    return ("", "the journal can be read again") if before.unheard and not fault else None
