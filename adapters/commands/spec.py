"""A command encoded for system calls."""

import os
from datetime import timedelta

from adapters.commands.message import Spec
from adapters.commands.place import Place
from controller.tasks import Command


def unfit(command: Command) -> str | None:
    """Why no system could start `command`, whatever is installed; None when it could."""
    if not command.argv or not command.argv[0]:
        return "the command is empty"
    name = command.argv[0]
    if any("=" in key or not key for key in command.env):
        return f"{name!r}: the name of an environment variable is empty or holds '='"
    for text in (*command.argv, *command.env, *command.env.values(), command.cwd):
        try:
            if b"\0" in os.fsencode(text):
                return f"{name!r}: the command, its environment or its folder holds a NUL"
        except UnicodeEncodeError:
            return f"{name!r}: the command, its environment or its folder is not valid text"
    return None


def packed(place: Place, command: Command, grace: timedelta) -> bytes:
    """The message to the helper. Only for a command that `unfit` accepts."""
    head = (
        str(command.timeout.total_seconds()),
        str(grace.total_seconds()),
        str(place.levels),
        str(place.folder),
        command.cwd,
        " ".join(map(str, sorted(command.ok))),
        str(len(command.argv)),
    )
    added = (f"{key}={value}" for key, value in command.env.items())
    return Spec.pack([os.fsencode(field) for field in (*head, *command.argv, *added)])
