"""TCP probes."""

import asyncio
from contextlib import suppress

from adapters.probes.words import network_fault
from controller.tasks import TcpProbe


async def connect(probe: TcpProbe) -> str | None:
    """The failure, or None when the connection succeeded. Network errors are returned, not
    raised."""
    try:
        _, writer = await asyncio.open_connection(probe.host, probe.port)
    except (OSError, OverflowError, ValueError) as error:
        return network_fault(error) or f"no connection ({error})"
    writer.close()
    with suppress(OSError):  # it answered with a reset: connected all the same
        await writer.wait_closed()
    return None
