"""A host that is reached through another one: two real sshd."""

import os
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from adapters.hosts import HostLooks
from controller.hosts_seen import HostQuestion, HostSeen, HostTrouble
from tests.adapters.hosts.support import LONG, access, job, runs, shell, tasks
from tests.support.hosts.sshd import Sshd, program, sshd

CONFIG = """Host bastion
  HostName 127.0.0.1
  HostKeyAlias host
  Port {port}
  LogLevel VERBOSE
  IdentityFile {folder}/user
  IdentitiesOnly yes
  IdentityAgent none
  UserKnownHostsFile {folder}/known
  GlobalKnownHostsFile none
"""


async def test_through_a_jump_host(
    host: Sshd, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the jump host needs stands in ssh's configuration. A step arrives there, and a look; who
    of the two does not answer or let us in is told, and nothing counts as begun then."""
    mine, config, ssh = tasks(tmp_path), tmp_path / "config", tmp_path / "bin" / "ssh"
    ssh.parent.mkdir()
    ssh.write_text(f'#!/bin/sh\nexec {program("ssh")} -F {config} "$@"\n')
    ssh.chmod(0o755)
    monkeypatch.setenv("PATH", f"{ssh.parent}{os.pathsep}{os.environ['PATH']}")
    looks = HostLooks(LocalCommands(tmp_path / "jobs", SystemClock()), lambda: "")
    way = replace(access(host), jump="bastion", connect_timeout=LONG)

    async def look() -> str:
        seen = await looks.look(HostQuestion(way, ("true",)))
        return seen.why if isinstance(seen, HostTrouble) else "seen"

    async with sshd(tmp_path / "jump") as jump:
        config.write_text(CONFIG.format(port=jump.port, folder=jump.folder))
        step = replace(shell(host, f"echo x >> {tmp_path}/ran; echo done"), access=way)
        result = await mine.run(job(step, is_new=True))
        assert (result.exit_code, result.output) == (0, "done\n")
        seen = await looks.look(HostQuestion(way, ("true",)))
        assert isinstance(seen, HostSeen)
        assert seen.boot_id == host.boot_id.read_text().strip()
        assert (jump.folder / "log").read_text().count("Accepted publickey") == 2

        host.stop()
        assert await look() == (
            "127.0.0.1 does not answer to ssh: channel 0: open failed: connect failed: Connection "
            "refused"
        )
        soon = replace(step, access=replace(way, connect_timeout=timedelta(seconds=1)))
        down = await mine.run(job(soon, "web-1/web1/upgrade-1-0", is_new=True))
        assert (down.fault or "").startswith("127.0.0.1 does not answer to ssh: ")
        (jump.folder / "authorized").write_text("")
        said = await look()
        assert said.startswith("127.0.0.1 does not let us in: ")
        assert "Permission denied" in said
    assert await look() == (
        f"127.0.0.1 does not answer to ssh: connect to host 127.0.0.1 port {jump.port}: "
        "Connection refused"
    )
    assert runs(tmp_path) == "x\n"
