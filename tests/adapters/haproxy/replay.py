"""A server that says what a recorded HAProxy said."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from adapters.haproxy.query import SHOW_BACKENDS, SHOW_FRONTENDS
from tests.adapters.haproxy.scenes import REST, replies
from tests.adapters.haproxy.site import settled

CLOSES_NOT = "master"


class Replay:
    """Scenes of one version, played in order: what is set in a later scene leads into it."""

    def __init__(self, version: str, scenes: Sequence[str], calls_itself: str) -> None:
        self._rest = replies(version, REST)
        if calls_itself:
            info = self._rest["show info"]
            self._rest["show info"] = re.sub("(?m)^Version: .*$", f"Version: {calls_itself}", info)
        self._scenes = [replies(version, scene) for scene in scenes]
        self._closes = CLOSES_NOT not in scenes
        self._at = 0
        self.unknown: list[str] = []
        """Commands that were never recorded: the adapter asks something new."""

    def go_on(self) -> None:
        """To the next scene, into which nothing that is set leads."""
        self._at += 1

    def answer(self, line: str) -> str:
        return "".join(self._said(command) for command in line.split("; "))

    def _said(self, command: str) -> str:
        if not command.startswith("show "):
            later = range(self._at, len(self._scenes))
            self._at = next((at for at in later if command in self._scenes[at]), self._at)
        for scene in (*self._scenes[self._at : self._at + 1], self._rest):
            if command in scene:
                return scene[command]
        if command == " ".join(SHOW_FRONTENDS):
            # Not in the records of every version: the heading is that of any `show stat`.
            return self._said(" ".join(SHOW_BACKENDS)).partition("\n")[0] + "\n\n"
        self.unknown.append(command)
        return "not recorded\n\n"

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            line = (await reader.readline()).decode().removesuffix("\n")
            writer.write(self.answer(line).encode())
            await writer.drain()
            if not self._closes:
                await reader.read()
        except ConnectionError:
            writer.transport.abort()
        finally:
            writer.close()


@asynccontextmanager
async def replayed(
    path: Path, version: str, *scenes: str, calls_itself: str = ""
) -> AsyncIterator[Replay]:
    """Serves at the UNIX socket `path`; fails at its end when something was not recorded.

    `calls_itself`: another version than the one it is, to `show info`.
    """
    replay = Replay(version, scenes, calls_itself)
    server = await asyncio.start_unix_server(replay.serve, path)
    try:
        yield replay
    finally:
        server.close()
        await settled()
    assert replay.unknown == [], "record anew, see tests.adapters.haproxy.record"
