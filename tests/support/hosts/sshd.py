"""A real sshd on loopback, for the user who runs the tests, with keys of its own."""

import os
import shutil
import signal
import socket
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from adapters.commands import processes
from tests.support.waiting import until

PLACES = os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))
"""Debian keeps sshd where only root's PATH looks."""
EXCHANGE = "curve25519-sha256"
"""OpenSSH's first choice since 9.0, sntrup761x25519-sha512, costs `ssh` 70 ms at each start."""


def program(name: str) -> str:
    """Where it is. The tests fail without it: `make test` installs it."""
    found = shutil.which(name, path=PLACES)
    assert found is not None, f"{name} is not installed: make servers"
    return found


class Sshd:
    """`folder`: keys, configuration, and on the far side: `bin` first on the PATH, `steps` for
    records, `home`. `shell`: takes the place of the user's login shell."""

    def __init__(self, folder: Path, shell: str = "") -> None:
        self.folder = folder
        self.port = free_port()
        self.boot_id = folder / "boot_id"
        self._shell = shell
        self._process: subprocess.Popen[bytes] | None = None
        for name in ("bin", "steps", "home"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        self.boot_id.write_text(f"11111111-{self.port}\n")  # no other machine has it
        for key in ("host", "user"):
            new_key(folder / key)
        shutil.copy(folder / "user.pub", folder / "authorized")
        self.trust()

    @property
    def way(self) -> dict[str, Any]:
        """For `hosts.ssh` of a rollout file."""
        return {"port": self.port, "options": list(self.options), "connect_timeout": "10s"}

    @property
    def options(self) -> tuple[str, ...]:
        return (
            f"UserKnownHostsFile={self.folder / 'known'}",
            f"IdentityFile={self.folder / 'user'}",
            "IdentitiesOnly=yes",
            "IdentityAgent=none",
            "HostKeyAlias=host",
            "GlobalKnownHostsFile=none",
        )

    @property
    def is_up(self) -> bool:
        return self._process is not None

    def trust(self) -> None:
        """Its present host key, on this side."""
        kind, key, *_ = (self.folder / "host.pub").read_text().split()
        (self.folder / "known").write_text(f"host {kind} {key}\n")

    def script(self, name: str, text: str) -> None:
        """A program on the far side's PATH."""
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    async def start(self) -> None:
        if os.geteuid() == 0:  # where its package's service would make it
            Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)
        (self.folder / "config").write_text(self._config())
        argv = [program("sshd"), "-D", "-e", "-f", str(self.folder / "config")]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(  # noqa: ASYNC220 - it does not wait
                argv, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        ready = f"Server listening on 127.0.0.1 port {self.port}."
        process = self._process
        await until(lambda: process.poll() is not None or ready in self._said(), 20, "sshd")
        assert process.poll() is None, self._said()

    def stop(self, *, everything: bool = False) -> None:
        """Whoever is logged in is cut off. `everything`: as when its machine goes down, what was
        started there ends too."""
        if self._process is None:
            return
        below = {pid: processes.name_of(pid) for pid in processes.descendants(self._process.pid)}
        self._process.kill()
        self._process.wait()
        self._process = None
        (self.folder / "log").unlink(missing_ok=True)
        for pid, name in below.items():
            if everything or name.startswith("sshd"):
                processes.send(pid, signal.SIGKILL)

    def _said(self) -> str:
        return (self.folder / "log").read_text("utf-8", "replace")

    def _config(self) -> str:
        force = (
            f'ForceCommand exec {self._shell} -c "$SSH_ORIGINAL_COMMAND"\n' if self._shell else ""
        )
        around = {
            "PATH": f"{self.folder}/bin:/usr/bin:/bin",
            "HOME": f"{self.folder}/home",
            "SHLVL": "7",  # so that bash reads nobody's .bashrc
            "POOLROLL_STEPS": f"{self.folder}/steps",
            "POOLROLL_BOOT_ID_FILE": str(self.boot_id),
            "POOLROLL_SYSTEMD": "/nowhere",
        }
        return (
            f"ListenAddress 127.0.0.1\nPort {self.port}\nHostKey {self.folder}/host\n"
            f"AuthorizedKeysFile {self.folder}/authorized\nStrictModes no\nUsePAM no\n"
            "PermitRootLogin prohibit-password\nPasswordAuthentication no\n"
            "KbdInteractiveAuthentication no\nPidFile none\nMaxStartups 100\n"
            f"KexAlgorithms {EXCHANGE}\n"
            f"SetEnv {' '.join(f'{name}={value}' for name, value in around.items())}\n{force}"
        )


def new_key(path: Path) -> None:
    for old in (path, path.with_suffix(".pub")):
        old.unlink(missing_ok=True)
    argv = [program("ssh-keygen"), "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(argv, check=True)


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


@asynccontextmanager
async def sshd(folder: Path, shell: str = "") -> AsyncIterator[Sshd]:
    """One that runs."""
    made = Sshd(folder, shell)
    await made.start()
    try:
        yield made
    finally:
        made.stop()
