"""An operator: `python -m tests.adapters.commands.operator UID GID UMASK FOLDER KEY ARGV`.

It gives up root first, keeping that one group besides its own; then runs a job, and says how it
ended.
"""

import asyncio
import os
import sys
from datetime import timedelta
from pathlib import Path

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from controller.errors import StateError
from controller.tasks import Command, Job


def main() -> None:
    uid, gid, umask, folder, key, *argv = sys.argv[1:]
    os.setgroups([int(gid)])
    os.setgid(int(uid))
    os.setuid(int(uid))
    os.umask(int(umask, 8))
    if not os.access(sys.executable, os.X_OK):  # ours, in the home of root; helpers need any
        sys.executable = "/usr/bin/python3"
    commands = LocalCommands(Path(folder), SystemClock())
    command = Command(tuple(argv), timedelta(seconds=20), {}, "/")
    try:
        commands.prepare()
        result = asyncio.run(commands.run(Job(key, command)))
    except StateError as error:
        print(error)
    else:
        print(result.exit_code, result.output.strip())


if __name__ == "__main__":
    main()
