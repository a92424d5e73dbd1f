"""The service and the timer, as systemd reads them (systemd.service(5), .kill(5), .timer(5)).

Why the service is as it is stands in it, where whoever reads the unit looks.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Job:
    """What is started, by whom, and how long it may take to stop."""

    name: str
    """Of the rollout."""
    argv: tuple[str, ...]
    """Without the options that only cron needs."""
    user: str
    folder: str
    stop: timedelta
    env_file: str | None = None
    """Where secrets are that the rollout file takes from the environment."""
    guard: tuple[str, ...] = ()
    """What keeps out, after a halt, whatever the rollout left out; empty: nothing does."""

    @property
    def unit(self) -> str:
        return f"poolroll-{self.name}"

    @property
    def guard_unit(self) -> str:
        """Not that of a rollout, whatever it is called: no name has a dot."""
        return f"{self.unit}.guard"


def service(job: Job) -> str:
    secrets = [f"EnvironmentFile={_path(job.env_file)}"] if job.env_file is not None else []
    lines = [
        "[Unit]",
        f"Description=poolroll: rollout of {job.name}",
        "Wants=network-online.target",
        "After=network-online.target",
        *([f"OnFailure={job.guard_unit}.service"] if job.guard else []),
        "",
        "[Service]",
        "Type=oneshot",
        f"User={job.user}",
        f"WorkingDirectory={_path(job.folder)}",
        *secrets,
        f"ExecStart={' '.join(map(quoted, job.argv))}",
        "# Stopped by an operator, `systemctl stop` or --deadline, in a safe state: no failure.",
        "SuccessExitStatus=7",
        "# The signal reaches poolroll alone, which lets a running step end and brings its member",
        "# back. Only what is left after that time is killed: the longest step, and the way back.",
        "KillMode=mixed",
        f"TimeoutStopSec={round(job.stop.total_seconds())}",
        "TimeoutStartSec=infinity",
        "# A halt waits for a person. What a crash cut off, the next start goes on with.",
        "Restart=no",
    ]
    return "\n".join(lines) + "\n"


def guard_service(job: Job) -> str:
    """Started by the failure of the other one, which a halt is."""
    lines = [
        "[Unit]",
        f"Description=poolroll: keeps out what a halted rollout of {job.name} left out",
        "",
        "[Service]",
        f"User={job.user}",
        f"WorkingDirectory={_path(job.folder)}",
        f"ExecStart={' '.join(map(quoted, job.guard))}",
        "# It ends by itself when the halt is decided otherwise than by a plain abort.",
        "SuccessExitStatus=7",
        "Restart=on-failure",
        "RestartSec=5",
        "# Nothing is halted (3), or another guard is there (6).",
        "RestartPreventExitStatus=2 3 6",
    ]
    return "\n".join(lines) + "\n"


def timer(job: Job, when: Sequence[str]) -> str:
    lines = [
        "[Unit]",
        f"Description=poolroll: when the rollout of {job.name} begins",
        "",
        "[Timer]",
        *(f"OnCalendar={one.replace('%', '%%')}" for one in when),
        "# A start that was missed while this machine was off is not made up for at ten o'clock.",
        "Persistent=false",
        "AccuracySec=1s",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return "\n".join(lines) + "\n"


def quoted(word: str) -> str:
    """One word of ExecStart: `%` begins a specifier, `$` a variable."""
    text = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    text = text.replace("\n", "\\n").replace("\t", "\\t")
    is_plain = text == word and bool(word) and not any(sign in word for sign in " ';")
    return text if is_plain else f'"{text}"'


def _path(path: str | None) -> str:
    """Of a setting that takes a path to the end of its line."""
    return (path or "").replace("%", "%%")
