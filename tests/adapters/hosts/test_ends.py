"""How a step on a real host ends, each way in its own words."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from controller.foreign import Address
from controller.tasks import JobResult
from tests.adapters.hosts.support import access, job, runs, shell, tasks
from tests.support.hosts.sshd import Sshd, new_key

SHORT = timedelta(seconds=1)


async def test_every_end_of_a_step(host: Sshd, tmp_path: Path) -> None:
    """Exit codes, ssh's own 255 included; the timeout; no such program; input at its end; what is
    no text; and what is left behind, which keeps nobody waiting."""
    mine = tasks(tmp_path)
    left = f"sleep 60 & echo $! > {tmp_path}/left; echo done"
    ends = {
        "well": shell(host, "echo hi >&2; echo $NAME $DEBIAN_FRONTEND; pwd"),
        "own": shell(host, "exit 255"),
        "late": shell(host, "trap 'echo asked to end; exit' TERM; sleep 60 & wait", timeout=SHORT),
        "asks": shell(host, "printf 'Replace? [y/N] '; read answer || exit 7"),
        "bytes": shell(host, r"printf '\377\376 \303\274'"),
        "leaves": shell(host, left),
        "none": replace(shell(host, ""), argv=("no-such-tool",)),
        "reboots": shell(host, "exit 3", ok=(0, 3)),
    }
    results = await asyncio.gather(
        *(mine.run(job(task, f"web-1/{name}/upgrade-0-0")) for name, task in ends.items())
    )
    by = dict(zip(ends, results, strict=True))
    try:
        assert by["well"].exit_code == 0
        assert by["well"].output == f"hi\nweb1 noninteractive\n{host.folder}/home\n"
        assert (by["own"].exit_code, by["own"].output) == (255, "")
        assert by["late"].timed_out
        assert by["late"].output == "asked to end\n"
        assert (by["asks"].exit_code, by["asks"].output) == (7, "Replace? [y/N] ")
        assert by["bytes"].output == "�� ü"
        assert (by["leaves"].exit_code, by["leaves"].output) == (0, "done\n")
        assert len(by["leaves"].writers) == 1
        assert by["none"].exit_code == 127
        assert "no-such-tool" in by["none"].output
        assert by["reboots"].exit_code == 3
    finally:
        pid = (tmp_path / "left").read_text().strip()
        await tasks(tmp_path).ask(shell(host, f"kill {pid}"))


async def test_a_flood_is_bounded(host: Sshd, tmp_path: Path) -> None:
    """Of an output without end its two ends are kept, on the host too."""
    flood = "echo first; head -c 9000000 /dev/zero | tr '\\0' x; sleep 1.5; echo; echo last"
    result = await tasks(tmp_path).run(job(shell(host, flood)))
    assert result.exit_code == 0
    assert result.output.startswith("first\nxxx")
    assert result.output.endswith("x\nlast\n")
    assert "bytes left out" in result.output
    assert len(result.output) < 70_000
    kept = sum(file.stat().st_size for file in (host.folder / "steps").rglob("*"))
    assert kept < 1_200_000


async def test_who_cannot_be_reached(host: Sshd, tmp_path: Path) -> None:
    """Nothing was begun, and why is said: nobody there, another key, a key that is not known, no
    entry, no root."""
    mine, here = tasks(tmp_path), shell(host, f"echo x >> {tmp_path}/ran")
    right = access(host)

    async def said(name: str, *options: str, **more: object) -> str:
        way = replace(right, options=(*options, *right.options), **more)  # type: ignore[arg-type]
        new = job(replace(here, access=way), f"web-1/{name}/upgrade-0-0", is_new=True)
        result = await mine.run(new)
        assert result == JobResult(fault=result.fault, seconds=result.seconds, output="")
        return result.fault or ""

    host.script("sudo", "echo 'sudo: a password is required' >&2; exit 1")
    down, unknown, denied, no_name, root = await asyncio.gather(
        said("down", port=1, connect_timeout=SHORT),
        said("unknown", "HostKeyAlias=other"),
        said("denied", f"IdentityFile={host.folder}/host", "IdentitiesOnly=yes", user="nobody"),
        said("name", host=Address("no-such-host.invalid"), connect_timeout=SHORT),
        said("root", sudo=True),
    )
    assert down == (
        "127.0.0.1 does not answer to ssh: connect to host 127.0.0.1 port 1: Connection refused"
    )
    assert unknown.startswith("127.0.0.1: its host key is not known on this machine: ")
    assert denied.startswith("127.0.0.1 does not let us in: nobody@127.0.0.1: Permission denied")
    assert no_name.startswith("no-such-host.invalid is not known by that name: ")
    assert root == "127.0.0.1: no root by `sudo -n`: a password is required"
    new_key(host.folder / "host")
    host.stop()
    await host.start()
    assert (await said("changed")).startswith("127.0.0.1: its host key has changed: now SHA256:")
    assert runs(tmp_path) == ""


async def test_questions(host: Sshd, tmp_path: Path) -> None:
    """A question is asked on the host each time; its answer is its exit code and what it says. One
    that is not reached answers as ssh does."""
    mine = tasks(tmp_path)
    question = shell(host, f"echo x >> {tmp_path}/ran; echo yes; exit 4")
    for _ in range(2):
        result = await mine.ask(question)
        assert (result.exit_code, result.output) == (4, "yes\n")
    assert runs(tmp_path) == "x\nx\n"
    nobody = await mine.ask(replace(question, access=access(host, 1, connect_timeout=SHORT)))
    assert nobody.exit_code == 255
    assert nobody.output.startswith("127.0.0.1 does not answer to ssh")
