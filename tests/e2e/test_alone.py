"""A server that stands alone, reached by a real sshd: its downtime has a budget."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from tests.e2e.site import Running
from tests.support.fork_server import CLOCKS
from tests.support.hosts.machine import NEW, Boot, Machine, machine
from tests.support.waiting import until

DNF = """\
case $* in *needs-restarting*) exit 1 ;; esac
echo "$*" >> {folder}/dnf
case $2 in
  upgrade) until [ -e {folder}/go ]; do sleep 0.05; done ;;
  distro-sync) until [ -e {folder}/over ]; do sleep 0.05; done ;;
esac
echo Complete!
"""


def noted(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


class Lone:
    """One server, and the command at work on it."""

    def __init__(self, host: Machine) -> None:
        self.host, self.folder = host, host.folder
        self.page, self.dnf = self.folder / "page", self.folder / "dnf"
        self._started: list[Running] = []
        host.sshd.script("dnf", DNF.format(folder=self.folder))

    def file(self, budget: str, steps: list[Any], **more: Any) -> Path:
        def page(word: str) -> dict[str, Any]:
            script = f"echo {word} $POOLROLL_MEMBER_NAME >> {self.page}"
            return {"command": ["/bin/sh", "-c", script], "timeout": "60s"}

        told = (
            f"echo $POOLROLL_EVENT >> {self.folder}/told; test $POOLROLL_EVENT != over_budget || "
        )
        values = {
            "apiVersion": "poolroll/v1",
            "name": "db",
            "pool": {
                "hosts": {"members": ["db1"]},
                "members": {"host": "127.0.0.1"},
                "downtime": {"budget": budget, "before": page("on"), "after": page("off")},
            },
            "hosts": {"ssh": {**self.host.sshd.way, "connect_timeout": "5s"}},
            "upgrade": {"steps": steps, "timeout": "90s", **more},
            "rollback": {"steps": [{"ssh": ["dnf", "-y", "downgrade", "postgresql"]}]},
            "on_failure": "rollback_member",
            "validate": [{"tcp": {"host": "127.0.0.1", "port": self.host.sshd.port}}],
            "soak": "200ms",
            "notify": [{"command": ["/bin/sh", "-c", f"{told}touch {self.folder}/over"]}],
        }
        path = self.folder / "db.yaml"
        path.write_text(json.dumps(values))
        return path

    def begin(self, *argv: str, **env: str) -> Running:
        number = len(self._started)
        state = str(self.folder / "state")
        running = Running(self.folder, number, (*argv, "--state", state), None, **env)
        self._started.append(running)
        return running

    async def close(self) -> None:
        (self.folder / "go").touch()
        (self.folder / "over").touch()
        for running in self._started:
            if running.process.poll() is None:
                await running.kill()


@asynccontextmanager
async def lone(folder: Path) -> AsyncIterator[Lone]:
    async with machine(folder / "db1", Boot()) as host:
        one = Lone(host)
        try:
            yield one
        finally:
            await one.close()


async def test_a_lone_server(tmp_path: Path) -> None:
    """Upgraded, rebooted and validated within its budget, poolroll killed in the middle: all of it
    once. Then the budget is used up: somebody is paged, and the server is rolled back."""
    async with lone(tmp_path) as one:
        four = [
            {"ssh": ["dnf", "-y", "upgrade"]},
            {"ssh": ["dnf", "-y", "install", "postgresql"]},
            {"reboot": {"timeout": "90s"}},
        ]
        file = one.file("10m", four, expect={"kernel": "5.14.0-2*"})
        first = one.begin("run", str(file), "--yes")
        await until(one.dnf.exists, 60)
        status = await one.begin("status", "db").end(60)
        assert "OUTAGE    db1 is out since " in status.out
        assert "left of 10m" in status.out
        await first.kill()
        (one.folder / "go").touch()
        done = await one.begin("run", str(file), "--yes").end(120)
        assert done.code == 0, done.text
        assert "PLANNED OUTAGE: WHOEVER USES db1 IS WITHOUT IT FOR 10m AT MOST" in done.out
        assert f"kernel {NEW}" in done.err
        assert noted(one.dnf) == ["-y upgrade", "-y install postgresql"]
        assert noted(one.page) == ["on db1", "off db1"]
        assert one.host.times_asked == 1

        file = one.file("10s", [{"ssh": ["dnf", "-y", "distro-sync"]}, four[1]])
        done = await one.begin("run", str(file), "--yes").end(120)
        assert done.code == 5, done.text
        assert "db1: its planned outage has used up its 10s" in done.text
        assert noted(one.dnf)[2:] == ["-y distro-sync", "-y downgrade postgresql"]
        assert noted(one.page)[2:] == ["on db1", "off db1"]
        assert {*noted(one.folder / "told")[-3:]} == {"started", "over_budget", "halted"}
        assert "db1: rolled back, in rotation" in done.text


async def test_used_up_while_nobody_ran(tmp_path: Path) -> None:
    """poolroll is killed in a step, and run again two hours later: somebody is paged at once, the
    step is let end, and the server goes back to its snapshot, where `after` runs. `resume` then
    upgrades it again, with all of its time: the plan says so."""
    async with lone(tmp_path) as one:
        file = one.file("1h", [{"ssh": ["dnf", "-y", "distro-sync"]}])
        values = json.loads(file.read_text())
        del values["rollback"]
        values["on_failure"] = "revert_member"
        values["snapshot"] = {"keep": "1d"}
        for verb in ("create", "revert", "drop"):
            script = f"echo {verb} $1 >> {one.folder}/snapshots"
            command = ["/bin/sh", "-c", script, "-", "${snapshot.id}"]
            values["snapshot"][verb] = {"command": command}
        file.write_text(json.dumps(values))
        run = ("run", str(file), "--yes")
        first = one.begin(*run)
        await until(one.dnf.exists, what="the step to begin")
        await first.kill()

        done = await one.begin(*run, **{CLOCKS: "7200 1"}).end(120)
        assert done.code == 5, done.text
        assert "AND IT IS REVERTED TO ITS SNAPSHOT" in done.out
        assert "db1: its planned outage has used up its 1h00m" in done.out
        assert "db1: reverted, in rotation" in done.out
        assert "(upgrades db1 again)" in done.out
        first_told, *told = noted(one.folder / "told")  # what is sent at once comes in any order
        assert (first_told, sorted(told)) == ("started", ["halted", "over_budget", "started"])
        assert noted(one.dnf) == ["-y distro-sync"]
        (created, reverted) = noted(one.folder / "snapshots")
        assert reverted == created.replace("create", "revert")
        assert noted(one.page) == ["on db1", "off db1"]

        assert (await one.begin("resume", "db", "--reason", "once more").end()).code == 0
        plan = await one.begin("plan", "db").end()
        assert (plan.code, "WHOEVER USES db1 IS WITHOUT IT FOR 1h00m" in plan.out) == (0, True)
        again = await one.begin(*run).end(120)
        assert again.code == 0, again.text
        assert noted(one.page)[2:] == ["on db1", "off db1"]
