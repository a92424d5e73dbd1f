"""Errors of our own in a run: which came first, and what is told of it. The rollout is brought to
rest first (`controller.core.decide.bug`); the traceback is for afterwards."""

from typing import Final

from controller.core.events import BugSeen
from controller.secrets import Secrets

MOST: Final = 300
"""Characters of an error that are told; all of it is in the traceback."""


class Bugs:
    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self.first: BaseException | None = None

    def seen(self, error: BaseException, where: str) -> BugSeen:
        """`where`: what raised it, for people."""
        self.first = self.first or error
        return BugSeen(f"{_line(error, self._secrets)} ({where})")


def _line(error: BaseException, secrets: Secrets) -> str:
    """Its text may hold anything, a secret too (S12)."""
    try:
        said = " ".join(secrets.masked(str(error)).split())[:MOST]
    except Exception:  # noqa: BLE001 - the text of an error may be what is wrong with it
        said = ""
    name = type(error).__name__
    return f"{name}: {said}" if said else name
