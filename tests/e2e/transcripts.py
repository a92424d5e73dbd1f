"""One story, told by the commands themselves: plan, run, a halt, and going on.

`docs/transcripts` holds what they print, as it was printed: `python -m tests.e2e.transcripts`
writes it anew. A test holds the pages against the program of today; figures, times and places
differ from run to run, and are compared as such.
"""

import asyncio
import re
import shlex
import tempfile
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any, Final

from adapters.demo.world import World
from tests.e2e.site import Site
from tests.support.command import started
from tests.support.haproxies import program

PAGES: Final = Path(__file__).parents[2] / "docs" / "transcripts"
NAMES: Final = ("plan", "run", "halt", "resume")

BAD: Final = {"fail_every": 4}
"""v3 fails a quarter of its requests at first, and its health check stays green."""

_FIGURES: Final = (
    (r"\bweb-\d{8}-\d{6}-[0-9a-f]{4}\b", "ID"),
    (r"\d{4}-\d\d-\d\d", "DATE"),
    (r"\b\d\d:\d\d:\d\d\b", "TIME"),
    (r"\b127\.0\.0\.1:\d+\b", "ADDRESS"),
    (r"\bby \S+@\S+", "by WHO"),
    (r"\b(\d+h ?)?(\d+m ?)?\d[\d,.]* ?(ms|s|min|seconds?|minutes?)\b", "SPAN"),
    (r"\bup to \d[\d.]* of them\b", "up to N of them"),
    (r"\b\d[\d.]*( ?%)?", "N"),
    (r"from TIME to TIME", "at TIME"),
    (r"N (request|session)s?\b", r"N \1s"),
    (r"(nothing|N requests) in flight", "N requests in flight"),
    (r"\b(none|N) of N", "N of N"),
    (r" {2,}", "  "),
)
_CHANCE: Final = re.compile(r"^DATE TIME .*( waits| gate \S+: | the state folder )")
"""Said only when it took long enough to be worth a line, or with another verdict first."""


class Story:
    """A pool of three behind one HAProxy, under users, and what is typed about it."""

    def __init__(self, one: Site) -> None:
        self._one = one
        self._folder = one.folder / "srv"
        self._folder.mkdir()
        self._pages: dict[str, list[str]] = {name: [] for name in NAMES}
        self._file = self._write()

    async def tell(self) -> dict[str, str]:
        """Page → what was typed and printed, all of it real."""
        async with self._one.users(200):
            await self._typed("plan", "plan web.yaml")
            await self._typed("run", "run web.yaml --yes")
            await self._typed("halt", "run web.yaml --yes --set version=v3")
            await self._typed("halt", "status web")
            await self._typed("resume", "run web.yaml --yes --set version=v3")
            (self._folder / "mended").touch()
            await self._typed("resume", "resume web --reason 'v3 wanted a migration, now done'")
            await self._typed("resume", "run web.yaml --yes --set version=v3")
        return {name: "\n".join(lines).rstrip() + "\n" for name, lines in self._pages.items()}

    async def _typed(self, page: str, line: str) -> None:
        argv = [str(self._file) if word == "web.yaml" else word for word in shlex.split(line)]
        printed = self._one.folder / "printed"
        with printed.open("wb") as out:
            where = {"POOLROLL_STATE": str(self._one.state)}
            process = started(tuple(argv), out.fileno(), out.fileno(), where)
        await asyncio.wait_for(asyncio.to_thread(process.wait), 120)
        text = printed.read_text().replace(str(self._one.folder), "").replace("/w1/", "/srv/")
        self._pages[page] += [f"$ poolroll {line}", *text.splitlines()]
        self._pages[page] += [f"[exit code {process.returncode}]", ""]

    def _write(self) -> Path:
        """The rollout file, and the script that it runs for each member."""
        world, script = self._one.world, self._folder / "install.sh"
        good = world.upgrade_argv("$2", member="${1#--member=}", takes_ms=200)
        bad = world.upgrade_argv("$2", BAD, member="${1#--member=}", takes_ms=200)
        words = [" ".join(_in_shell(word) for word in [*argv, "--wait"]) for argv in (good, bad)]
        is_good = f'[ "$2" != v3 ] || [ -e {self._folder}/mended ]'
        script.write_text(f"#!/bin/sh\nif {is_good}; then exec {words[0]}; fi\nexec {words[1]}\n")
        script.chmod(0o755)
        command = [str(script), "--member=${member.name}", "${vars.version}"]
        values: dict[str, Any] = {
            "owner": "web-team, ext. 4711",
            "upgrade": {"command": command},
            "rollback": {"command": command, "vars": {"version": "v1"}},
            "soak": "1s",
        }
        written = self._one.file(**values)
        return written.rename(self._folder / "web.yaml")


def _in_shell(word: str) -> str:
    return f'"{word}"' if "$" in word else shlex.quote(word)


def shape(page: str) -> list[str]:
    """What must be alike from run to run: the words, without figures, times and places."""
    for pattern, word in _FIGURES:
        page = re.sub(pattern, word, page)
    return [line.rstrip() for line in page.splitlines() if not _CHANCE.match(line)]


async def _redraw() -> None:
    PAGES.mkdir(exist_ok=True)
    async with AsyncExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pr-")))
        (folder / "w1").mkdir()
        world = World(folder / "w1", 3, haproxy=program("system"))
        one = Site(await stack.enter_async_context(world), folder)
        stack.push_async_callback(one.close)
        for page, text in (await Story(one).tell()).items():
            (PAGES / f"{page}.txt").write_text(text)


if __name__ == "__main__":
    asyncio.run(_redraw())
