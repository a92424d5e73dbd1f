"""The commands of docs/recipes and docs/unattended.md, typed on a pool of two."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any, Final

import pytest
from ruamel.yaml import YAML

from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site
from tests.support.command import COMMAND

DOCS: Final = Path(__file__).parents[2] / "docs"
OTHERS: Final = (
    *("systemctl daemon-reload", "systemctl enable --now", "systemctl list-timers"),
    "journalctl -u poolroll-web.service",
)
"""What a test cannot do to the machine."""


class Machine:
    """A folder that has /etc and the state of its own, and what is typed there: a command of
    poolroll's, or one whose output goes to a file."""

    def __init__(self, one: Site) -> None:
        self._one = one
        self.root = one.folder / "machine"
        self.etc = self.root / "etc"
        for name in ("poolroll", "cron.d", "systemd/system"):
            (self.etc / name).mkdir(parents=True)
        is_v2 = ["/bin/sh", "-c", f"grep -qx $POOLROLL_MEMBER_NAME {one.folder}/ran"]
        unless = {"command": is_v2, "go_on": [1, 2]}
        notify = [{"on": ["refused"], "command": ["/bin/true"]}]
        file = one.file(upgrade=one.upgrade() | {"unless": unless}, gates=[], notify=notify)
        for place in (self.etc / "poolroll" / "web.yaml", self.root / "web.yaml"):
            shutil.copy(file, place)

    async def type(self, line: str, **env: str) -> str:
        """What it printed; it ended well."""
        words = [word for word in shlex.split(line) if word != "sudo"]
        if words[0] != "poolroll":
            assert " ".join(words).startswith(OTHERS), line
            return ""
        argv, _, rest = " ".join(map(shlex.quote, words[1:])).partition(" '|' tee ")
        env |= {"POOLROLL_STATE": str(self._one.state)}
        typed = map(self._here, shlex.split(argv))
        done = await self._one.start(*typed, stdout=None, **env).end()
        assert done.code == 0, f"{line}: {done.text}"
        if rest:
            Path(self._here(rest)).write_text(done.out)
        return done.out

    def _here(self, word: str) -> str:
        if word.startswith("/etc/"):
            return str(self.root) + word
        return str(self.root / word) if word.endswith((".yaml", ".html")) else word

    def as_on_the_page(self, text: str) -> str:
        text = text.replace(COMMAND, "/usr/local/bin/poolroll").replace(str(self.etc), "/etc")
        return text.replace(str(self._one.state), "/var/lib/poolroll")


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
    printed = [await machine.type(line, **variables) for line in script]
    assert "2 members upgraded and returned" in "".join(printed)
    assert all((machine.root / path).exists() for path in job["artifacts"]["paths"])
    pages = ("unattended.md", "recipes/cron.md", "recipes/systemd.md")
    rest = [line for page in pages for line in consoles(page) if plain(line) not in script]
    assert len(rest) > 8
    for line in rest:
        await machine.type(line)
    made = (machine.etc / "cron.d" / "poolroll-web").read_text()
    assert machine.as_on_the_page(made) == blocks("recipes/cron.md", "text")[0]
    unit = (machine.etc / "systemd" / "system" / "poolroll-web.service").read_text()
    for line in blocks("recipes/systemd.md", "ini")[0].splitlines():
        assert "TimeoutStopSec" in line or line in machine.as_on_the_page(unit), line


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


def test_rundeck_types_the_same() -> None:
    (job,) = YAML(typ="safe").load(blocks("recipes/ci.md", "yaml")[1])
    lines = job["sequence"]["commands"][0]["script"].splitlines()
    typed = [word for line in lines if (word := line.removeprefix("exec ")).startswith("poolroll ")]
    assert typed == gitlab()["script"]


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


@pytest.mark.parametrize("page", ["cron", "systemd", "ci"])
def test_each_recipe_is_linked(page: str) -> None:
    """From the list of them, and from where unattended runs are explained."""
    assert f"({page}.md)" in (DOCS / "recipes" / "README.md").read_text("utf-8")
    assert f"(recipes/{page}.md)" in (DOCS / "unattended.md").read_text("utf-8")
