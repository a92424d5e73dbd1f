"""Connections over TCP and TLS that are closed at once, whenever they are given up.

Connecting by asyncio alone leaves none behind when it is cancelled, at whichever moment.
"""

import asyncio
import ssl
from ipaddress import ip_address
from typing import Final

_SECOND_ADDRESS: Final = 0.25
"""Seconds after which the next address of a name is tried beside the first (RFC 8305)."""

_ENDED: Final = "the server ended the connection in the handshake"


async def connected(
    host: str, port: int, local_address: str | None = None
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Raises OSError, and UnicodeError for a label that is too long for any name."""
    return await asyncio.open_connection(
        host,
        port,
        local_addr=(local_address, 0) if local_address is not None else None,
        happy_eyeballs_delay=None if _is_address(host) else _SECOND_ADDRESS,
    )


async def shake_hands(
    writer: asyncio.StreamWriter, context: ssl.SSLContext, name: str | None
) -> None:
    """Speak TLS from here on. Raises OSError; whatever it raises, the connection is gone."""
    try:
        await writer.start_tls(context, server_hostname=name)
    except BaseException as error:
        writer.transport.abort()
        if isinstance(error, ConnectionResetError) and not error.args:
            # asyncio's own: the peer ended it, and nothing of the network is at fault.
            raise ssl.SSLEOFError(ssl.SSL_ERROR_EOF, _ENDED) from error
        raise


async def close(writer: asyncio.StreamWriter) -> None:
    """At once: a peer may never answer the farewell of TLS."""
    writer.transport.abort()
    # What it waits for is shared: given up here, it would be given up for whoever closes again.
    closing = asyncio.create_task(writer.wait_closed())
    closing.add_done_callback(_retrieved)
    await asyncio.wait((closing,))


def _is_address(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def _retrieved(closing: asyncio.Task[None]) -> None:
    """How a connection was lost does not matter once it is closed."""
    if not closing.cancelled():
        closing.exception()
