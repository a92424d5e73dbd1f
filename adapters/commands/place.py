"""The folder of one job: its durable records, and the lock of the process that is responsible for
it.

`lock` is held by the process that starts the job, runs it, or waits for one left behind. `group`
exists once the job counts as started, `result` once it has ended; `output` grows meanwhile.
"""

import fcntl
import os
import re
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from adapters.commands import helper
from adapters.commands.group import Group
from adapters.commands.sharing import make_folder, make_root
from controller.errors import StateError
from controller.redaction import discreet
from controller.tasks import JobResult

_KEY = re.compile(r"[A-Za-z0-9_.%-]+(/[A-Za-z0-9_.%-]+)*")


class Place:
    def __init__(self, root: Path, key: str) -> None:
        """Raises ValueError when `key` is not of the form that `Job.key` promises."""
        if not _KEY.fullmatch(key) or {".", ".."} & set(key.split("/")):
            raise ValueError(f"not the key of a job: {key!r}")
        self._root = root.absolute()
        self.folder = self._root / key
        self.levels = key.count("/") + 1
        """How many folders above this one have an entry that may be new."""

    def create(self) -> None:
        make_root(self._root)
        for folder in (*reversed(self.folder.parents[: self.levels - 1]), self.folder):
            make_folder(folder)

    def lock(self) -> int | None:
        """A file descriptor that holds the lock while it or a copy is open; None: it is held."""
        fd = os.open(self.folder / helper.LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            helper.share(fd, str(self.folder))
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        except BaseException:
            os.close(fd)
            raise
        return fd

    def group(self) -> Group | None:
        fields = self._read(helper.GROUP).split()
        if not fields:
            return None
        try:
            pid, start, machine, started = fields
            return Group(int(pid), start, machine, timedelta(seconds=float(started)))
        except ValueError as error:
            raise StateError(f"{self.folder / helper.GROUP}: not written by poolroll") from error

    def result(self) -> JobResult | None:
        fields = self._read(helper.RESULT).rstrip("\n").split(" ", 2)
        if fields == [""]:
            return None
        try:
            return self._parse(*fields)
        except (TypeError, ValueError) as error:
            raise StateError(f"{self.folder / helper.RESULT}: not written by poolroll") from error

    def settle(self, outcome: str, seconds: float) -> None:
        """Write the result for a helper that could not."""
        helper.write_durably(str(self.folder), helper.RESULT, f"{seconds:.3f} {outcome}\n")

    def note(self, text: bytes) -> None:
        """Add `text` to the output, as far as that can be."""
        with suppress(OSError), (self.folder / helper.OUTPUT).open("ab") as output:
            output.write(text)

    def concealed(self, result: JobResult) -> JobResult:
        """`result` without what looks like a secret in its output (S12), on disk as well."""
        shown = discreet(result.output)
        if shown != result.output:
            try:
                helper.write_durably(str(self.folder), helper.OUTPUT, shown)
            except OSError:  # a full disk costs output, but stops no rollout
                with suppress(OSError):
                    os.truncate(self.folder / helper.OUTPUT, 0)
        return replace(result, output=shown)

    def _parse(self, seconds: str, kind: str, rest: str = "") -> JobResult:
        output, took = self._read(helper.OUTPUT), float(seconds)
        match kind:
            case "exit":
                return JobResult(exit_code=int(rest), output=output, seconds=took)
            case "timed-out":
                return JobResult(timed_out=True, output=output, seconds=took)
            case "fault":
                return JobResult(fault=rest, output=output, seconds=took)
            case "lost":
                return JobResult(lost=True, output=output, seconds=took)
            case _:
                raise ValueError(kind)

    def _read(self, name: str) -> str:
        try:
            return (self.folder / name).read_bytes().decode("utf-8", "replace")
        except FileNotFoundError:
            return ""
