"""Pages of docs/recipes at work: their rollout file and their scripts, on a pool of two members.

The balancer is a file per member, which scripts read and write; both members are this machine,
behind one sshd. What the page says of the upgrade is left as it is.
"""

import json
import os
import re
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from adapters.demo.rollout import merged
from tests.e2e.site import Running
from tests.support.command import Done
from tests.support.hosts.sshd import Sshd

RECIPES: Final = Path(__file__).parents[2] / "docs" / "recipes"
MEMBERS: Final = ("web1", "web2")

BALANCER: Final = """\
#!/bin/sh
case $1 in
    out | in) echo "$1" > "$2.lb" ;;
    state) [ "$(cat "$2.lb" 2>/dev/null)" = out ] && echo out || echo ready ;;
esac
"""
SYSTEMCTL: Final = """\
cd "$(dirname "$0")"
case $1 in
    is-active) [ -e "$3.active" ] ;;
    start) touch "$2.active" ;;
    stop) rm -f "$2.active" ;;
esac
"""
"""Knows only which units are active, each a file beside it."""
SYSTEMD_RUN: Final = """\
cd "$(dirname "$0")"
unit=${3#--unit=}
touch "$unit.timer.active"
shift 4
echo "$*" > "$unit.lease"
"""
"""Keeps what it was to run when the time is over."""


def blocks(page: str, kind: str) -> list[str]:
    text = (RECIPES / f"{page}.md").read_text("utf-8")
    return re.findall(rf"^```{kind}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def scripts(*pages: str) -> dict[str, str]:
    """Name → text; the name is the first word of the comment in its second line."""
    found = (one for page in pages for one in blocks(page, "sh"))
    return {text.splitlines()[1].split()[1].rstrip(":"): text for text in found}


def rollout_of(page: str) -> dict[str, Any]:
    """The whole rollout file of a page."""
    whole = (one for one in blocks(page, "yaml") if one.startswith("apiVersion:"))
    values: dict[str, Any] = YAML(typ="safe").load(next(whole))
    return values


def program(path: Path, text: str) -> None:
    path.write_text(text if text.startswith("#!") else f"#!/bin/sh\n{text}")
    path.chmod(0o755)


class Trial:
    """One page, tried. Its scripts lie beside the rollout file and on the hosts."""

    def __init__(self, folder: Path, far: Sshd, page: str) -> None:
        self.folder, self.page = folder, page
        self.near = folder / "bin"
        """First on the PATH here."""
        self.near.mkdir()
        self.far = far.folder / "bin"
        self.there = folder / "there"
        """What the tool writes goes into it."""
        self.there.mkdir()
        self._way = far.way
        self._runs = 0
        program(folder / "lb.sh", BALANCER)
        program(self.far / "systemctl", SYSTEMCTL)
        program(self.far / "systemd-run", SYSTEMD_RUN)
        for name, text in scripts(page, "agents").items():
            program(folder / name, text)
            program(self.far / name, text)

    def write(self, replaced: Mapping[str, str] | None = None) -> Path:
        """The page's rollout file, without its reboot, to upgrade web1 of this pool. `replaced`:
        paths of the page, and which they are here."""
        lb = {verb: {"command": ["./lb.sh", verb, "${member.name}"]} for verb in ("out", "in")}
        state = {"state": {"command": ["./lb.sh", "state", "${member.name}"]}, "every": "100ms"}
        page = rollout_of(self.page)
        here: dict[str, Any] = {
            "pool": {
                "haproxy": None,
                "hosts": {"members": list(MEMBERS), **lb, **state},
                "members": {"host": "127.0.0.1", "include": ["web1"]},
            },
            "drain": {"settle": "10ms"},
            "validate": [{"command": ["/bin/true"]}],
            "soak": "10ms",
            "gates": [],
        }
        if "hosts" in page:
            here["hosts"] = {
                "ssh": {**self._way, "connect_timeout": "20s", "user": None, "sudo": None}
            }
        steps = [step for step in page["upgrade"]["steps"] if "reboot" not in step]
        here["upgrade"] = {"steps": steps}
        path = self.folder / f"{self.page}.yaml"
        text = json.dumps(merged(page, here))  # which is YAML
        for word, ours in (replaced or {}).items():
            assert word in text
            text = text.replace(word, ours)
        path.write_text(text)
        return path

    async def run(self, file: Path, **env: str) -> Done:
        """`poolroll run`, to its end."""
        self._runs += 1
        argv = ("run", str(file), "--yes", "--state", str(self.folder / "state"))
        path = f"{self.near}:{os.environ['PATH']}"
        return await Running(self.folder, self._runs, argv, None, PATH=path, **env).end(240)

    def found(self) -> dict[str, str]:
        """What the tool has written."""
        return {one.name: one.read_text().strip() for one in sorted(self.there.iterdir())}

    def balancer(self) -> dict[str, str]:
        """Member → what was set there last."""
        found = {name: self.folder / f"{name}.lb" for name in MEMBERS}
        return {name: path.read_text().strip() for name, path in found.items() if path.exists()}


def cfengine(near: Path, folder: Path) -> None:
    """Its programs, with a folder of their own for what they keep."""
    for name in ("bin", "inputs", "modules", "outputs", "state", "ppkeys", "masterfiles"):
        (folder / name).mkdir(parents=True, mode=0o700)
    folder.chmod(0o700)
    for name in ("cf-promises", "cf-agent"):
        real = found(name)
        (folder / "bin" / name).symlink_to(real)
        program(near / name, f'CFENGINE_TEST_OVERRIDE_WORKDIR={folder} exec {real} "$@"')


def found(name: str) -> str:
    """Where it is. The tests fail without it: `make test` installs it."""
    path = shutil.which(name, path=f"{os.environ['PATH']}:/usr/sbin")
    assert path is not None, f"{name} is not installed: make servers"
    return path
