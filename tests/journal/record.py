"""`python -m tests.journal.record SCRIPTS FOLDER [NAME…]` records the journals of real rollouts.

SCRIPTS is the folder that gets NAME.sql for each scene, FOLDER a new one in which they happen;
its path must be short. What is written is what poolroll wrote, so it holds the paths of the
checkout and of FOLDER, the user and the host: run it where these are nobody's own. `v1` was made
from a checkout of commit 2f70558, which has that schema, at /srv/poolroll, with this module,
`scenes` and `rebuilt` copied into it, as root, for a host name of its own::

    unshare --uts sh -c 'hostname host; LOGNAME=alice .venv/bin/python -m tests.journal.record \
        tests/journal/recorded/v1 /srv/poolroll/run'

A version with a new schema records its own in the same way before the next one changes it.
"""

import asyncio
import sys
from contextlib import AsyncExitStack
from pathlib import Path

from tests.journal.rebuilt import dumped
from tests.journal.scenes import SCENES
from tests.journal.scenes.place import Place

MAX_BYTES = 60_000
"""Of one script. A scene that writes more is to be made shorter."""


async def record(name: str, scripts: Path, folder: Path) -> None:
    async with AsyncExitStack() as stack:
        folder.mkdir(parents=True)
        state = await SCENES[name](Place(folder, stack))
        text = dumped(state)
    size = len(text.encode())
    if size > MAX_BYTES:
        raise SystemExit(f"{name}: {size} bytes, {MAX_BYTES} at most")
    (scripts / f"{name}.sql").write_text(text, encoding="utf-8")
    print(f"{name}: {size} bytes")


async def main(scripts: Path, folder: Path, names: list[str]) -> None:
    scripts.mkdir(parents=True, exist_ok=True)
    for name in names or SCENES:
        await record(name, scripts, folder.absolute() / name)


if __name__ == "__main__":
    if len(sys.argv) < 3:
        raise SystemExit(__doc__)
    asyncio.run(main(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3:]))
