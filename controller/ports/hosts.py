"""What hosts of members are like, before anything is touched."""

from typing import Protocol

from controller.hosts_seen import HostQuestion, HostSeen, HostTrouble


class Hosts(Protocol):
    """Looks at hosts, and at the machine that poolroll runs on. Writes nothing anywhere."""

    async def look(self, question: HostQuestion) -> HostSeen | HostTrouble:
        """One connection, which is tried once more where it broke at once. Ends by itself within a
        minute; cancelling ends it."""

    async def own(self) -> HostSeen:
        """This machine. Empty where it cannot be told."""

    def forgotten(self) -> str:
        """Why a reboot of this machine would lose poolroll's state; empty: it would not."""
