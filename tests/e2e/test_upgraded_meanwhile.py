"""An upgrade of the package while a run goes on: all that the run needs is loaded before y/N."""

import asyncio
import os
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from tests.e2e.conftest import MakeSite
from tests.support.command import environment

BAD = {"fail_every": 2}

WATCHED = """\
import sys
from controller.cli import interrupts
from controller.cli.confirm import Confirmation

asked = Confirmation.__call__

class Late:
    def find_spec(self, name, path=None, target=None):
        with open(sys.argv[0] + ".late", "a") as late:
            late.write(name + "\\n")

async def answered(self, prepared, seen):
    answer = await asked(self, prepared, seen)
    sys.meta_path.insert(0, Late())
    return answer

Confirmation.__call__ = answered
from controller.cli.entry import entry
entry()
"""


@pytest.mark.parametrize("is_live", [False, True], ids=["plain", "live"])
async def test_nothing_is_imported_after_the_question(
    is_live: bool, site: MakeSite, tmp_path: Path
) -> None:
    """Not by the board, a halt, a rollback, notices, metrics; nor by the end."""
    one = await site(2)
    receiver = await asyncio.start_server(_received, "127.0.0.1", 0)
    port = receiver.sockets[0].getsockname()[1]
    file = one.file(
        upgrade=one.upgrade(BAD),
        soak="1500ms",
        on_failure="rollback_member",
        notify=[
            {"webhook": {"url": f"http://127.0.0.1:{port}/"}},
            {"command": ["/bin/true"]},
        ],
        heartbeat={"url": f"http://127.0.0.1:{port}/", "every": "1s"},
    )
    script = tmp_path / "watched.py"
    script.write_text(WATCHED)
    argv = ["run", str(file), "--yes", "--state", str(one.state), "--reason", "a test"]
    argv += ["--metrics-textfile", str(tmp_path / "metrics.prom")]
    controlling, terminal = os.openpty()
    out = terminal if is_live else asyncio.subprocess.DEVNULL
    running = await asyncio.create_subprocess_exec(
        *(sys.executable, str(script), *argv),
        stdin=out,
        stdout=out,
        stderr=out,
        env={**environment(), "TERM": "xterm"},
    )
    os.close(terminal)
    reading = asyncio.create_task(_drained(controlling))
    async with one.users():
        code = await asyncio.wait_for(running.wait(), 60)
    receiver.close()
    reading.cancel()
    os.close(controlling)
    assert code == 4
    late = Path(f"{script}.late")
    assert (late.read_text() if late.exists() else "") == ""


async def _received(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.readuntil(b"\r\n\r\n")
    writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    writer.close()


async def _drained(descriptor: int) -> None:
    """A terminal that nobody reads holds up whoever writes there."""
    os.set_blocking(descriptor, False)
    while True:
        with suppress(OSError):
            os.read(descriptor, 65536)
        await asyncio.sleep(0.02)
