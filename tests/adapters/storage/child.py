"""Another process on one state folder: `python -m tests.adapters.storage.child COMMAND FOLDER …`.

It says each result in a line on stdout and takes its turns from lines on stdin. With UID and GID
in the environment it gives up root first, keeping that one group besides its own.
"""

import asyncio
import os
import resource
import signal
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from types import FrameType

from adapters.clock import SystemClock
from adapters.storage.folder import exists, out_of_reach
from adapters.storage.lock import FileLock
from adapters.storage.store import open_tables, read_tables
from controller.errors import PoolHeld, StateError
from controller.records import Verb
from tests.support.journal_rows import AT, row

CLOCK = SystemClock()
OUTSIDE = frozenset(
    (
        "mkdir",
        "chmod",
        "open",
        "fchmod",
        "fsync",
        "close",
        "flock",
        "connect",
        "execute",
        "__exit__",
    )
)
"""Calls that change something outside of the process, or may."""
POOL = ["web/127.0.0.1:8081"]


def say(text: object) -> None:
    os.write(1, f"{text}\n".encode())


def append(folder: Path, rollout: str, count: str) -> None:
    """Say each seq once `append` has returned; `count` 0: without end."""
    journal = open_tables(folder, CLOCK, create=True)
    left = int(count) or -1
    while left:
        left -= 1
        say(journal.append(rollout, CLOCK.now(), "k", f'{{"pid": {os.getpid()}}}').seq)
    journal.close()


def append_beyond_a_limit(folder: Path, rollout: str) -> None:
    """Append until the system refuses to let a file grow, then go on with the limit lifted."""
    journal = open_tables(folder, CLOCK, create=True)
    hard = resource.getrlimit(resource.RLIMIT_FSIZE)[1]
    resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))
    try:
        while True:
            say(journal.append(rollout, CLOCK.now(), "k", "x" * 1000).seq)
    except StateError as error:
        say(f"refused: {error}")
    resource.setrlimit(resource.RLIMIT_FSIZE, (hard, hard))
    say(journal.append(rollout, CLOCK.now(), "k", "{}").seq)
    journal.close()


def make_cut_short(folder: Path) -> None:
    """Make a journal again and again, each in a folder and process of its own that is killed
    before one more call into the system or SQLite, and say the folder; until one gets through."""
    cut = 0
    while True:
        pid = os.fork()
        if pid == 0:
            sys.setprofile(_killer(cut))
            open_tables(folder / str(cut), CLOCK, create=True)
            os._exit(0)
        if os.waitpid(pid, 0)[1] == 0:
            return
        say(cut)
        cut += 1


def _killer(calls: int) -> Callable[[FrameType, str, object], None]:
    left = calls

    def kill(frame: FrameType, event: str, argument: object) -> None:
        nonlocal left
        if event == "c_call" and getattr(argument, "__name__", "") in OUTSIDE:
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)

    return kill


async def hold(folder: Path, name: str) -> None:
    """Hold name and pool until told to go on."""
    async with FileLock(folder, CLOCK, "child").hold(name) as held:
        await held.add(POOL)
        say("held")
        sys.stdin.readline()


async def hold_with_child(folder: Path, name: str, echo_in: str, echo_out: str) -> None:
    """The same, with a child of its own that echoes between two inherited descriptors."""
    async with FileLock(folder, CLOCK, "child").hold(name) as held:
        await held.add(POOL)
        echo = await asyncio.create_subprocess_exec("cat", stdin=int(echo_in), stdout=int(echo_out))
        say("held")
        sys.stdin.readline()
        echo.kill()
        await echo.wait()


async def contend(folder: Path, name: str) -> None:
    """Each turn: try for the pool, say how it went, and let go at the next line."""
    lock = FileLock(folder, CLOCK, name)
    while sys.stdin.readline():
        async with lock.hold(name) as held:
            try:
                await held.add(POOL)
                say("won")
            except PoolHeld as error:
                say(error)
            sys.stdin.readline()


