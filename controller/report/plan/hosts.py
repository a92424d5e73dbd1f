"""The hosts that steps go to by ssh, as they were seen: a table in the plan."""

from collections.abc import Iterable, Sequence
from typing import Final

from controller.hosts_seen import Free, HostLook, HostsSeen, HostTrouble, Restart
from controller.report.alike import alike

HEAD: Final = (
    *("member", "host", "as", "kernel", "boot id"),
    *("init", "packages", "free", "reboot now"),
)
SHORT: Final = 8
"""Characters of a boot id."""
UNITS: Final = "KMGT"


def host_lines(seen: HostsSeen, *, is_verbose: bool = False) -> list[str]:
    """None where no step goes to a host. Those that are not reached stand in one line, unless it
    `is_verbose`."""
    if not seen.looks:
        return []
    away = {n: m.answer.why for n, m in seen.looks.items() if isinstance(m.answer, HostTrouble)}
    told = away if is_verbose else alike(list(away.items()), seen.names)
    looks = [(name, look) for name, look in seen.looks.items() if name in told or name not in away]
    rows = [HEAD, *(_row(name, look) for name, look in looks)]
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = [_line(row, widths) for row in rows]
    for at, (name, _) in enumerate(looks, 1):
        if name in told:
            lines[at] = _line((name, told[name]), widths)
    restarted = [look.restart for _, look in looks if look.restart is not Restart.NEVER]
    last = f"  restarted by its steps: {restarted[0].value}" if restarted else ""
    return ["", "hosts, by ssh", *lines, *filter(None, [last])]


def _row(name: str, look: HostLook) -> tuple[str, ...]:
    seen = look.answer
    if isinstance(seen, HostTrouble):
        return (name, *[""] * (len(HEAD) - 1))
    by = f"{seen.user} (from {seen.login})" if seen.login else seen.user
    needed = {True: "needed", False: "no", None: "not known"}[seen.needs_reboot]
    free = " ".join(map(_free, seen.free))
    boot = seen.boot_id[:SHORT]
    cells = (name, look.host, by, seen.kernel, boot, seen.init, seen.packages, free, needed)
    return tuple(cell or "?" for cell in cells)


def _line(cells: Sequence[str], widths: Iterable[int]) -> str:
    padded = (f"{cell:<{width}}" for cell, width in zip(cells, widths, strict=False))
    return "  " + "  ".join(padded).rstrip()


def _free(one: Free) -> str:
    """`/var 9.5G`."""
    size, unit = float(one.kilobytes), 0
    while size >= 1024 and unit < len(UNITS) - 1:
        size, unit = size / 1024, unit + 1
    figure = f"{size:.1f}" if size < 10 else f"{size:.0f}"
    return f"{one.path} {figure}{UNITS[unit]}"
