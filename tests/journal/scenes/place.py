"""Where a scene happens."""

from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from adapters.demo.world import World
from tests.e2e.site import Site
from tests.support.command import Done
from tests.support.haproxies import launcher, program, quick

CHECKS: Final = "check inter 50ms rise 1 fall 3"


class Place:
    """Where one scene happens; what is started there ends with `stack`."""

    def __init__(self, folder: Path, stack: AsyncExitStack) -> None:
        self.folder = folder
        self.stack = stack

    async def world(self, members: int = 2, **shape: Any) -> World:
        folder = self.folder / "w"
        folder.mkdir()
        binary = program("system")
        world = World(
            folder,
            members,
            haproxy=binary,
            launcher=launcher(),
            global_lines=quick(binary),
            **shape,
        )
        return await self.stack.enter_async_context(world)

    async def site(self, members: int = 2, **shape: Any) -> Site:
        lines = "timeout check 5s\n" + shape.pop("backend_lines", "")
        options = {"server_options": CHECKS, "backend_lines": lines, **shape}
        one = Site(await self.world(members, **options), self.folder)
        self.stack.push_async_callback(one.close)
        return one


def ended(done: Done, code: int) -> None:
    assert done.code == code, done.text
