"""A reboot of a machine with a real sshd, in each of the ways in which it can go."""

import asyncio
import re
from datetime import timedelta
from pathlib import Path

import pytest

from controller.hosts import Proof, Reboot
from controller.tasks import Command, JobResult
from tests.adapters.hosts.support import access, job, kill_all, tasks
from tests.support.hosts.machine import NEW, OLD, Boot, Machine, machine
from tests.support.waiting import until

LONG, SHORT = timedelta(seconds=60), timedelta(seconds=8)


def reboot(host: Machine, timeout: timedelta = LONG, **more: object) -> Reboot:
    return Reboot(access(host.sshd), timeout, **more)  # type: ignore[arg-type]


async def run(folder: Path, task: Reboot, **more: object) -> JobResult:
    return await tasks(folder).run(job(task, **more))  # type: ignore[arg-type]


async def test_down_late_and_up(tmp_path: Path) -> None:
    """It goes on for a while after it was asked, is away for long, comes back with another boot id,
    and is up. A poolroll that is killed meanwhile asks for nothing again."""
    boot = Boot(down_for=5)
    async with machine(tmp_path / "host", boot) as host:
        first = asyncio.ensure_future(run(tmp_path, reboot(host)))
        await until(lambda: host.times_asked)
        await until(lambda: not host.is_up)
        first.cancel()
        kill_all(tmp_path)
        await asyncio.gather(first, return_exceptions=True)
        result = await run(tmp_path, reboot(host))
    assert (result.exit_code, host.times_asked) == (0, 1)
    told = [re.sub(r"after \d+s", "after Ns", line) for line in result.output.splitlines()]
    assert told[0] == "asked to go down (boot id 11111111)"
    assert f"answers again after Ns: boot id 22222222, kernel {NEW}" in told
    assert told[-1] == f"up after Ns: kernel {NEW}, services running"
    assert re.sub(r"after \d+s", "after Ns", result.told) == told[-1]


async def test_twice(tmp_path: Path) -> None:
    """One that restarts once more by itself is waited for."""
    async with machine(tmp_path / "host", Boot(), Boot(down_after=1.5, kernel=NEW)) as host:
        result = await run(tmp_path, reboot(host))
    assert result.exit_code == 0, result
    assert "\nservices: starting\n" in result.output
    assert "(it has restarted once more)" in result.output


@pytest.mark.parametrize(
    ("boots", "why"),
    [
        ([], r"went down and did not come back: 127.0.0.1 does not answer to ssh: .*refused, \ds"),
        ([Boot(down_after=60)], r"has not gone down \(boot id 11111111 still\), \d+s"),
        ([Boot(starting_for=60)], "came back with a new boot id, but its services are starting"),
        ([Boot(has_new_key=True)], "127.0.0.1: its host key has changed: now SHA256:"),
    ],
    ids=["never", "stays up", "starts for ever", "another key"],
)
async def test_each_failure_in_its_own_words(boots: list[Boot], why: str, tmp_path: Path) -> None:
    """A machine that does not come back, goes on, does not get ready, or is another one."""
    async with machine(tmp_path / "host", *boots) as host:
        result = await run(tmp_path, reboot(host, SHORT))
    assert re.match(why, result.failure), result
    assert result.exit_code is None


async def test_what_the_host_shows(tmp_path: Path) -> None:
    """One that came back on its old kernel is not as expected, whatever else is right: each package
    is known to one of two tools."""
    async with machine(tmp_path / "host") as host:
        host.sshd.script("dpkg-query", "[ $5 = nginx ] && echo 'installed 1:1.24.0-3 '")
        host.sshd.script("rpm", "[ $5 = zlib ] && echo '1.2.11 1.2.11-7 (none):1.2.11-7 '")
        packages = {"nginx": "1.24.0", "zlib": "1.2.11-7", "telnet": "absent"}
        proof = Proof(access(host.sshd), LONG, "5.14.0-2*", packages, ("nginx",))
        result = await tasks(tmp_path).run(job(proof))
    assert result.failure == f"is not as expected: kernel is {OLD}, expected 5.14.0-2*"
    assert "package nginx is 1:1.24.0-3\npackage zlib is 1.2.11-7\n" in result.output
    assert "package telnet is absent\nservice nginx is active\n" in result.output


async def test_the_command_fails(tmp_path: Path) -> None:
    """It was not asked at all: what the command said is told."""
    async with machine(tmp_path / "host") as host:
        host.sshd.script("systemctl", "echo Access denied >&2; exit 1")
        result = await run(tmp_path, reboot(host))
    assert result.failure == "could not be asked to go down (exit code 1)"
    assert "Access denied" in result.output


async def test_reset(tmp_path: Path) -> None:
    """A machine that hangs gets one reset, by a command of this machine, and is waited for."""
    async with machine(tmp_path / "host", reset=Boot(down_after=0)) as host:
        power = Command(("/bin/sh", "-c", f"echo x >> {host.power}"), LONG)
        after = timedelta(seconds=2)
        result = await run(tmp_path, reboot(host, reset=power, reset_after=after))
        assert host.power.read_text() == "x\n"
    assert result.exit_code == 0, result
    assert "reset: /bin/sh ended with exit code 0" in result.output
    assert result.output.index("did not come back") < result.output.index("up after")


async def test_only_when_it_is_needed(tmp_path: Path) -> None:
    """The host is asked first; where nobody can tell, nothing is done."""
    async with machine(tmp_path / "host") as host:
        asks = reboot(host, is_conditional=True, question=("/bin/sh", "-c", "echo no; exit 1"))
        no = await run(tmp_path, asks)
        assert (no.exit_code, no.told) == (0, "no reboot is needed: no")
        broken = reboot(host, is_conditional=True, question=("/bin/sh", "-c", "echo hm; exit 9"))
        unknown = await tasks(tmp_path).run(job(broken, "web-1/web1/upgrade-1-0"))
        assert unknown.failure == "whether a reboot is needed is not known (exit code 9): hm"
        assert host.times_asked == 0
