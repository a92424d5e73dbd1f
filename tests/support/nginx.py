"""A real nginx on a free port of loopback, in front of members that have addresses of their own."""

import asyncio
import os
import socket
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from pathlib import Path

from tests.support.hosts.sshd import program
from tests.support.waiting import until

CONFIG = """daemon off;
user {user};
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    upstream web {{
        include {folder}/pool.d/*.conf;
    }}
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://web; }}
    }}
}}
"""


class Nginx:
    """`folder`: its own. What it balances over are the files in `pool`, one a member."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.pool = folder / "pool.d"
        self.port = 0
        self.pool.mkdir(parents=True)

    @property
    def command(self) -> str:
        """As its scripts call it."""
        conf = f"-p {self.folder} -c {self.folder}/nginx.conf"
        return f"{program('nginx')} -e {self.folder}/error.log {conf}"

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        with socket.socket() as holder:
            # Nobody else is given the port; nginx binds it as well (socket(7), SO_REUSEADDR).
            holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            holder.bind(("127.0.0.1", 0))
            self.port = holder.getsockname()[1]
            user = "root" if os.geteuid() == 0 else "nobody"
            text = CONFIG.format(folder=self.folder, port=self.port, user=user)
            (self.folder / "nginx.conf").write_text(text)
            process = subprocess.Popen(  # noqa: ASYNC220 - it does not wait
                self.command.split(), stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            try:
                await until(self._answers, 60, "nginx")
                yield
            finally:
                process.terminate()
                await asyncio.to_thread(process.wait)

    async def _answers(self) -> bool:
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", self.port)
        except OSError:
            return False
        writer.close()
        return True


@asynccontextmanager
async def at_addresses(targets: Mapping[str, int]) -> AsyncIterator[int]:
    """Address of loopback → port of 127.0.0.1 that is reached there, by the port that is returned:
    the same at each address, as hosts of a pool have it."""
    async with AsyncExitStack() as stack:
        first, *others = targets.items()
        while True:
            async with AsyncExitStack() as trial:
                server = await trial.enter_async_context(_forwarder(*first))
                port: int = server.sockets[0].getsockname()[1]
                try:
                    for address, target in others:
                        await trial.enter_async_context(_forwarder(address, target, port))
                except OSError:  # somebody has that port there
                    continue
                stack.push_async_exit(trial.pop_all())
                break
        yield port


@asynccontextmanager
async def _forwarder(address: str, target: int, port: int = 0) -> AsyncIterator[asyncio.Server]:
    async def serve(here: asyncio.StreamReader, back: asyncio.StreamWriter) -> None:
        with suppress(OSError):
            there, out = await asyncio.open_connection("127.0.0.1", target)
            await asyncio.gather(_pump(here, out), _pump(there, back))
        back.close()

    server = await asyncio.start_server(serve, address, port)
    try:
        yield server
    finally:
        server.close()


async def _pump(source: asyncio.StreamReader, to: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(65536):
            to.write(chunk)
            await to.drain()
    to.close()
