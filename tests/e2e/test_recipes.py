"""The commands of docs/recipes and docs/unattended.md, typed by a shell on a pool of two."""

import asyncio
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site
from tests.support.command import COMMAND, environment

DOCS: Final = Path(__file__).parents[2] / "docs"
STUBS: Final = {
    "sudo": 'exec "$@"',
    "systemctl": 'echo "$0 $@" >> "$TYPED"',
    "journalctl": 'echo "$0 $@" >> "$TYPED"',
}
"""What a test may not do to the machine; what is asked of it is kept."""


class Machine:
    """A shell in a folder that has /etc and the state of its own."""

    def __init__(self, one: Site) -> None:
        self.root = one.folder / "machine"
        self.bin, self.etc = self.root / "bin", self.root / "etc"
        self._state = one.state
        for name in ("poolroll", "cron.d", "systemd/system"):
            (self.etc / name).mkdir(parents=True)
        self.bin.mkdir()
        (self.bin / "poolroll").symlink_to(COMMAND)
        for name, script in STUBS.items():
            (self.bin / name).write_text(f"#!/bin/sh\n{script}\n")
            (self.bin / name).chmod(0o755)
        is_v2 = ["/bin/sh", "-c", f"grep -qx $POOLROLL_MEMBER_NAME {one.folder}/ran"]
        unless = {"command": is_v2, "go_on": [1, 2]}
        upgrade = one.upgrade() | {"unless": unless}
        notify = [{"on": ["refused"], "command": ["/bin/true"]}]
        file = one.file(upgrade=upgrade, gates=[], notify=notify)
        for place in (self.etc / "poolroll" / "web.yaml", self.root / "web.yaml"):
            shutil.copy(file, place)

    async def type(self, script: str, **env: str) -> tuple[int, str]:
        for ours, theirs in ((self.etc, "/etc/"), (self._state, "/var/lib/poolroll")):
            script = script.replace(theirs, f"{ours}/" if theirs.endswith("/") else str(ours))
        path = f"{self.bin}:{os.environ['PATH']}"
        shell = await asyncio.create_subprocess_exec(
            *("/bin/sh", "-e", "-c", script),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
            cwd=self.root,
            env=environment()
            | {"PATH": path, "POOLROLL_STATE": str(self._state), "TYPED": str(self.root / "typed")}
            | env,
        )
        printed, _ = await shell.communicate()
        assert shell.returncode is not None
        return shell.returncode, printed.decode()


def blocks(page: str, kind: str) -> list[str]:
    text = (DOCS / page).read_text("utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def consoles(page: str) -> list[str]:
    lines = "".join(blocks(page, "console")).splitlines()
    return [line.removeprefix("$ ") for line in lines if line.startswith("$ ")]


async def test_what_is_typed(site: MakeSite) -> None:
    """GitLab's job upgrades the pool and leaves a report; then the commands of the other pages,
    each once. What they write is what the page shows."""
    machine = Machine(await site(2))
    job = gitlab()
    variables = {name: str(value) for name, value in job["variables"].items()}
    del variables["POOLROLL_STATE"]
    script = [*job["script"], *job["after_script"]]
    code, printed = await machine.type("\n".join(script), **variables)
    assert code == 0, printed
    assert "2 members upgraded and returned" in printed
    assert all((machine.root / path).exists() for path in job["artifacts"]["paths"])
    pages = ("unattended.md", "recipes/cron.md", "recipes/systemd.md")
    known = set(script)
    rest = [line for page in pages for line in consoles(page) if plain(line) not in known]
    assert len(rest) > 8
    code, printed = await machine.type("\n".join(rest))
    assert code == 0, printed
    made = (machine.etc / "cron.d" / "poolroll-web").read_text()
    assert like_the_page(made, machine) == blocks("recipes/cron.md", "text")[0]
    unit = (machine.etc / "systemd" / "system" / "poolroll-web.service").read_text()
    for line in blocks("recipes/systemd.md", "ini")[0].splitlines():
        assert "TimeoutStopSec" in line or line in like_the_page(unit, machine), line
    assert "enable --now poolroll-web.timer" in (machine.root / "typed").read_text()


def plain(line: str) -> str:
    """The same command, whoever types it wherever."""
    return line.removeprefix("sudo ").replace("/etc/poolroll/", "")


def gitlab() -> dict[str, Any]:
    job: dict[str, Any] = YAML(typ="safe").load(blocks("recipes/ci.md", "yaml")[0])["rollout"]
    return job


def test_jenkins_types_the_same() -> None:
    """Its lines are among GitLab's, which are run above."""
    lines = re.findall(r"(?:\bsh |script: )'([^']+)'", blocks("recipes/ci.md", "groovy")[0])
    assert len(lines) == 3
    assert set(lines) < {*gitlab()["script"], *gitlab()["after_script"]}


@pytest.mark.parametrize("code", [0, 5])
def test_a_script_ends_as_poolroll_does(code: int, tmp_path: Path) -> None:
    """Each command once, in its order, and the exit code of the last one."""
    (tmp_path / "poolroll").write_text(
        f'#!/bin/sh\necho "$@" >> "{tmp_path}/typed"\n[ "$1" != run ] || exit {code}\n'
    )
    (tmp_path / "poolroll").chmod(0o755)
    done = subprocess.run(
        ["/bin/sh", "-c", blocks("recipes/ci.md", "sh")[0], "rollout.sh", "web.yaml"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        check=False,
    )
    assert done.returncode == code
    assert (tmp_path / "typed").read_text().splitlines() == [
        "check web.yaml",
        "plan web.yaml",
        "run web.yaml --yes --termination-log rollout.txt",
    ]


def like_the_page(text: str, machine: Machine) -> str:
    state = str(machine.root.parent / "state")
    text = text.replace(str(machine.bin), "/usr/local/bin").replace(str(machine.etc), "/etc")
    return text.replace(state, "/var/lib/poolroll")


@pytest.mark.parametrize("page", ["cron", "systemd", "ci"])
def test_each_recipe_is_linked(page: str) -> None:
    """From the list of them, and from where unattended runs are explained."""
    assert f"({page}.md)" in (DOCS / "recipes" / "README.md").read_text("utf-8")
    assert f"(recipes/{page}.md)" in (DOCS / "unattended.md").read_text("utf-8")
