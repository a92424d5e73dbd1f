"""`--termination-log`: what a run says at its end, in a file for whoever sees nothing else of it.

Kubernetes shows the file at a container's `terminationMessagePath` in the status of its pod, 4096
bytes of it at most. The kubelet mounts that file, so it is written in place, not renamed.
"""

import os
import stat
import threading
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

MOST: Final = 4096
"""Bytes."""

LEFT_OUT: Final = "… (lines left out here; the journal has them)"

PATIENCE: Final = 2.0
"""Seconds that a disk gets to take it."""

OPTION: Final = "--termination-log"
TWIN: Final = "POOLROLL_TERMINATION_LOG"
VERBS: Final = frozenset({"run", "rehearse", "rollback"})

_path = ""
_lines: list[str] = []


def begin(argv: Sequence[str], environ: Mapping[str, str]) -> None:
    """Whether and where, before any option is read: what is wrong with the options is said, too."""
    global _path
    _path = ""
    _lines.clear()
    if not VERBS.intersection(argv[:1]):
        return
    _path = environ.get(TWIN, "")
    for word, following in zip(argv, [*argv[1:], ""], strict=True):
        if word == OPTION or word.startswith(f"{OPTION}="):
            _path = word.partition("=")[2] or following
    _path = str(Path(_path).absolute()) if _path else ""


def unwritable(path: str) -> str | None:
    """Why it could not be written there, if so."""
    try:
        descriptor = _opened(path)
    except OSError as error:
        return error.strerror or str(error)
    try:
        is_file = stat.S_ISREG(os.fstat(descriptor).st_mode)
    finally:
        os.close(descriptor)
    return None if is_file else "exists already, and is not a regular file"


def note(*lines: str) -> None:
    """Part of what is said at the end."""
    from controller.cli.fit import fit  # what it needs is not for `--help` to load

    _lines.extend(line for text in lines for line in fit(text).splitlines())


def note_bug(error: BaseException) -> None:
    """Where it is, without its text, in which a secret may be."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" in {trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""
    note(f"a bug in poolroll: {type(error).__name__}{where}; the log has the traceback")


def leave(code: int) -> None:
    """Write it. A disk that hangs delays the end by `PATIENCE` at most, and so does a standard
    error that nobody reads, on which it is said that it could not be written."""
    if not _path:
        return
    text = shortened([f"poolroll: exit code {code}", *_lines])
    thread = threading.Thread(target=_write, args=(_path, text), daemon=True)
    thread.start()
    thread.join(PATIENCE)


def shortened(lines: Sequence[str], most: int = MOST) -> bytes:
    """At most so many bytes: the beginning and the end of the lines, which say what happened and
    what to do. What is left out is from the middle."""
    whole = [_cut(line, most // 4) for line in lines]
    if sum(map(len, whole)) <= most:
        return b"".join(whole)
    gap = f"{LEFT_OUT}\n".encode()
    head, tail, room = list[bytes](), list[bytes](), most - len(gap)
    while whole:
        is_head = sum(map(len, head)) <= sum(map(len, tail))
        line = whole.pop(0 if is_head else -1)
        if len(line) > room:
            break
        room -= len(line)
        (head if is_head else tail).append(line)
    return b"".join([*head, gap, *reversed(tail)])


def _cut(line: str, most: int) -> bytes:
    text = line.encode("utf-8", "backslashreplace")
    if len(text) >= most:
        text = text[: most - 4].decode("utf-8", "ignore").encode() + "…".encode()
    return text + b"\n"


def _opened(path: str, more: int = 0) -> int:
    """A pipe that nobody reads is refused, not waited for."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOCTTY
    return os.open(path, flags | more, 0o644)


def _write(path: str, text: bytes) -> None:
    try:
        descriptor = _opened(path, os.O_TRUNC)
        try:
            while text:
                text = text[os.write(descriptor, text) :]
        finally:
            os.close(descriptor)
    except OSError as error:
        line = f"{OPTION} {path}: not written: {error.strerror}\n"
        with suppress(OSError):  # who reads it may have gone
            os.write(2, line.encode("utf-8", "backslashreplace"))
