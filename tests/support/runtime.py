"""HAProxy's Runtime API as a test's own hand and eye, apart from the adapter under test."""

import asyncio
import csv


async def ask(endpoint: str, command: str, *, within: float = 60.0) -> str:
    """Send one command line to `unix:PATH` or `tcp:HOST:PORT` and return the whole reply
    (management guide, section 9.3: without a prompt, one line for each connection)."""
    kind, _, place = endpoint.partition(":")
    async with asyncio.timeout(within):
        if kind == "unix":
            reader, writer = await asyncio.open_unix_connection(place)
        else:
            host, _, port = place.rpartition(":")
            reader, writer = await asyncio.open_connection(host, int(port))
        try:
            writer.write(command.encode() + b"\n")
            return (await reader.read(-1)).decode()
        finally:
            writer.close()
            await writer.wait_closed()


async def order(endpoint: str, command: str) -> None:
    """Send a command that answers with an empty line when it worked, and fail otherwise."""
    reply = await ask(endpoint, command)
    assert not reply.strip(), f"{command}: {reply}"


async def stat(endpoint: str, backend: str, server: str) -> dict[str, str]:
    """One line of `show stat`, by column name (management guide, section 9.1)."""
    rows = csv.DictReader((await ask(endpoint, "show stat")).removeprefix("# ").splitlines())
    return next(row for row in rows if (row["pxname"], row["svname"]) == (backend, server))


async def info(endpoint: str) -> dict[str, str]:
    """`show info`, by name."""
    lines = (await ask(endpoint, "show info")).splitlines()
    return {name: value for name, _, value in (line.partition(": ") for line in lines) if name}
