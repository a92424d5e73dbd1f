"""Two boxes of which one stands by, upgraded by the command: the standby, the promotion, the other
one."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.site import Running
from tests.support.waiting import until

CLUSTER = """\
#!/bin/sh
cd {folder}
case $1 in
  state) if [ "$(cat active)" = "$2" ]; then echo ready; else echo standby; fi ;;
  promote)
    echo "promote $2" >> done
    until [ -e go ]; do sleep 0.05; done
    if [ -e fails ]; then echo no quorum; exit 3; fi
    echo "$2" > active.new && mv active.new active ;;
esac
"""


class Pair:
    """A cluster of two that is a file, and the command at work on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.started: list[Running] = []
        self.script = folder / "cluster.sh"
        self.script.write_text(CLUSTER.format(folder=folder))
        self.script.chmod(0o755)
        (folder / "active").write_text("db1\n")
        self.file = folder / "db.yaml"
        self.file.write_text(json.dumps(self._values()))

    def _values(self) -> dict[str, Any]:
        def asked(verb: str) -> dict[str, Any]:
            command = [str(self.script), verb, "${member.name}"]
            return {"command": command, "timeout": "60s"}

        upgrade = f"echo up $POOLROLL_MEMBER_NAME >> {self.folder}/done"
        hosts = {"members": ["db1", "db2"], "state": asked("state"), "promote": asked("promote")}
        return {
            "apiVersion": "poolroll/v1",
            "name": "db",
            "pool": {"hosts": hosts},
            "upgrade": {"command": ["/bin/sh", "-c", upgrade], "timeout": "60s"},
            "validate": [{"command": ["/bin/true"], "within": "60s"}],
            "soak": "100ms",
            "gates": [],
        }

    @property
    def done(self) -> list[str]:
        path = self.folder / "done"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def active(self) -> str:
        return (self.folder / "active").read_text().strip()

    def begin(self, *argv: str) -> Running:
        argv = (*argv, "--state", str(self.folder / "state"))
        self.started.append(Running(self.folder, len(self.started), argv, None))
        return self.started[-1]

    def run(self) -> Running:
        return self.begin("run", str(self.file), "--yes", "--quiet")


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    one = Pair(tmp_path)
    yield one
    (tmp_path / "go").touch()
    for running in one.started:
        if running.process.poll() is None:
            running.process.kill()


async def test_killed_while_it_promotes(pair: Pair) -> None:
    """The next run joins the promotion, which is not begun twice. It fails: the active one is not
    touched, and serves. Once it can be promoted, the rollout goes on with that alone."""
    killed = pair.run()
    await until(lambda: "promote db2" in pair.done, what="the promotion to begin")
    await killed.kill()
    assert pair.done == ["up db2", "promote db2"]
    status = (await pair.begin("status", "db").end()).out
    assert "db1  OUT OF ROTATION (draining)" in status
    (pair.folder / "fails").touch()
    again = pair.run()
    (pair.folder / "go").touch()
    halted = await again.end()
    assert halted.code == 5, halted.text
    assert "SEEN      the pair: `promote` of db2 ended with exit code 3: no quorum" in halted.out
    assert "db1: in rotation, untouched" in halted.out
    assert (pair.active, pair.done) == ("db1", ["up db2", "promote db2"])

    (pair.folder / "fails").unlink()
    assert (await pair.begin("resume", "db", "--reason", "it has a quorum").end()).code == 0
    done = await pair.run().end()
    assert done.code == 0, done.text
    assert (pair.active, pair.done[2:]) == ("db2", ["promote db2", "up db1"])


async def test_who_serves_now(pair: Pair) -> None:
    """The promotion is told when it is seen: in the log, at the end, by `status` and from the
    journal."""
    (pair.folder / "go").touch()
    done = await pair.begin("run", str(pair.file), "--yes").end()
    assert done.code == 0, done.text
    before, after = "db1 is active, db2 is standby", "db2 is active, db1 is standby"
    for told in (done.text, (await pair.begin("events", "db").end()).out):
        assert 0 < told.index(before) < told.index(f"now {after}") < told.index("done (exit code")
    assert f"\n{after}\n" in done.out
    assert f"; {after}\n" in (await pair.begin("status", "db").end()).out
