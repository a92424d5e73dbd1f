"""The client of HAProxy's Runtime API: one connection for each command line.

A persistent connection would still reach the old worker after a reload, so there is none.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Final

from adapters.haproxy.wire import (
    Command,
    line_of,
    lines_for,
    refusal,
    silence,
    split_replies,
)
from controller.errors import (
    BalancerError,
    BalancerUnreachable,
    MalformedReply,
    Unsupported,
    UsageFault,
)
from controller.pools.haproxy import Endpoint, NotAnEndpoint, UnixEndpoint, parse_endpoint

CONNECTIONS = 2
"""Connections at once per instance: `stats maxconn` is 10 by default and shared with other tools,
and a connection beyond it hangs."""
REPLY_LIMIT = 16 * 1024 * 1024
"""Bytes; the whole view of 10,000 servers is about 6 MiB."""
_CHUNK = 256 * 1024

_RUNS = "that HAProxy runs; `stats socket` in its configuration names it"

WHO: Final[Command] = ("show", "info")
SPEAKS_HTTP: Final = (
    "it speaks HTTP: a stats page or a proxied site, not a Runtime API; name a `stats socket` of "
    "the configuration"
)


def endpoint_of(api: str) -> Endpoint:
    """`api` as an endpoint. Raises UsageFault for an invalid one."""
    try:
        return parse_endpoint(api)
    except NotAnEndpoint as fault:
        which = "this " if fault.part is None else f"{api}: "
        raise UsageFault(f"{which}{fault.problem}") from None


class RuntimeClient:
    """Client of one Runtime API (HAProxy management guide, section 9.3)."""

    def __init__(self, instance: str, endpoint: Endpoint, deadline: timedelta) -> None:
        """`deadline`: time limit of one exchange, from connecting to the last byte."""
        self.instance = instance
        self._endpoint = endpoint
        self._deadline = deadline
        self._slots = asyncio.Semaphore(CONNECTIONS)

    async def ask(self, *commands: Command) -> tuple[str, ...]:
        """Send `commands`, all to the same worker; one reply each. As one line where they fit;
        more are for questions alone.

        Raises CommandRefused before anything is sent when a word contains unsafe characters;
        BalancerUnreachable, BalancerTimeout, MalformedReply.
        """
        lines = lines_for(commands)
        if len(lines) == 1:
            return await self._ask_line(commands)
        replies: list[str] = []
        workers: set[str] = set()
        for line in lines:
            info, *rest = await self._ask_line((WHO, *line))
            workers |= {one for one in info.split("\n") if one.startswith("Pid: ")}
            replies += rest
        if len(workers) != 1:
            raise BalancerUnreachable(self.instance, "it was reloaded between two questions")
        return tuple(replies)

    async def _ask_line(self, commands: Sequence[Command]) -> tuple[str, ...]:
        line = line_of(self.instance, commands)
        async with self._slots:
            raw = await self._exchange(line)
        if raw.startswith(b"HTTP/"):
            raise Unsupported(self.instance, SPEAKS_HTTP)
        replies, is_whole = split_replies(raw.decode(errors="replace"))
        if not is_whole or len(replies) < len(commands):
            raise BalancerUnreachable(
                self.instance, "the answer broke off" if raw else "closed without an answer"
            )
        if len(replies) > len(commands):
            raise MalformedReply(
                self.instance, f"{len(replies)} replies to {len(commands)} commands"
            )
        return tuple(replies)

    async def set(self, *commands: Command) -> None:
        """Send settings as one line. HAProxy performs all of them, also after one it refuses.

        Raises what `ask` does, and for the first refusal PermissionTooLow, NoSuchBackend,
        NoSuchMember or CommandRefused.
        """
        replies = await self.ask(*commands)
        for command, reply in zip(commands, replies, strict=True):
            if reply:
                raise refusal(self.instance, command, reply)

    async def _exchange(self, line: bytes) -> bytes:
        heard: list[bytes] = []
        try:
            async with (
                asyncio.timeout(self._deadline.total_seconds()),
                self._connection() as (
                    reader,
                    writer,
                ),
            ):
                writer.write(line)
                await writer.drain()
                await self._read(reader, heard)
                return b"".join(heard)
        except TimeoutError:
            text = b"".join(heard).decode(errors="replace")
            raise silence(self.instance, text, self._deadline.total_seconds()) from None
        except OSError as error:
            raise self._not_opened(error) from error

    def _not_opened(self, error: OSError) -> BalancerError:
        path = Path(self._endpoint.path) if isinstance(self._endpoint, UnixEndpoint) else None
        mend = "check the address and the network"
        match error:
            case FileNotFoundError():
                fault, mend = "there is no such socket", f"check the path and {_RUNS}"
            case ConnectionRefusedError() if path and not path.is_socket():
                fault = f"this is a {'folder' if path.is_dir() else 'file'}, not a socket"
                return Unsupported(self.instance, f"{fault}; name the path of a `stats socket`")
            case ConnectionRefusedError():
                fault = "connection refused: nothing listens there"
                mend = f"check the address and {_RUNS}"
            case PermissionError() if path:
                fault = "this user may not open the socket (permission denied)"
                mend = "join the group of that socket, or use sudo"
            case _:
                fault = f"no connection: {error.strerror or error}"
        return BalancerUnreachable(self.instance, fault, mend)

    async def _read(self, reader: asyncio.StreamReader, heard: list[bytes]) -> None:
        """Add to `heard` until the connection is closed."""
        size = 0
        while chunk := await reader.read(_CHUNK):
            heard.append(chunk)
            size += len(chunk)
            if size > REPLY_LIMIT:
                raise MalformedReply(self.instance, f"an answer of more than {REPLY_LIMIT} bytes")

    @asynccontextmanager
    async def _connection(
        self,
    ) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
        if isinstance(self._endpoint, UnixEndpoint):
            reader, writer = await asyncio.open_unix_connection(self._endpoint.path, limit=_CHUNK)
        else:
            reader, writer = await asyncio.open_connection(
                self._endpoint.host, self._endpoint.port, limit=_CHUNK
            )
        try:
            yield reader, writer
        finally:
            writer.transport.abort()
