"""Service, timer and cron line, one below the other, or one of them."""

from collections.abc import Sequence
from typing import Final

from controller.report.timer.calendar import Calendar
from controller.report.timer.cron import PATH, fields, line
from controller.report.timer.units import Job, service, timer

PARTS: Final = ("service", "timer", "cron")
FOLDER: Final = "/etc/systemd/system"


def text(job: Job, when: Sequence[tuple[str, Calendar]], part: str | None = None) -> str:
    """`when`: each time as it was written, and as it was read. `part`: that file alone, to be
    written where it belongs."""
    files = {
        "service": service(job),
        "timer": timer(job, [written for written, _ in when]),
        "cron": cron(job, when),
    }
    if part is not None:
        return files[part]
    heads = {
        "service": f"{FOLDER}/{job.unit}.service",
        "timer": f"{FOLDER}/{job.unit}.timer    (then: systemctl daemon-reload; "
        f"systemctl enable --now {job.unit}.timer)",
        "cron": f"or, instead of both: /etc/cron.d/{job.unit}",
    }
    return "\n".join(f"# {heads[name]}\n{files[name]}" for name in PARTS)


def cron(job: Job, when: Sequence[tuple[str, Calendar]]) -> str:
    """Cron mails whatever is printed: with --quiet that is one line, or nothing."""
    argv = (*job.argv, "--quiet")
    lines = [f"PATH={PATH}"]
    for written, at in when:
        first = fields(at)
        if first is None:
            lines.append(f"# {written}: cron cannot say this (no zones, years, seconds, last days)")
        else:
            lines.append(line(first, job.user, argv, job.env_file))
    return "\n".join(lines) + "\n"