async def visit(folder: Path, name: str) -> None:
    """All that an operator's process does: write, hold, ask."""
    journal = open_tables(folder, CLOCK, create=True)
    if journal.latest(name) is None:
        journal.begin(row(name, name), AT, "Plan", "{}")
    journal.ask(name, Verb.PAUSE, "", str(os.getuid()))
    say(len(journal.pending(name, 0)))
    async with FileLock(folder, CLOCK, "visitor").hold(name):
        say("held")
        sys.stdin.readline()
    journal.close()


def look(folder: Path) -> None:
    """Only read."""
    journal = read_tables(folder, CLOCK)
    say(len(journal.rollouts()))
    journal.close()


def reach(folder: Path) -> None:
    """Say whether there is a journal, and what stands in the way."""
    try:
        say(exists(folder))
    except StateError as error:
        say(f"StateError: {error}")
    say(out_of_reach(folder))


def pending(folder: Path, rollout: str) -> None:
    """Say each request that is pending."""
    journal = read_tables(folder, CLOCK)
    for request in journal.pending(rollout, 0):
        say(f"{request.seq} {request.verb}")
    journal.close()


def taken(folder: Path, rollout: str) -> None:
    """Say each line that a rollout has out, and how much was found of it."""
    journal = read_tables(folder, CLOCK)
    for out in journal.taken_by(rollout):
        say(f"{out.key} {out.member} {len(out.found.lines)}")
    journal.close()


async def read_on(folder: Path, rollout: str) -> None:
    """Each turn, from one journal: how many records there are, and who holds the rollout."""
    journal = read_tables(folder, CLOCK)
    lock = FileLock(folder, CLOCK, "reader")
    while sys.stdin.readline():
        holder = await lock.holder(rollout)
        say(f"{len(journal.records(rollout))} {holder.pid if holder else 'nobody'}")
    journal.close()


def try_to_write(folder: Path, rollout: str) -> None:
    """Say what each attempt meets."""
    journal = open_tables(folder, CLOCK, create=False)
    for attempt in (
        lambda: journal.append(rollout, CLOCK.now(), "k", "{}"),
        lambda: journal.ask(rollout, Verb.PAUSE, "", "carl"),
        lambda: asyncio.run(_hold(folder, rollout)),
        lambda: open_tables(folder, CLOCK, create=True),
    ):
        try:
            say(attempt())
        except StateError as error:
            say(error)
    journal.close()


async def _hold(folder: Path, rollout: str) -> None:
    await FileLock(folder, CLOCK, "carl").hold(rollout).__aenter__()


def read_many(folder: Path, rollout: str, upto: str) -> None:
    """Read until there are so many records; say how often, and when there are fewer than before."""
    journal, seen, times = read_tables(folder, CLOCK), 0, 0
    while seen < int(upto):
        now, times = len(journal.records(rollout)), times + 1
        if now < seen:
            say(f"{now} after {seen}")
        seen = now
    say(f"read {times > 0}")
    journal.close()


COMMANDS: dict[str, Callable[..., Coroutine[None, None, None] | None]] = {
    "append": append,
    "append_beyond_a_limit": append_beyond_a_limit,
    "make_cut_short": make_cut_short,
    "hold": hold,
    "hold_with_child": hold_with_child,
    "contend": contend,
    "visit": visit,
    "look": look,
    "reach": reach,
    "pending": pending,
    "taken": taken,
    "read_on": read_on,
    "read_many": read_many,
    "try_to_write": try_to_write,
}


def main() -> None:
    if "UID" in os.environ:
        os.setgroups([int(os.environ["GID"])])
        os.setgid(int(os.environ["UID"]))
        os.setuid(int(os.environ["UID"]))
        os.umask(0o077)
    try:
        running = COMMANDS[sys.argv[1]](Path(sys.argv[2]), *sys.argv[3:])
        if running is not None:
            asyncio.run(running)
    except (PoolHeld, StateError) as error:
        say(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
