"""The folder of one job: its durable records, and the lock of the process that is responsible for
it.

`lock` is held by the process that starts the job, runs it, or waits for one left behind. `group`
exists once the job counts as started, `result` once it has ended; `output` grows meanwhile.
"""

import fcntl
import os
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from adapters import modes
from adapters.commands import durable, helper, processes
from adapters.commands.group import Group
from adapters.commands.sharing import clear_away, make_folder, make_root
from controller.errors import StateError
from controller.secrets import Secrets
from controller.tasks import JobResult

_KEY = re.compile(r"[A-Za-z0-9_.%-]+(/[A-Za-z0-9_.%-]+)*")


class Place:
    def __init__(self, root: Path, key: str, places: frozenset[str] = frozenset()) -> None:
        """`places`: see `TaskJob`. Raises ValueError when `key` is not of the form that `Job.key`
        promises."""
        if not _KEY.fullmatch(key) or {".", ".."} & set(key.split("/")):
            raise ValueError(f"not the key of a job: {key!r}")
        self._root = root.absolute()
        self._places = places
        self.folder = self._root / key
        self.levels = key.count("/") + 1
        """How many folders above this one have an entry that may be new."""

    def clear_away(self) -> None:
        """What would keep us out, and nobody needs."""
        for folder in self._folders:
            clear_away(folder)

    def create(self) -> None:
        make_root(self._root)
        for folder in self._folders:
            make_folder(folder)
        if self._places and not self._read(durable.PLACES):
            text = "".join(f"{place}\n" for place in sorted(self._places))
            durable.write_unlocked(str(self.folder), durable.PLACES, text)

    @property
    def _folders(self) -> tuple[Path, ...]:
        return (*reversed(self.folder.parents[: self.levels - 1]), self.folder)

    def lock(self) -> int | None:
        """A file descriptor that holds the lock while it or a copy is open; None: it is held."""
        fd = os.open(self.folder / durable.LOCK, durable.LOCKED, 0o600)
        try:
            modes.share(fd, str(self.folder))
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(fd)
            return None
        except BaseException:
            os.close(fd)
            raise
        return fd

    def group(self) -> Group | None:
        fields = self._read(durable.GROUP).split()
        if not fields:
            return None
        try:
            pid, start, machine, started = fields
            return Group(int(pid), start, machine, timedelta(seconds=float(started)))
        except ValueError as error:
            raise StateError(f"{self.folder / durable.GROUP}: not written by poolroll") from error

    def result(self) -> JobResult | None:
        fields = self._read(durable.RESULT).rstrip("\n").split(" ", 2)
        if fields == [""]:
            return None
        try:
            return self._parse(*fields)
        except (TypeError, ValueError) as error:
            raise StateError(f"{self.folder / durable.RESULT}: not written by poolroll") from error

    def settle(self, outcome: str, seconds: float) -> None:
        """Write the result for a helper that could not."""
        durable.write_durably(str(self.folder), durable.RESULT, f"{seconds:.3f} {outcome}\n")

    def note_left(self, pids: Sequence[int], connections: Sequence[str]) -> None:
        """Before `settle`, for a helper that could not: what may still run."""
        lines = helper.lines_of(helper.PROCESS, list(pids))
        lines += [f"{helper.CONNECTION} {name}\n" for name in connections]
        if lines:
            with durable.FullDisk():
                durable.write_durably(str(self.folder), durable.LEFT, "".join(lines))

    def concealed(self, result: JobResult, secrets: Secrets) -> JobResult:
        """`result` without secrets in its output (S12), on disk as well."""
        shown = secrets.masked(result.output)
        if shown != result.output:
            try:
                durable.write_unlocked(str(self.folder), durable.OUTPUT, shown)
            except OSError:  # a full disk costs output, but stops no rollout
                with suppress(OSError):
                    durable.empty(str(self.folder), durable.OUTPUT)
        return replace(result, output=shown)

    def remains(self) -> list[str]:
        """Processes of an earlier job of the same member that run still: they could not be ended
        with it, or nobody has waited for its end. A job's key is rollout/member/step: those of
        other rollouts count too, but not those of a member of another pool that has its name."""
        member = self.folder.relative_to(self._root).parts[1:-1]
        jobs = sorted(self._root.glob("/".join(("*", *member, "*")))) if member else []
        return [named for job in jobs if self._is_kin(job) for named in self._remains_of(job)]

    def _is_kin(self, job: Path) -> bool:
        if job == self.folder:
            return False
        theirs = frozenset(_lines(job / durable.PLACES))
        return not theirs or not self._places or not theirs.isdisjoint(self._places)

    def _remains_of(self, job: Path) -> list[str]:
        if (job / durable.RESULT).exists():
            return _still_noted(job)
        group = Place(self._root, str(job.relative_to(self._root))).group()
        found = [] if group is None else [_named(pid) for pid in group.running()]
        # Should it have ended since, what it left behind is noted by now.
        return found or _still_noted(job)

    def _left(self, kind: str) -> tuple[str, ...]:
        found = [line.split() for line in _lines(self.folder / durable.LEFT)]
        if kind == helper.CONNECTION:
            return tuple(line[1] for line in found if line[0] == kind)
        return tuple(f"{line[4]} ({line[1]})" for line in found if line[0] == kind)

    def _parse(self, seconds: str, kind: str, rest: str = "") -> JobResult:
        result = JobResult(
            output=self._read(durable.OUTPUT),
            seconds=float(seconds),
            survivors=self._left(helper.PROCESS),
            writers=self._left(helper.WRITER),
            connections=self._left(helper.CONNECTION),
        )
        match kind:
            case "exit":
                return replace(result, exit_code=int(rest))
            case "signal":
                return replace(result, exit_code=128 + int(rest), signal=int(rest))
            case "timed-out":
                return replace(result, timed_out=True)
            case "fault":
                return replace(result, fault=rest)
            case "lost":
                return replace(result, lost=True)
            case _:
                raise ValueError(kind)

    def _read(self, name: str) -> str:
        return durable.read(f"{self.folder}/{name}")


def _named(pid: int) -> str:
    return f"{processes.name_of(pid)} ({pid})"


def _still_noted(job: Path) -> list[str]:
    """Of what a job has left behind, what runs still."""
    lines = [line.split() for line in _lines(job / durable.LEFT)]
    return [
        f"{line[4]} ({line[1]})"
        for line in lines
        if line[0] == helper.PROCESS and processes.still_runs(int(line[1]), line[2], line[3])
    ]


def _lines(file: Path) -> list[str]:
    return durable.read(str(file)).splitlines()
