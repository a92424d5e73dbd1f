"""Standard streams that are closed or full: no traceback, and nothing half done."""

import os
import shlex
from asyncio.subprocess import PIPE, create_subprocess_exec
from contextlib import ExitStack

import pytest

from tests.e2e.conftest import MakeSite
from tests.e2e.terminal import at_terminal
from tests.support.command import COMMAND, Done, environment, fork_server
from tests.support.fork_server import CLOSED as AS_CLOSED

CLOSED = ("<&-", ">&-", "2>&-", "<&- >&-", "<&- >&- 2>&-")
ACTING = ("run", "rehearse", "rollback")

FULL = "standard output cannot be written: No space left on device"


def buffered() -> dict[str, str]:
    return {key: value for key, value in environment().items() if key != "PYTHONUNBUFFERED"}


async def from_its_path(*argv: str, streams: str) -> Done:
    """The command with its streams as a shell's redirections say: what an interpreter makes of
    them as it starts."""
    script = f"exec {shlex.join([COMMAND, *argv])} {streams}"
    process = await create_subprocess_exec(
        "/bin/sh", "-c", script, stdout=PIPE, stderr=PIPE, env=buffered()
    )
    out, err = await process.communicate()
    assert b"Traceback" not in out + err, err
    return Done(process.returncode or 0, out.decode(), err.decode())


async def shell(*argv: str, streams: str) -> Done:
    """The same, as that interpreter has made them."""
    with ExitStack() as stack:
        files = [stack.enter_context(os.fdopen(os.memfd_create(name), "rb")) for name in "oe"]
        full = os.open("/dev/full", os.O_WRONLY)
        stack.callback(os.close, full)
        given = [None, *(file.fileno() for file in files)]
        for redirection in streams.split():
            match redirection:
                case "<&-":
                    given[0] = AS_CLOSED
                case ">&-" | "2>&-":
                    given[2 if redirection.startswith("2") else 1] = AS_CLOSED
                case ">/dev/full" | "2>/dev/full":
                    given[2 if redirection.startswith("2") else 1] = full
                case "2>&1":
                    given[2] = given[1]
        stdin, stdout, stderr = given
        assert stdout is not None
        assert stderr is not None
        process = fork_server().start([COMMAND, *argv], buffered(), stdout, stderr, stdin)
        code = await process.ended()
        out, err = (os.pread(file.fileno(), 1 << 20, 0) for file in files)
    assert b"Traceback" not in out + err, err
    return Done(code, out.decode(), err.decode())


@pytest.mark.parametrize("streams", CLOSED)
async def test_closed(streams: str) -> None:
    """What only prints ends well, whatever is closed, and prints as far as it can."""
    done = await from_its_path("schema", streams=streams)
    assert (done.code, done.err) == (0, "")
    assert await shell("schema", streams=streams) == done
    assert bool(done.out) is (streams in ("<&-", "2>&-"))


@pytest.mark.parametrize("streams", CLOSED)
async def test_rollout_with_closed_streams(site: MakeSite, streams: str) -> None:
    """A rollout without a standard stream is done, and its journal holds nothing printed."""
    one = await site(2)
    file = str(one.file(gates=[]))
    done = await shell("run", file, "--yes", "--state", str(one.state), streams=streams)
    assert done.code == 0, done.text
    await one.assert_all("v2")
    told = await one.command("events", "web")
    assert (told.code, "done" in told.out) == (0, True), told.text


@pytest.mark.parametrize("command", ACTING)
async def test_nobody_to_ask(site: MakeSite, command: str) -> None:
    """Without a standard input nobody can be asked: exit 2, nothing touched."""
    one = await site(2)
    done = await shell(command, str(one.file()), "--state", str(one.state), streams="<&-")
    assert (done.code, "--yes" in done.err, one.rows()) == (2, True, []), done.text


@pytest.mark.parametrize("argv", [["schema"], ["--help"], ["init"]], ids=" ".join)
async def test_full(argv: list[str]) -> None:
    """A full standard output is one line and exit 3 for what only prints."""
    done = await shell(*argv, streams=">/dev/full")
    assert (done.code, done.err.splitlines()) == (3, [FULL])
    assert (await shell(*argv, streams=">/dev/full 2>&1")).code == 3


async def test_full_for_those_that_look(site: MakeSite) -> None:
    """The same for `plan`, `check` and `status` of a real pool."""
    one = await site(2)
    file = str(one.file(gates=[]))
    assert (await one.command("run", file, "--yes")).code == 0
    state = ("--state", str(one.state))
    for argv in (["check", file], ["plan", file, *state], ["status", *state]):
        done = await shell(*argv, streams=">/dev/full")
        assert (done.code, done.err.splitlines()) == (3, [FULL]), argv


async def test_rollout_into_a_full_disk(site: MakeSite) -> None:
    """A rollout whose output nobody can have is done, and its exit code says so."""
    one = await site(2)
    file = str(one.file(gates=[]))
    for streams in (">/dev/full", "2>/dev/full", ">/dev/full 2>&1"):
        done = await shell("run", file, "--yes", "--state", str(one.state), streams=streams)
        assert done.code == 0, done.text
    await one.assert_all("v2")


async def test_abort_into_a_full_disk(site: MakeSite) -> None:
    """What was done stands, and the exit code says so."""
    one = await site(2)
    file = one.file(gates=[])
    assert (await one.run(file, "--only", "web1")).code == 0
    done = await shell("abort", "web", "--state", str(one.state), streams=">/dev/full")
    assert (done.code, FULL in done.err) == (0, True), done.text
    assert one.rows()[0].outcome == "aborted"


async def test_unreadable_question(site: MakeSite) -> None:
    """A question that nobody can read is a no."""
    one = await site(2)
    argv = ("run", str(one.file(gates=[])), "--state", str(one.state))
    full = os.open("/dev/full", os.O_WRONLY)
    try:
        with at_terminal(*argv, stdout=full) as terminal:
            done = await terminal.end()
    finally:
        os.close(full)
    assert (done.code, FULL in done.out, one.rows()) == (7, True, [])
