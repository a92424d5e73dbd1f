"""`python -m tests.adapters.haproxy.record HAPROXY…` records the replies of each program anew.

The commands are the adapter's own, taken from where it makes them. Needed when it asks something
new: then again with a program of every version that is under `recorded`.
"""

import asyncio
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from adapters.clock import SystemClock
from adapters.demo.haproxy import HaproxyProcess, worker_at
from adapters.haproxy import orders
from adapters.haproxy.balancer import HaproxyLoadBalancer
from adapters.haproxy.facts import FACTS
from adapters.haproxy.lines import Server
from adapters.haproxy.query import (
    SHOW_BACKENDS,
    SHOW_FRONTENDS,
    SHOW_INFO,
    SHOW_SERVERS,
    Ids,
    backend_view,
    questions,
    rows_in,
)
from adapters.haproxy.wire import Command
from controller.core.pool import Admin, Check, Health, Line, found_in
from tests.adapters.haproxy.scenes import (
    ALL,
    BACKENDS,
    RECORDED,
    REFUSED,
    REST,
    SETTING,
    config,
    keep,
    master_config,
)
from tests.adapters.haproxy.site import get
from tests.support.runtime import ask, info
from tests.support.waiting import until

ADD = "experimental-mode on; add server kinds/dyn 127.0.0.1:9 weight 7"
"""2.2 knows no servers that are added at run time."""


class Recorder:
    """Asks one HAProxy that runs, and keeps what it says."""

    def __init__(self, version: str, folder: Path) -> None:
        self._version = version
        self._folder = folder
        self._endpoint = f"unix:{folder}/admin"
        self._balancer = HaproxyLoadBalancer([self._endpoint], ALL, SystemClock())
        self._ids: dict[str, Ids] = {}

    async def ask(self, scene: str, *commands: Command, endpoint: str = "admin") -> list[str]:
        replies = []
        for command in commands:
            reply = await ask(f"unix:{self._folder}/{endpoint}", " ".join(command))
            keep(self._version, scene, command, reply)
            replies.append(reply.removesuffix("\n\n"))
        return replies

    async def rest(self) -> None:
        await until(self._is_steady, what="every check to have passed")
        *_, backends, servers = await self.ask(REST, *FACTS)
        await self.ask(REST, SHOW_FRONTENDS)
        for row in rows_in("it", SHOW_BACKENDS, backends):
            self._ids[row.text("pxname")] = Ids(row.number("iid"))
        for row in rows_in("it", SHOW_SERVERS, servers):
            known = self._ids[row.text("pxname")]
            members = {**known.servers, row.text("svname"): row.number("sid")}
            self._ids[row.text("pxname")] = Ids(known.backend, members)
        for backend in ALL:
            await self.ask(REST, *questions(backend, self._ids[backend], None))
        for backend in (*BACKENDS, "static"):
            member = next(iter(self._ids[backend].servers))
            await self.ask(REST, *questions(backend, self._ids[backend], (member,))[1:])

    async def course(self) -> None:
        """a1 out of rotation and back."""
        then = found_in((self._endpoint, server.line) for server in await self._a1())
        await self._scene("draining", orders.drain(await self._a1()))
        await self._scene("out", orders.take_out(await self._a1()))
        await self._scene("cut", orders.cut(await self._a1()))
        await self._scene("returning", orders.begin_return(await self._a1()))
        await until(self._has_passed, what="a1 to pass its checks")
        await self._look("passed")
        await self._scene("back", orders.put_back(self._endpoint, await self._a1(), then))

    async def others(self) -> None:
        await self.ask("refused", *REFUSED)
        await self.ask("operator", ("show", "cli", "level"), SETTING, endpoint="operator")
        await self.ask("user", *FACTS[1:], SETTING, endpoint="user")
        for endpoint in ("number", "string"):
            await self.ask(endpoint, ("show", "cli", "level"), REFUSED[0], endpoint=endpoint)
        await ask(self._endpoint, "set server kinds/slow state maint")
        await ask(self._endpoint, "set server kinds/slow state ready")
        await self.ask("warming", *questions("kinds", self._ids["kinds"], None))

    async def _scene(self, name: str, made: Iterable[orders.Order]) -> None:
        for order in made:
            for stage in order.stages:
                await self.ask(name, *stage)
        await self._look(name)

    async def _look(self, scene: str) -> None:
        """What of a look may have changed: states."""
        for backend in BACKENDS:
            await self.ask(scene, questions(backend, self._ids[backend], ("a1",))[0])

    async def _a1(self) -> list[Server]:
        servers: list[Server] = []
        for backend in BACKENDS:
            asked = questions(backend, self._ids[backend], ("a1",))
            replies = [await ask(self._endpoint, " ".join(command)) for command in asked]
            whole = [reply.removesuffix("\n\n") for reply in replies]
            view = backend_view("it", backend, asked, whole, ("a1",))
            assert view is not None
            servers += view.servers
        return servers

    async def _is_steady(self) -> bool:
        """Nobody shows the warm-up of a start, or a check that has not ended."""
        view = await self._balancer.look(self._endpoint, None)
        return all(line.health is not Health.FAILING for line in view.lines if has_check(line))

    async def _has_passed(self) -> bool:
        (line,) = [one.line for one in await self._a1() if one.has_own_check]
        return line.admin is Admin.DRAINING and line.health is Health.PASSING


