"""The fork server itself: what it imports, how it forks, and how a fork becomes the command."""

import gc
import io
import json
import os
import selectors
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from importlib import import_module
from pkgutil import walk_packages
from typing import BinaryIO, Final, cast

import adapters
import controller
from adapters.commands.kept_helper import packed
from controller.cli.entry import entry
from controller.config import starter
from controller.config.reader import parse
from controller.config.secret_values import secrets_of
from controller.config.sections.rollout import Rollout
from controller.journal.codec import KINDS, adapter
from tests.support.fork_server import CLOCKS, LONGEST, OPERATOR, STATUS
from tests.support.other_clock import arrange

LATE: Final = (
    "anyio._backends._asyncio",
    "httpcore",
    "kubernetes.config.kube_config",
    "promql_parser",
    "structlog",
)
"""What libraries import at their first use, and what we do: hundreds of modules."""

WARM: Final = 10
"""How often a file is read before the first fork: code of Python's that has run some times is
faster (PEP 659), and each fork would begin anew."""


@dataclass(frozen=True, slots=True)
class _Job:
    """What a fork is to become."""

    argv: list[str]
    env: dict[str, str]
    folder: str
    descriptors: list[int]
    closed: list[int]
    """Of the standard streams."""


def _serve(door: socket.socket, lifeline: socket.socket) -> _Job | None:
    """Start what is asked for, and tell how each ended, until the lifeline does. Returns a job in
    each fork, and None in the server."""
    with selectors.DefaultSelector() as selector:
        selector.register(door, selectors.EVENT_READ)
        selector.register(lifeline, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.fileobj is lifeline:
                    return None
                if key.fileobj is door:
                    selector.register(_greeted(door), selectors.EVENT_READ)
                elif not isinstance(key.fileobj, socket.socket):
                    _ended(key, selector)
                elif (job := _asked(key.fileobj, selector)) is not None:
                    return job


def _greeted(door: socket.socket) -> socket.socket:
    asker, _ = door.accept()
    with suppress(OSError):  # it may be gone; so it is to the next look
        asker.send(STATUS.pack(os.getpid()))
    return asker


def _asked(asker: socket.socket, selector: selectors.BaseSelector) -> _Job | None:
    message, descriptors = b"", list[int]()
    with suppress(ConnectionResetError):  # a worker that was killed: its tests tell of it
        message, descriptors, _, _ = socket.recv_fds(asker, LONGEST, 4)
    if not message:
        selector.unregister(asker)
        asker.close()
        return None
    pid = os.fork()
    if pid == 0:
        argv, env, folder, closed = json.loads(message)
        return _Job(argv, env, folder, descriptors[:3], closed)
    _register(pid, descriptors, selector)
    return None


def _register(pid: int, descriptors: list[int], selector: selectors.BaseSelector) -> None:
    for descriptor in descriptors[:3]:
        os.close(descriptor)
    asker = socket.socket(fileno=descriptors[3])
    with suppress(OSError):  # nobody may want to know
        asker.send(STATUS.pack(pid))
    selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, asker))


def _ended(key: selectors.SelectorKey, selector: selectors.BaseSelector) -> None:
    pid, asker = key.data
    selector.unregister(key.fileobj)
    os.close(key.fd)
    _, status = os.waitpid(pid, 0)
    with asker, suppress(OSError):
        asker.send(STATUS.pack(os.waitstatus_to_exitcode(status)))


def _become(job: _Job) -> None:
    """Turn this fork into the command."""
    os.setsid()
    for number, descriptor in enumerate(job.descriptors):
        os.dup2(descriptor, number)
    os.closerange(3, 65536)
    for number in job.closed:
        os.close(number)
    os.chdir(job.folder)
    os.environ.clear()
    os.environ.update(job.env)
    _make_streams(job)
    sys.argv = job.argv
    if who := os.environ.pop(OPERATOR, ""):
        _change_user(*who.split())
    if clocks := os.environ.pop(CLOCKS, ""):
        arrange(clocks)
    entry()


def _make_streams(job: _Job) -> None:
    """As the interpreter makes its own, in a locale of UTF-8: there is none for what is closed
    (`sys.stdin` in the manual of Python's library)."""
    is_unbuffered = bool(job.env.get("PYTHONUNBUFFERED"))
    sys.stdin = sys.stdout = sys.stderr = None
    if 0 not in job.closed:
        sys.stdin = io.TextIOWrapper(_raw(0, "rb"), "utf-8")
    if 1 not in job.closed:
        sys.stdout = io.TextIOWrapper(
            _raw(1, "wb"), "utf-8", line_buffering=os.isatty(1), write_through=is_unbuffered
        )
    if 2 not in job.closed:
        raw = _raw(2, "wb")
        sys.stderr = io.TextIOWrapper(raw, "utf-8", "backslashreplace", line_buffering=True)


def _change_user(user: str, group: str, umask: str) -> None:
    """For good: the kernel keeps no right of the former user (setresuid(2))."""
    os.umask(int(umask, 8))
    if int(user):
        os.setgroups([int(group)])
        os.setresgid(int(user), int(user), int(user))
        os.setresuid(int(user), int(user), int(user))
    if not os.access(sys.executable, os.X_OK):  # ours, in the home of root; helpers need any
        sys.executable = "/usr/bin/python3"


def _raw(descriptor: int, mode: str) -> BinaryIO:
    return cast(BinaryIO, open(descriptor, mode, closefd=False))


def main(door: int, lifeline: int) -> None:
    """Two descriptors: who connects to the first may ask; the server ends with the second."""
    for package in (controller, adapters):
        for module in walk_packages(package.__path__, f"{package.__name__}."):
            import_module(module.name)
    for name in LATE:
        import_module(name)
    Rollout.model_rebuild()
    for kind in KINDS:
        adapter(kind)
    packed()
    for _ in range(WARM):
        secrets_of(parse(starter("haproxy"), "web.yml"), os.environ)
    gc.collect()
    gc.freeze()  # or each fork would copy the memory that it only looks through
    job = _serve(socket.socket(fileno=door), socket.socket(fileno=lifeline))
    if job is not None:
        _become(job)
