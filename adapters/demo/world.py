"""A small world on loopback: apps, and one or more HAProxys in front of them."""

import asyncio
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import AsyncExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from adapters.demo import upgrade
from adapters.demo.app import BACKLOG
from adapters.demo.config import Endpoints, Shape, haproxy_config
from adapters.demo.haproxy import HaproxyProcess
from adapters.demo.rollout import merged, rollout, to_yaml
from adapters.demo.upgrade import Fault, Home
from controller.errors import PoolrollError

T = TypeVar("T")


class World:
    """`async with World(folder, haproxy=find_haproxy()) as world: …`

    `folder` belongs to the world alone; its path must be short (a UNIX socket's address holds 107
    bytes, unix(7)). Every port is reserved for as long as the world stands, so a stopped app or
    HAProxy finds its own again. On the way out everything is ended, apps that upgrades started
    too; if this process is killed, HAProxy dies with it, and the apps see their lifeline end.
    """

    def __init__(
        self,
        folder: Path,
        members: int = 4,
        *,
        haproxy: Path,
        instances: int = 1,
        launcher: Sequence[str] = (),
        forker: Path | None = None,
        **shape: Any,
    ) -> None:
        """`launcher`: see `HaproxyProcess`; `forker`: the socket of one that outlives this world,
        which then needs none of its own (see `upgrade.start_forker`); `shape`: see
        `adapters.demo.config.Shape`."""
        self.folder = folder.absolute()
        self.members = tuple(f"web{number}" for number in range(1, members + 1))
        self.ports: dict[str, int] = {}
        """Of the members' apps."""
        self.haproxies: list[HaproxyProcess] = []
        self.frontends: list[int] = []
        """Ports on 127.0.0.1, one for each HAProxy; the endpoints are in the same order."""
        self.exporters: list[int] = []
        """Ports on 127.0.0.1 that serve `/metrics`, in the same order; with `exporter=True`."""
        self.unix_endpoints: list[str] = []
        self.operator_endpoints: list[str] = []
        """Of a level that may read, and may set nothing."""
        self.tcp_endpoints: list[str] = []
        """Empty with `tcp=False`."""
        self._binary = haproxy
        self._launcher = launcher
        self._instances = instances
        self._forker = forker
        self._shape = Shape(**shape)
        self._children: list[subprocess.Popen[bytes]] = []
        self._exit = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Return when every app listens and every HAProxy answers. Raises PoolrollError."""
        async with AsyncExitStack() as stack:
            self._hold_lifeline(stack)
            stack.push_async_callback(self._stop_apps)
            self._start_forker(stack)
            for name in self.members:
                self.ports[name] = _reserve(stack)
                home = self.home(name)
                home.write_port(self.ports[name])
                upgrade.write_state(home, {"version": "v1"})
                self._start_app(home)
            for name in self.members:
                await _in_thread(upgrade.wait_listening, self.home(name))
            for number in range(1, self._instances + 1):
                await self._start_haproxy(number, stack)
            self._exit = stack.pop_all()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self._exit.aclose()

    def home(self, name: str) -> Home:
        return Home(self.folder, name)

    async def member_versions(self) -> dict[str, str | None]:
        """What each running app says it is; None for one that does not answer."""
        homes = [self.home(name) for name in self.members]
        asked = [_in_thread(upgrade.running_version, home) for home in homes]
        return dict(zip(self.members, await asyncio.gather(*asked), strict=True))

    def app_pid(self, name: str) -> int | None:
        """Process id of the member's app, or None when it does not run."""
        return upgrade.running_pid(self.home(name))

    async def stop_app(self, name: str) -> None:
        """Return when the app is gone; whatever it had in hand is cut."""
        await _in_thread(upgrade.stop_app, self.home(name))

    async def start_app(self, name: str) -> None:
        """Start a stopped app with the state file that it has; return when it listens.

        Raises PoolrollError when it runs already.
        """
        if self.app_pid(name):
            raise PoolrollError(f"{name}: runs already")
        self._start_app(self.home(name))
        await _in_thread(upgrade.wait_listening, self.home(name))

    def set_behaviour(self, name: str, **values: Any) -> None:
        """Lay `values` upon the member's state file (see `adapters.demo.app`); in force from its
        next request on. A new `version` is in force from its next start on."""
        home = self.home(name)
        upgrade.write_state(home, upgrade.read_state(home) | values)

    def upgrade_argv(
        self,
        to: str,
        behaviour: Mapping[str, Any] | None = None,
        *,
        member: str = "${member.name}",
        takes_ms: float = 50,
    ) -> list[str]:
        """The command of an upgrade as a rollout file has it; with a `member` in its place it
        can be run as it stands."""
        argv = [*self._tool(member), "--to", to, "--takes-ms", f"{takes_ms:g}"]
        return argv + (["--behaviour", json.dumps(behaviour)] if behaviour else [])

    def rollout_file(self, **overrides: Any) -> Path:
        """Write `rollout.yml` for this world: v1→v2 in small times, with `overrides` laid upon it
        (a value of None takes its key away)."""
        tool = self._tool("${member.name}")
        base = rollout(self.unix_endpoints, self._shape.backends, len(self.members), tool)
        path = self.folder / "rollout.yml"
        path.write_text(to_yaml(merged(base, overrides)))
        return path

    def _tool(self, member: str) -> list[str]:
        script = str(Path(upgrade.__file__).with_name("tool.py"))
        folder = str(self.folder)
        if "$" in member:
            script, folder = script.replace("$", "$$"), folder.replace("$", "$$")
        return [sys.executable, "-I", "-S", script, "--folder", folder, f"--member={member}"]

    def _hold_lifeline(self, stack: AsyncExitStack) -> None:
        path = self.home("").lifeline
        os.mkfifo(path)
        stack.callback(os.unlink, path)
        stack.callback(os.close, os.open(path, os.O_RDWR | os.O_NONBLOCK))

    def _start_forker(self, stack: AsyncExitStack) -> None:
        """One process imports what apps need, and all of them are forked from it."""
        home = self.home("")
        stack.callback(Path(home.forker).unlink, missing_ok=True)
        if self._forker is not None:
            Path(home.forker).symlink_to(self._forker)
            return
        with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as listener:
            listener.bind(home.forker)
            listener.listen(BACKLOG)
            self._children.append(upgrade.start_forker(home, listener.fileno()))

    def _start_app(self, home: Home) -> None:
        if (child := upgrade.start_app(home)) is not None:
            self._children.append(child)

    async def _start_haproxy(self, number: int, stack: AsyncExitStack) -> None:
        folder = self.folder / f"lb{number}"
        folder.mkdir()
        endpoints = Endpoints(
            _reserve(stack),
            folder / "admin.sock",
            folder / "op.sock",
            _reserve(stack) if self._shape.tcp else None,
            exporter=_reserve(stack) if self._shape.exporter else None,
        )
        config = haproxy_config(self._shape, endpoints, self.ports)
        process = HaproxyProcess(self._binary, folder, config, launcher=self._launcher)
        await process.start()
        stack.push_async_callback(process.stop)
        self.haproxies.append(process)
        self.frontends.append(endpoints.frontend)
        self.exporters += [] if endpoints.exporter is None else [endpoints.exporter]
        self.unix_endpoints.append(f"unix:{endpoints.admin}")
        self.operator_endpoints.append(f"unix:{endpoints.operator}")
        if endpoints.tcp is not None:
            self.tcp_endpoints.append(f"tcp:127.0.0.1:{endpoints.tcp}")

    async def _stop_apps(self) -> None:
        homes = [self.home(name) for name in self.members]
        pids = [pid for home in homes if (pid := upgrade.running_pid(home))]
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGTERM)
        for home in homes:
            await _in_thread(upgrade.stop_app, home)
        for child in self._children:
            child.kill()
            child.wait()


def _reserve(stack: AsyncExitStack) -> int:
    """A port on loopback that nobody else is given: bound here, never listening; who is to have
    it binds it as well (socket(7), SO_REUSEPORT; HAProxy does so by itself)."""
    holder = stack.enter_context(socket.socket())
    holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    holder.bind(("127.0.0.1", 0))
    port: int = holder.getsockname()[1]
    return port


async def _in_thread(work: Callable[[Home], T], home: Home) -> T:
    """Run what waits for a process. Raises PoolrollError for its Fault."""
    try:
        return await asyncio.to_thread(work, home)
    except Fault as error:
        raise PoolrollError(str(error)) from error
