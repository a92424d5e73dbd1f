"""What a rollout file wants to be told of a run: why, and on which order."""

from controller.config import RolloutFile
from controller.core.gates.patterns import is_match
from controller.core.state.state import State


def told(given: str, state: State | None, name: str) -> str:
    """What this run says, or the one that it goes on with."""
    former = state.run if state is not None else None
    return given or (str(getattr(former, name)) if former is not None else "")


def lacking(file: RolloutFile, reason: str, ticket: str) -> list[str]:
    """Reasons to refuse; one line each."""
    wanted = file.rollout.require
    if wanted is None:
        return []
    found = []
    if wanted.reason and not reason.strip():
        found.append("`require` in the rollout file wants a reason: add --reason TEXT")
    if wanted.ticket is not None and not is_match(wanted.ticket, ticket):
        was = f"{ticket!r} is none" if ticket else "there is none"
        found.append(
            f"`require` in the rollout file wants a ticket like {wanted.ticket}, and {was}: "
            "add --ticket ID"
        )
    return found


def wanted_line(file: RolloutFile) -> list[str]:
    """For the plan."""
    wanted = file.rollout.require
    if wanted is None:
        return []
    parts = ["--reason TEXT"] * wanted.reason
    parts += [f"--ticket ID (like {wanted.ticket})"] if wanted.ticket is not None else []
    return [f"`run` needs {' and '.join(parts)}: `require` in the rollout file"] * bool(parts)
