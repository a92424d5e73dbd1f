"""Who is told."""

from collections.abc import Collection
from datetime import timedelta
from typing import Protocol

from controller.records import Notice, Undelivered


class Notifier(Protocol):
    """One receiver of notices. Nothing it meets reaches the rollout."""

    @property
    def name(self) -> str:
        """For people: which entry of the rollout file, and nothing secret."""

    @property
    def events(self) -> Collection[str]:
        """What it wants to hear of."""

    @property
    def within(self) -> timedelta:
        """Time limit of one try."""

    async def deliver(self, notice: Notice, delivery: str) -> Undelivered | None:
        """Try once; None: delivered. `delivery` names the notice, the same on every try. Raises
        nothing for what it meets; to cancel it, which sets the limit, leaves nothing running."""

    async def aclose(self) -> None: ...


class AnsweringNotifier(Notifier, Protocol):
    """One that also remembers what its receiver said."""

    @property
    def answer(self) -> str:
        """To the last notice that it took, for people; empty before."""
