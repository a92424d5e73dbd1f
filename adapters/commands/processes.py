"""Processes of this machine (proc(5)), for the helper as well: it imports nothing of ours."""

import os

SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, prctl(2)
MARK = "POOLROLL_JOB"
"""Environment variable of the step and of all that it starts: `mark_of` the step."""


def stat(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the third (state) on, or None when there is no such process.

    Counted from 0: state, then 2 process group, 3 session, 17 threads, 19 start in ticks (proc(5)).
    """
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:  # noqa: PTH123 - pathlib is slow to import
            return file.read().rpartition(b")")[2].decode().split()
    except (FileNotFoundError, ProcessLookupError):
        return None


def start_of(pid: int) -> str:
    """In ticks since the boot; 0 when it is not known."""
    return (stat(pid) or ["0"] * 20)[19]


def machine() -> str:
    """What process ids are valid in: this boot, and this process id namespace."""
    with open("/proc/sys/kernel/random/boot_id") as file:  # noqa: PTH123
        return f"{file.read().strip()}/{os.readlink('/proc/self/ns/pid')}"  # noqa: PTH115


def mark_of(pid: int, start: str, where: str) -> str:
    """No other process has it, on any machine, at any time."""
    return f"{pid}.{start}.{where}"


def signal_group(group: int, number: int) -> bool:
    """Whether a process of `group` is there. One of another user is not reached."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def group_lives(group: int) -> bool:
    """Whether a process of `group` still runs; one that only waits to be reaped does not."""
    if not signal_group(group, 0):
        return False
    members = members_of(group)
    # The kernel knows the group: where /proc hides its members (hidepid), they count as running.
    return not members or not all(has_ended(pid) for pid in members)


def members_of(group: int) -> list[int]:
    """Every process of `group` that /proc shows."""
    return [pid for pid in pids() if is_in(pid, group)]


def pids() -> list[int]:
    """Every process that /proc shows."""
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]  # noqa: PTH208


def is_in(pid: int, group: int) -> bool:
    return (stat(pid) or "---")[2] == str(group)


def children(pid: int) -> list[int]:
    """Direct children of `pid` (proc(5), `children`; not every kernel has that file)."""
    if not os.path.exists(f"/proc/self/task/{os.getpid()}/children"):  # noqa: PTH110
        return [one for one in pids() if (stat(one) or "--")[1] == str(pid)]
    try:
        tasks = os.listdir(f"/proc/{pid}/task")  # noqa: PTH208
    except OSError:
        return []
    files = [f"/proc/{pid}/task/{task}/children" for task in tasks]
    return [int(child) for file in files for child in read(file).split()]


def read(path: str) -> str:
    """Empty when it may not be read, or its process has ended meanwhile."""
    try:
        with open(path, "rb") as file:  # noqa: PTH123
            return file.read().decode("utf-8", "replace")
    except (FileNotFoundError, PermissionError, ProcessLookupError):
        return ""


def descendants(pid: int) -> list[int]:
    """Every process below `pid` that still runs, parents before their children. Where /proc hides
    a direct child (hidepid), it counts as running until it is reaped."""
    direct = children(pid)
    found = list(direct)
    for one in found:  # grows meanwhile
        found += [child for child in children(one) if child not in found]
    known = [(one, stat(one)) for one in found]
    return [one for one, fields in known if (not _is_over(fields) if fields else one in direct)]


def name_of(pid: int) -> str:
    """One word."""
    return "-".join(read(f"/proc/{pid}/comm").split()) or "?"


def still_runs(pid: int, start: str, where: str) -> bool:
    """Whether that very process still runs, as `left` names it."""
    return where == machine() and lives(pid, start)


def lives(pid: int, start: str) -> bool:
    """Whether the process of that start still runs, and not another one under its number."""
    return start_of(pid) == start and not has_ended(pid)


def has_ended(pid: int) -> bool:
    """Whether it is gone, or only waits to be reaped."""
    fields = stat(pid)
    return fields is None or _is_over(fields)


def _is_over(fields: list[str]) -> bool:
    """A process whose first thread has ended looks like a zombie while its others run on."""
    return fields[0] in "ZX" and int(fields[17]) <= 1


def is_shared(pid: int) -> bool:
    """Whether it is a connection of ssh that other commands share (ControlPersist in
    ssh_config(5)): it runs nothing by itself, and other members' steps may need it."""
    return read(f"/proc/{pid}/cmdline").rstrip("\0 ").endswith("[mux]")


def send(pid: int, number: int) -> None:
    """One of another user is not reached."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def adopt() -> None:
    """Become the parent of what is left behind by every process below this one. Where the system
    cannot, a process that leaves its parent and its group is not found."""
    try:
        from ctypes import CDLL

        CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)
    except (ImportError, OSError, AttributeError):
        return
