"""A shop with many pools: eight rollouts at once, of one HAProxy and into one state folder."""

import asyncio
import json
from collections import Counter
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from tests.e2e.conftest import MakeSite
from tests.e2e.proxies import FAST, rearrange
from tests.e2e.site import Running, Site
from tests.support.waiting import until

POOLS = tuple(f"pool{number}" for number in range(1, 9))


async def test_side_by_side(site: MakeSite) -> None:
    """Nobody waits for another or reads what is another's, although all call their members alike:
    the steps run at the same time, each pool is one line, its members had their turn once each, and
    the journal has eight rollouts, all done. A ninth run of one of them that comes meanwhile is
    refused by name."""
    one = await site(1)
    async with AsyncExitStack() as stack:
        backends = [await backend(pool, stack) for pool in POOLS]
        await rearrange(one.world, lambda _: "\n".join(backends))
        await assert_side_by_side(one)


async def backend(pool: str, stack: AsyncExitStack) -> str:
    """Two servers of its own, which take connections and nothing more."""
    lines = [f"backend {pool}"]
    for name in ("a", "b"):
        server = await asyncio.start_server(lambda _, writer: writer.close(), "127.0.0.1", 0)
        await stack.enter_async_context(server)
        port = server.sockets[0].getsockname()[1]
        lines.append(f"  server {name} 127.0.0.1:{port} {FAST}")
    return "\n".join(lines)


async def assert_side_by_side(one: Site) -> None:
    ran, begun = one.folder / "ran-in-eight", one.folder / "begun-in-eight"
    files = {}
    for pool in POOLS:
        script = f"""
            echo {pool} >> "{begun}"
            until [ -e "{one.go}" ]; do sleep 0.05; done
            echo {pool} >> "{ran}"
        """
        made = one.file(
            name=pool,
            pool={"haproxy": {"backends": [pool]}, "members": {"expect": 2}},
            upgrade={"command": ["/bin/sh", "-c", script], "timeout": "2m"},
            validate=[{"tcp": {"port": "${member.port}"}}],
            gates=[],
        )
        files[pool] = one.folder / f"{pool}.yml"
        files[pool].write_bytes(made.read_bytes())
    running = {pool: one.begin(file, "--quiet") for pool, file in files.items()}
    await until(lambda: set(lines_of(begun)) == set(POOLS) or over_in(running))
    assert not over_in(running), (await over_in(running)[0].end()).text
    held = await one.run(files["pool3"])
    one.go.touch()
    ended = await asyncio.gather(*(each.end(120) for each in running.values()))
    for pool, done in zip(running, ended, strict=True):
        assert done.code == 0, done.text
        assert done.out.startswith(f"{pool}: done: no requests came, 2 upgraded, ")
    assert (held.code, "pool3" in held.err) == (6, True), held.text
    assert Counter(lines_of(ran)) == dict.fromkeys(POOLS, 2)
    history = await one.command("history", "--json")
    assert {(row["name"], row["outcome"]) for row in json.loads(history.out)["rollouts"]} == {
        (pool, "done") for pool in POOLS
    }


def lines_of(file: Path) -> list[str]:
    return file.read_text().split() if file.exists() else []


def over_in(running: Mapping[str, Running]) -> list[Running]:
    return [each for each in running.values() if each.process.poll() is not None]
