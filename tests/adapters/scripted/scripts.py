"""A toy balancer of one file a member, and the scripts that reach it."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from controller.pools.scripted import Host, ScriptedPool, Scripts
from controller.tasks import Command

MEMBERS: Final = ("db1", "db2")
WELL: Final = "ready in_flight=0 health=up"
OUT: Final = "out in_flight=0 health=up"

LIMIT: Final = timedelta(seconds=120)

_SAYS: Final = """
case $1 in
  out) echo 'out in_flight=0 health=up' > "$2" ;;
  in) echo 'ready in_flight=0 health=up' > "$2" ;;
  state) cat "$2" ;;
esac
"""


def pool_in(
    folder: Path,
    says: str = _SAYS,
    *,
    limit: timedelta = LIMIT,
    members: tuple[str, ...] = MEMBERS,
) -> ScriptedPool:
    """Each member's file holds what `state` prints. `says`: the script, with verb and file as
    arguments."""
    script = folder / "lb.sh"
    script.write_text(f"#!/bin/sh\n{says}")
    script.chmod(0o755)

    def host(name: str) -> Host:
        (folder / name).write_text(f"{WELL}\n")

        def command(verb: str) -> Command:
            return Command((str(script), verb, name), limit, {}, str(folder))

        return Host(name, name, 80, Scripts(command("out"), command("in"), command("state")))

    return ScriptedPool(tuple(map(host, members)), timedelta(seconds=1))
