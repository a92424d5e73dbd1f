"""A machine that restarts: it owns a real sshd, goes down late, and comes back as it is told to."""

import asyncio
import signal
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from adapters.commands import processes
from tests.support.hosts.sshd import Sshd, new_key
from tests.support.waiting import until

OLD, NEW = "5.14.0-1.x86_64", "5.14.0-2.x86_64"


@dataclass(frozen=True)
class Boot:
    """Times in seconds."""

    kernel: str = NEW
    down_after: float = 0.3
    """So long it goes on after it was asked, or after the boot before."""
    down_for: float = 0.3
    starting_for: float = 0.3
    """So long its services take once sshd is up."""
    has_new_key: bool = False


async def _nothing() -> None: ...


class Machine:
    """`boots`: what follows when it is asked to restart; none: it does not come back. `reset`: what
    follows when its power is switched. `down`, `up`: what its app does then."""

    def __init__(
        self,
        folder: Path,
        boots: Sequence[Boot],
        reset: Boot | None = None,
        *,
        down: Callable[[], Awaitable[None]] = _nothing,
        up: Callable[[], Awaitable[None]] = _nothing,
    ) -> None:
        self.sshd = Sshd(folder)
        self.folder = folder
        self.asked, self.power = folder / "asked", folder / "power"
        self._boots, self._reset = boots, reset
        self._stop_app, self._start_app = down, up
        self._system, self._kernel = folder / "system", folder / "kernel"
        self._number = 1
        self._system.write_text("running\n")
        self._kernel.write_text(f"{OLD}\n")
        self.sshd.script("uname", f"cat {self._kernel}")
        self.sshd.script(
            "systemctl",
            f"case $1 in reboot) echo x >> {self.asked} ;; is-active) echo active ;; "
            f"is-system-running) cat {self._system} ;; esac",
        )

    @property
    def times_asked(self) -> int:
        return len(self.asked.read_text().split()) if self.asked.exists() else 0

    async def live(self) -> None:
        """As long as it is plugged in."""
        await until(lambda: self.times_asked, 300)
        if not self._boots:
            await self._down(0.3)
        for boot in self._boots:
            await self._through(boot)
        if self._reset is not None:
            await until(self.power.exists, 300)
            await self._through(self._reset)

    async def _down(self, after: float) -> None:
        await asyncio.sleep(after)
        self.sshd.stop()
        await self._stop_app()
        mine = f"POOLROLL_STEPS={self.folder}/steps"
        for pid in processes.pids():
            if mine in processes.read(f"/proc/{pid}/environ").split("\0"):
                processes.send(pid, signal.SIGKILL)

    async def _through(self, boot: Boot) -> None:
        await self._down(boot.down_after)
        await asyncio.sleep(boot.down_for)
        self._number += 1
        self.sshd.boot_id.write_text(f"{self._number}2222222-bbbb\n")
        self._kernel.write_text(f"{boot.kernel}\n")
        self._system.write_text("starting\n")
        if boot.has_new_key:
            new_key(self.folder / "host")
        await self.sshd.start()
        await asyncio.sleep(boot.starting_for)
        await self._start_app()
        self._system.write_text("running\n")


@asynccontextmanager
async def machine(
    folder: Path,
    *boots: Boot,
    reset: Boot | None = None,
    **app: Callable[[], Awaitable[None]],
) -> AsyncIterator[Machine]:
    """One that is up."""
    made = Machine(folder, boots, reset, **app)
    await made.sshd.start()
    life = asyncio.ensure_future(made.live())
    try:
        yield made
    finally:
        life.cancel()
        await asyncio.gather(life, return_exceptions=True)
        made.sshd.stop()
