"""A fake of `controller.ports.Hosts`: hosts that answer as they are told to."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from controller.hosts_seen import Free, HostQuestion, HostSeen, HostTrouble

FINE = HostSeen(
    user="root",
    boot_id="0b1c2d3e-1111",
    name="web",
    kernel="5.14.0",
    init="systemd",
    packages="dnf",
    free=(Free("/", 4 << 20, "/"), Free("/boot", 400 << 10, "/boot")),
    needs_reboot=False,
)
OWN = replace(FINE, boot_id="ffffffff-0000", name="admin", addresses=frozenset({"192.0.2.9"}))
GONE = HostTrouble("web1 does not answer to ssh: Connection refused", is_away=True)


def fine(number: int) -> HostSeen:
    """A host that has its own boot id, and so on."""
    return replace(FINE, boot_id=f"{number}b1c2d3e-1111", name=f"web{number}")


@dataclass
class FakeHosts:
    answers: Mapping[str, HostSeen | HostTrouble] = field(default_factory=dict)
    """By host; any other is fine."""
    own_machine: HostSeen = OWN
    lost: str = ""
    takes: Mapping[str, float] = field(default_factory=dict)
    """Seconds, by host."""
    asked: list[HostQuestion] = field(default_factory=list)
    now: int = 0
    most: int = 0

    async def look(self, question: HostQuestion) -> HostSeen | HostTrouble:
        host = str(question.access.host)
        self.asked.append(question)
        self.now += 1
        self.most = max(self.most, self.now)
        try:
            await asyncio.sleep(self.takes.get(host, 0.01))
        finally:
            self.now -= 1
        return self.answers.get(host) or replace(FINE, boot_id=f"{host}-boot", name=host)

    async def own(self) -> HostSeen:
        return self.own_machine

    def forgotten(self) -> str:
        return self.lost
