"""A pool of hosts: a balancer that three scripts reach, here an HAProxy that only they speak to."""

import sys
from pathlib import Path
from typing import Any

from controller.core.phases import Phase
from tests.e2e.conftest import MakeSite
from tests.e2e.site import Site

SCRIPT = """\
import socket, sys

def ask(line):
    with socket.socket(socket.AF_UNIX) as one:
        one.connect(sys.argv[1])
        one.sendall(line.encode() + b"\\n")
        return b"".join(iter(lambda: one.recv(65536), b"")).decode()

verb, member = sys.argv[2:]
if verb != "state":
    word = "maint" if verb == "out" else "ready"
    if said := ask(f"set server web/{member} state {word}").strip():
        sys.exit(said)
else:
    names, *rows = (line.split(",") for line in ask("show stat").lstrip("# ").splitlines())
    row = dict(zip(names, next(one for one in rows if one[:2] == ["web", member])))
    flight, errors = int(row["scur"]) + int(row["qcur"]), int(row["hrsp_5xx"]) + int(row["econ"])
    word = "out" if row["status"].startswith("MAINT") else "ready"
    health = "down" if row["status"].startswith("DOWN") else "up"
    print(f"{word} in_flight={flight} requests={row['stot']} errors={errors} health={health}")
"""


def hosts_file(one: Site, **more: Any) -> Path:
    """The members by name; where each one listens is its own variable."""
    script = one.folder / "lb.py"
    script.write_text(SCRIPT)
    socket = one.endpoint.removeprefix("unix:")

    def way(verb: str) -> dict[str, Any]:
        return {"command": [sys.executable, "-S", str(script), socket, verb, "${member.name}"]}

    hosts = {
        "members": list(one.world.members),
        "out": way("out"),
        "in": way("in"),
        "state": way("state"),
        "counts": True,
        "every": "200ms",
    }
    at = {name: {"at": f"127.0.0.1:{one.world.ports[name]}"} for name in one.world.members}
    proven = {"url": "http://${member.vars.at}/health", "contains": "${vars.version}"}
    file = one.file(
        pool={"haproxy": None, "hosts": hosts, "members": {"vars": at}},
        validate=[{"http": proven, "within": "20s"}],
        **more,
    )
    lines = file.read_text().splitlines()  # persistence is not shown here
    file.write_text("".join(f"{line}\n" for line in lines if "sticky:" not in line))
    return file


async def test_under_load(site: MakeSite) -> None:
    """Nobody fails, also when poolroll is killed in the middle and run again."""
    one = await site(3)
    file = hosts_file(one, upgrade=one.upgrade(held=True))
    async with one.users(100, slow_share=0.05) as load:
        running = one.begin(file)
        await one.until_phase("web1", Phase.UPGRADING, running)
        assert await one.admin() == {"web1": 1, "web2": 0, "web3": 0}
        await running.kill()
        one.go.touch()
        status = await one.command("status", "web")
        assert "web1  OUT OF ROTATION" in status.out
        done = await one.run(file)
    assert (done.code, load.tally.failed) == (0, 0), (done.text, load.tally.by_failure)
    assert one.executions() == {"web1": 1, "web2": 1, "web3": 1}
    await one.assert_all("v2")


async def test_bad_version_is_stopped_by_its_counters(site: MakeSite) -> None:
    """What `state` prints of errors is judged like any balancer's own counters."""
    one = await site(3)
    file = hosts_file(one, upgrade=one.upgrade({"fail_every": 3}), soak="20s")
    async with one.users(100):
        done = await one.run(file)
    assert done.code == 4, done.text
    assert "gate 'errors'" in done.text
    assert await one.admin() == {"web1": 1, "web2": 0, "web3": 0}
    assert "web1: OUT OF ROTATION: failed gate 'errors'" in done.text
