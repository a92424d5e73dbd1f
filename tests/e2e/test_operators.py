"""Two users of one group, and root: what each may say in the middle of somebody else's step."""

import os
import stat
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Running, Site
from tests.support.command import Done
from tests.support.operators import GROUP, needs_root
from tests.support.waiting import until

ANNA, BERT, ROOT = 54001, 54002, 0
UMASKS = (("077", "000", "022"), ("000", "022", "077"), ("022", "077", "000"))
"""Of the one who begins, of the one who looks, and of root, who goes on."""


@dataclass
class Desk:
    """The state folder that an administrator made for a group, and a file that root wrote. Neither
    of the two users has a home, or a name."""

    one: Site
    state: Path
    file: Path
    go: Path

    def start(self, who: int, umask: str, *argv: str) -> Running:
        operator = f"{who} {GROUP} {umask}"
        whole = (*argv, "--state", str(self.state))
        return self.one.start(*whole, OPERATOR_OF_TEST=operator, HOME="/nonexistent")

    async def says(self, who: int, umask: str, *argv: str, code: int = 0) -> str:
        done: Done = await self.start(who, umask, *argv).end()
        assert done.code == code, done.text
        return done.text

    async def held(self, who: int, umask: str) -> Running:
        """A run in the middle of its first step."""
        self.go.unlink(missing_ok=True)
        begun = self.begun
        running = self.start(who, umask, "run", str(self.file), "--yes")
        await says(running, "step 1 runs")
        await until(lambda: self.begun > begun, what="the step to have begun")
        return running

    @property
    def begun(self) -> int:
        return len(list(self.state.glob("jobs/*/*/*/group")))

    def assert_shared(self) -> None:
        """With the group, all of it, and with nobody else, whatever the umask."""
        for path in (self.state, *self.state.rglob("*")):
            about = path.lstat()
            wanted = 0o2770 if stat.S_ISDIR(about.st_mode) else 0o660
            assert (stat.S_IMODE(about.st_mode), about.st_gid) == (wanted, GROUP), path


async def says(running: Running, what: str) -> None:
    def has_said() -> bool:
        assert running.process.poll() is None, running.err
        return what in running.err

    await until(has_said, 20, what)


@pytest.fixture
async def at(site: MakeSite, short_folder: Path) -> Desk:
    one = await site(2)
    short_folder.chmod(0o755)
    for path in short_folder.rglob("*"):
        if path.is_dir() or path.is_socket():
            path.chmod(0o755 if path.is_dir() else 0o666)
    state, go = short_folder / "shared", short_folder / "go-on"
    state.mkdir()
    os.chown(state, 0, GROUP)
    state.chmod(0o2770)
    wait = ["/bin/sh", "-c", f'until [ -e "{go}" ]; do sleep 0.05; done']
    file = one.file(
        upgrade={"command": wait, "timeout": "30s"},
        rollback={"command": ["/bin/true"]},
        validate=[{"tcp": {"port": "${member.port}"}}],
        gates=[],
        soak="100ms",
    )
    file.chmod(0o644)
    file.parent.chmod(0o755)
    return Desk(one, state, file, go)


@needs_root
@pytest.mark.parametrize("umasks", UMASKS, ids=" ".join)
async def test_in_the_middle_of_a_step(at: Desk, umasks: tuple[str, str, str]) -> None:
    """Who began is killed; another one joins the step, and it runs once."""
    begins, looks, goes_on = umasks
    first = await at.held(ANNA, begins)
    assert "acknowledged" in await at.says(BERT, looks, "pause", "web")
    assert "acknowledged" in await at.says(BERT, looks, "resume", "web", "--reason", "go on")
    assert f"user {ANNA}" in await at.says(BERT, looks, "run", str(at.file), "--yes", code=6)
    assert f"user {ANNA}" in await at.says(BERT, looks, "plan", str(at.file), code=3)
    for verb in ("rehearse", "rollback"):
        held = await at.says(BERT, looks, verb, str(at.file), "--yes", code=6)
        assert f"user {ANNA}" in held
    assert "web1" in await at.says(BERT, looks, "status", "web")
    assert "NEXT" in await at.says(BERT, looks, "explain", "web", "--all")
    page = at.state.parent / f"{looks}.html"
    await at.says(ROOT, looks, "report", "web", "-o", str(page))
    assert page.stat().st_size
    assert "step 1 runs" in await at.says(ROOT, goes_on, "events", "web")
    await first.kill()
    second = at.start(BERT if begins == "022" else ROOT, goes_on, "run", str(at.file), "--yes")
    await says(second, "taken up again")
    at.go.touch()
    done = await second.end()
    assert done.code == 0, done.text
    assert "done" in await at.says(ANNA, begins, "history", "web")
    third = await at.held(BERT, looks)
    await third.kill()
    assert "acknowledged" not in await at.says(ANNA, begins, "abort", "web")
    at.go.touch()
    assert "aborted" in await at.says(BERT, looks, "history", "web")
    await at.says(ANNA, begins, "rehearse", str(at.file), "--yes")
    await at.says(BERT, goes_on, "rollback", str(at.file), "--all", "--yes")
    assert "whole" in await at.says(ANNA, looks, "history", "web", "--verify")
    assert await at.says(ROOT, goes_on, "status", "web")
    at.assert_shared()
