"""The program that drives `ssh`, as a command of this machine, and what it is told."""

import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

from adapters.hosts.driver import program, spec
from controller.hosts import Access, HostCommand, HostTask
from controller.tasks import Command, TaskJob


def command_of(given: dict[str, Any], timeout: timedelta) -> Command:
    argv = (sys.executable, "-I", "-S", str(Path(program.__file__)))
    return Command(argv, timeout, {spec.VARIABLE: spec.packed(given)})


def question(task: HostCommand, patience: timedelta | None = None) -> Command:
    """What may be repeated at will. `patience`: see `driver.asking`."""
    seconds = None if patience is None else patience.total_seconds()
    given = given_of("ask", None, task, argv=task.argv, patience=seconds)
    return command_of(given, task.timeout)


def given_of(kind: str, job: TaskJob | None, task: HostTask, **more: object) -> dict[str, Any]:
    """What the program is told."""
    return {
        "kind": kind,
        "key": "-" if job is None else job.key,
        "joins": job is not None and job.joins,
        "places": [] if job is None else sorted(job.places),
        "env": dict(task.env),
        "limit": task.timeout.total_seconds(),
        "access": _way(task.access),
        **more,
    }


def _way(access: Access) -> dict[str, object]:
    return {
        "host": access.host,
        "user": access.user,
        "port": access.port,
        "jump": access.jump,
        "options": access.options,
        "sudo": access.sudo,
        "connect_timeout": max(1, round(access.connect_timeout.total_seconds())),
    }