def has_check(line: Line) -> bool:
    return line.check is not Check.NONE


async def record(program: Path) -> str:
    """Returns the version."""
    with tempfile.TemporaryDirectory(prefix="rec-") as name, ports() as (front, healthy):
        folder = Path(name)
        process = HaproxyProcess(program, folder, config(folder, front, healthy))
        await process.start()
        try:
            endpoint = f"unix:{folder}/admin"
            version = ".".join((await info(endpoint))["Version"].split(".")[:2])
            shutil.rmtree(RECORDED / version, ignore_errors=True)
            await ask(endpoint, ADD)
            await get(front, cookie="SRV=a1")  # a request that nobody answers
            recorder = Recorder(version, folder)
            await recorder.rest()
            await recorder.course()
            await recorder.others()
        finally:
            await process.stop()
        if not await record_master(program, folder, version, "nbproc 2"):
            await record_master(program, folder, version)
    return version


async def record_master(program: Path, folder: Path, version: str, more: str = "") -> bool:
    """What a master process says to our question, and what one of several processes does.
    False: this version does not start with `more`."""
    config = folder / "master.cfg"
    config.write_text(master_config(folder, more))
    argv: list[str | Path] = [program, "-W", "-S", f"{folder}/master", "-f", config]
    quiet = subprocess.DEVNULL
    master = await asyncio.create_subprocess_exec(*argv, stdout=quiet, stderr=quiet)

    async def is_decided() -> bool:
        return master.returncode is not None or await worker_at(f"{folder}/admin") is not None

    try:
        await until(is_decided, what="a worker, or the end")
        if master.returncode is not None:
            return False
        said = await until(lambda: heard(folder / "master"), what="the master to answer")
        keep(version, "master", SHOW_INFO, said)
        if more:
            reply = await ask(f"unix:{folder}/admin", " ".join(SHOW_INFO))
            keep(version, "processes", SHOW_INFO, reply)
        return True
    finally:
        if master.returncode is None:
            master.terminate()
        async with asyncio.timeout(60):
            await master.wait()


async def heard(path: Path) -> str:
    """What is said until the first empty line: a master does not close the connection. Nothing,
    while nobody listens."""
    try:
        reader, writer = await asyncio.open_unix_connection(path)
    except ConnectionRefusedError:
        return ""
    try:
        writer.write(" ".join(SHOW_INFO).encode() + b"\n")
        return (await reader.readuntil(b"\n\n")).decode()
    finally:
        writer.close()
        await writer.wait_closed()


@contextmanager
def ports() -> Iterator[tuple[int, int]]:
    """Two that nobody else gets meanwhile (socket(7), SO_REUSEPORT)."""
    with socket.socket() as one, socket.socket() as other:
        for holder in (one, other):
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
            holder.bind(("127.0.0.1", 0))
        yield one.getsockname()[1], other.getsockname()[1]


async def main(programs: list[str]) -> None:
    for program in programs:
        print(f"{program}: {await record(Path(program))}")


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1:]))
