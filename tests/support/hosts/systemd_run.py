"""Stands in for systemd-run(1) where no systemd runs: it takes what that takes, and runs the
command as a unit is run: with no environment but what it is given, in a session of its own. What
systemd-run would refuse ends it with an exit code of its own.

As a program: NOTES, then the arguments. Each unit is noted there, with its options, as JSON."""

import getopt
import json
import os
import re
import subprocess
import sys

LONG = ("quiet", "collect", "unit=", "description=", "property=", "setenv=")
"""Those that poolroll uses, as systemd-run(1) of version 219 and later names them, but `collect`,
which came with 236."""
UNIT = re.compile(r"[A-Za-z0-9:_.\\-]{1,247}")
"""And `.service`: at most 255 characters (systemd.unit(5))."""
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
KILL_MODES = ("control-group", "mixed", "process", "none")
HOOKS = ("POOLROLL_BOOT_ID_FILE",)
"""Of the tests."""
FAILED = 1


def main(notes: str, *argv: str) -> int:
    # Options end at the first word that is none: the command has its own.
    options, command = getopt.getopt(list(argv), "", LONG)
    given: dict[str, list[str]] = {}
    for name, value in options:
        given.setdefault(name.removeprefix("--"), []).append(value)
    around = {name: os.environ[name] for name in HOOKS if name in os.environ}
    for one in given.get("setenv", []):
        name, equals, value = one.partition("=")
        if not equals or not NAME.fullmatch(name):
            return _refused(f"Failed to add environment variable: {one}")
        around[name] = value
    (unit,) = given["unit"]
    if not UNIT.fullmatch(unit):
        return _refused(f"Failed to mangle unit name: {unit}")
    for one in given.get("property", []):
        if one.partition("=")[::2] not in [("KillMode", mode) for mode in KILL_MODES]:
            return _refused(f"Unknown assignment: {one}")
    if not command or not os.path.isabs(command[0]):  # noqa: PTH117
        return _refused(f"Failed to find executable {command[:1]}")
    if any("$" in word for word in command):
        return _refused("a variable would be filled in (systemd.service(5), COMMAND LINES)")
    with open(notes, "a") as file:  # noqa: PTH123
        file.write(json.dumps({"options": given, "command": command}) + "\n")
    nobody = subprocess.DEVNULL
    subprocess.Popen(
        command,
        env=around,
        cwd="/",
        stdin=nobody,
        stdout=nobody,
        stderr=nobody,
        start_new_session=True,
    )
    return 0


def _refused(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return FAILED


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
