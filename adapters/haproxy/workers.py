"""Lingering workers of a HAProxy on this machine. After a reload they serve their last connections,
which no Runtime API shows any more."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

_NAMES = ("haproxy", "hapee")
"""Process names of HAProxy and of HAProxy Enterprise."""

_REPLACES = ("-sf", "-st")
"""Options followed by the process ids that a new HAProxy replaces (management guide, section 3)."""


def any_alive(current: int, former: Collection[int], proc: Path = Path("/proc")) -> bool | None:
    """Whether one of `former` (process ids) still serves.

    None when it cannot be seen: `current`, which just answered, is no HAProxy of this process
    namespace. A pid that went to another HAProxy meanwhile counts as alive, which only waits
    longer.
    """
    if not _is_haproxy(current, proc):
        return None
    return any(_is_haproxy(pid, proc) for pid in former if pid != current)


def replaced_by(current: int, proc: Path = Path("/proc")) -> frozenset[int]:
    """Process ids of the HAProxys that `current` has replaced and that have not ended yet.

    One is known by any of these: it is in the `-sf` of `current`, or of another that was replaced;
    it has the same master; it runs the same configuration in the same service. It was always
    started earlier. Reads nothing that needs a permission.
    """
    own = _Process.read(current, proc)
    if own is None:
        return frozenset()
    others = [
        one
        for pid in _pids(proc)
        if pid not in (current, own.parent) and (one := _Process.read(pid, proc)) is not None
    ]
    has_master = _is_haproxy(own.parent, proc)
    named = set(own.replaces)
    found: dict[int, _Process] = {}
    for one in sorted(others, key=lambda other: other.started, reverse=True):
        is_sibling = has_master and one.parent == own.parent
        if one.started < own.started and (
            one.pid in named or is_sibling or _is_same_service(own, one, proc)
        ):
            found[one.pid] = one
            named |= set(one.replaces)
    return frozenset(found)


@dataclass(frozen=True, slots=True)
class _Process:
    """A HAProxy that runs."""

    pid: int
    parent: int
    started: int
    """Clock ticks since the machine booted."""
    arguments: tuple[str, ...]
    service: str
    """The control groups that it is in."""

    @classmethod
    def read(cls, pid: int, proc: Path) -> "_Process | None":
        stat = _stat_of(pid, proc)
        if stat is None:
            return None
        arguments = _text(proc / str(pid) / "cmdline").split("\0")
        service = _text(proc / str(pid) / "cgroup")
        return cls(pid, int(stat[1]), int(stat[19]), tuple(arguments), service)

    @property
    def replaces(self) -> tuple[int, ...]:
        words = _after(self.arguments, _REPLACES)
        return tuple(int(word) for word in words if word.isascii() and word.isdecimal())

    @property
    def configuration(self) -> tuple[str, ...]:
        return tuple(word for word in _after(self.arguments, ("-f", "--")) if word)


def _is_same_service(one: _Process, other: _Process, proc: Path) -> bool:
    """The same files say the same only in one folder, and in one container."""
    files = one.configuration
    if not files or files != other.configuration or one.service != other.service:
        return False
    if all(file.startswith("/") for file in files):
        return True
    try:
        return (proc / str(one.pid) / "cwd").readlink() == (
            proc / str(other.pid) / "cwd"
        ).readlink()
    except OSError:
        return False  # another user's


def _after(arguments: Sequence[str], options: Collection[str]) -> Iterator[str]:
    """The words that follow one of `options`, up to the next option."""
    is_inside = False
    for word in arguments:
        if word.startswith("-"):
            is_inside = word in options
        elif is_inside:
            yield word


def _pids(proc: Path) -> Iterator[int]:
    try:
        yield from (int(one.name) for one in proc.iterdir() if one.name.isdecimal())
    except OSError:
        return


def _text(path: Path) -> str:
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


def _is_haproxy(pid: int, proc: Path) -> bool:
    return _stat_of(pid, proc) is not None


def _stat_of(pid: int, proc: Path) -> list[str] | None:
    """What `/proc/PID/stat` (proc(5)) says of a HAProxy after its name; None of any other process,
    and of one that has ended and was not yet reaped: that serves nobody."""
    name, _, rest = _text(proc / str(pid) / "stat").partition("(")[2].rpartition(")")
    words = rest.split()
    if not name.startswith(_NAMES) or words[:1] in (["Z"], ["X"], []):
        return None
    return words
