"""`timer`: print what starts a rollout at a time of day. Installs nothing."""

import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

import click

from controller import bootstrap
from controller.cli import options
from controller.cli.by_name import by_name
from controller.cli.fit import keep_secret
from controller.cli.show import show_raw
from controller.config import RolloutFile, load
from controller.config.text import scalars
from controller.errors import UsageFault
from controller.redaction import is_secret_name
from controller.report.timer.calendar import Calendar, Unreadable, calendar
from controller.report.timer.text import PARTS, text
from controller.report.timer.units import Job

MARGIN: Final = timedelta(minutes=2)
"""For what comes beside the longest step and the way back: a validation, notices, the journal."""
_USER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,31}")


@click.command()
@options.named_file
@options.option(
    "--on-calendar",
    metavar="TIME",
    multiple=True,
    required=True,
    help="When, as systemd writes it: 'Mon..Fri 05:00'. Repeatable.",
)
@options.option("--guard", is_flag=True, help="Also a unit that a halt starts: `poolroll guard`.")
@options.option("--part", type=click.Choice(PARTS), help="Print this file alone, to be redirected.")
@options.option("--user", metavar="NAME", help="Who runs it. Default: who asks.")
@options.option(
    "--env-file",
    metavar="PATH",
    help="File with the secrets that FILE takes from the environment, NAME=VALUE a line. Default, "
    "where it takes any: NAME.env beside FILE.",
)
@options.sets
@options.option("--deadline", metavar="DURATION", help="Passed on to `run`.")
@options.state
def timer(
    file: Path, on_calendar: tuple[str, ...], part: str | None, state: str | None, **given: Any
) -> None:
    """Print a systemd service and timer, and a line for cron, that run FILE.

    Nothing is installed.
    """
    when = [(" ".join(one.split()), _read(one)) for one in on_calendar]
    file, sets = by_name("timer", file, state, options.pairs(given["set"]))
    options.must_stay("timer", file)
    rollout = load(file, sets)
    rollout.refuse_placeholder()
    secrets = bootstrap.secrets_in(rollout)
    keep_secret(secrets)
    for name, value in sets.items():
        if is_secret_name(name) or secrets.hidden(value) != value:
            raise UsageFault(f"timer --set {name}: every user could read it; put it into FILE")
    env_file = given["env_file"]
    if env_file is None and secrets.names:
        env_file = Path(rollout.folder, f"{rollout.settings.name}.env")
    argv = [_program(), "run", str(file.absolute()), "--yes"]
    for name, value in sets.items():
        argv += ["--set", f"{name}={value}"]
    if given["deadline"] is not None:
        argv += ["--deadline", _duration(given["deadline"])]
    where = ["--state", str(bootstrap.state_place(state, rollout.state))]
    argv += where
    guard = [_program(), "guard", rollout.settings.name, *where] if given["guard"] else []
    if part == "guard" and not guard:
        raise UsageFault("timer --part guard: only with --guard")
    job = Job(
        rollout.settings.name,
        tuple(_one_line(word) for word in argv),
        _user(given["user"]),
        str(file.absolute().parent),
        _stop(rollout),
        None if env_file is None else _one_line(str(Path(env_file).absolute())),
        tuple(_one_line(word) for word in guard),
    )
    show_raw(text(job, when, part))


def _read(written: str) -> Calendar:
    try:
        return calendar(written)
    except Unreadable as fault:
        raise UsageFault(
            f"timer --on-calendar {written!r}: {fault}; write it like 'Mon..Fri 05:00'"
        ) from None


def _duration(value: str) -> str:
    try:
        scalars.duration(value, least=timedelta(seconds=1))
    except scalars.Wrong as wrong:
        raise UsageFault(f"timer --deadline: {wrong}") from None
    return value


def _one_line(word: str) -> str:
    if not word.isprintable():
        raise UsageFault(f"timer: {word!r} cannot stand in a unit or a crontab; rename it")
    return word


def _user(name: str | None) -> str:
    found = name or bootstrap.who().partition("@")[0]
    if not _USER.fullmatch(found):
        raise UsageFault(f"timer --user {found!r}: is not the name of a user")
    return found


def _program() -> str:
    """This very poolroll: neither systemd nor cron has the PATH of whoever asks."""
    return str(Path(sys.argv[0]).absolute())


def _stop(rollout: RolloutFile) -> timedelta:
    """How long it may take until the member in hand is at rest."""
    sections = [one for one in (rollout.rollout.upgrade, rollout.rollout.rollback) if one]
    reboots = [step.reboot for one in sections for step in one.steps or () if step.reboot]
    times = [*(one.timeout for one in sections), *(one.timeout for one in reboots)]
    longest = max(map(scalars.duration, times))
    checks = [scalars.duration(one.within) for one in rollout.rollout.validations]
    back = rollout.settings.policies.comeback.within
    return longest + sum(checks, timedelta(0)) + back + MARGIN
