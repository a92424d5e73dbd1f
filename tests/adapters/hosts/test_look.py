"""What a host is asked before anything is touched, by a real sshd, and how its answer is read."""

import asyncio
from dataclasses import replace
from pathlib import Path

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from adapters.hosts import HostLooks
from adapters.hosts.look import seen_in
from adapters.hosts.surviving import forgotten
from controller.foreign import Address
from controller.hosts_seen import Free, HostQuestion, HostSeen, HostTrouble
from tests.adapters.hosts.support import LONG, access
from tests.support.hosts.sshd import Sshd
from tests.support.tables import table

NEEDS = ("/bin/sh", "-c", "echo checking; echo 'kernel 2 is installed'")


def looks(folder: Path) -> HostLooks:
    return HostLooks(LocalCommands(folder / "jobs", SystemClock()), lambda: "")


async def test_what_a_host_shows(host: Sshd, tmp_path: Path) -> None:
    """All in one connection, and nothing is written there; whom it takes for this machine: one with
    its boot id. What it cannot do, and who cannot be reached, are told apart."""
    mine, right = looks(tmp_path), replace(access(host), connect_timeout=LONG)
    own = await mine.own()
    host.boot_id.write_text(f"{own.boot_id}\n")
    host.script("sudo", "echo 'sudo: a password is required' >&2; exit 1")
    host.script("df", "echo F; echo /dev/sda1 9 8 204800 98% /; exit 0")
    before = sorted(host.folder.rglob("*"))

    seen, root, refused, no_name, unknown, jump = await asyncio.gather(
        mine.look(HostQuestion(right, NEEDS, ("sh", "no-such-tool", "./no-such-tool"))),
        mine.look(HostQuestion(replace(right, sudo=True))),
        mine.look(HostQuestion(replace(right, port=1))),
        mine.look(HostQuestion(replace(right, host=Address("no-such-host.invalid")))),
        mine.look(HostQuestion(replace(right, options=("HostKeyAlias=other", *right.options)))),
        mine.look(HostQuestion(replace(right, jump="127.0.0.1:1"))),
    )

    assert isinstance(seen, HostSeen)
    assert seen.is_same_machine(own)
    assert (seen.needs_reboot, seen.reboot_why) == (True, "kernel 2 is installed")
    assert seen.missing == ("no-such-tool", "./no-such-tool")
    assert (seen.free, seen.lacking) == ((Free("/", 204800, "/"),), ())
    assert seen.kernel == own.kernel
    assert sorted(host.folder.rglob("*")) == before
    assert root == HostTrouble(
        "127.0.0.1: no root by `sudo -n`: a password is required", is_away=False
    )
    down = "127.0.0.1 does not answer to ssh: connect to host 127.0.0.1 port 1: Connection refused"
    assert refused == HostTrouble(down, is_away=True)
    assert jump == refused
    assert isinstance(no_name, HostTrouble)
    assert no_name.is_away
    assert isinstance(unknown, HostTrouble)
    assert unknown.why.startswith("127.0.0.1: its host key is not known on this machine: ")
    assert not unknown.is_away


def test_an_answer() -> None:
    """What is not told is not known; each file system counts once; nothing is without a limit."""
    said = (
        "user root\nlogin deploy\nboot b1\nname web1\naddresses 192.0.2.1 2001:db8::1\n"
        "addresses 192.0.2.1\nkernel 5.14\ninit systemd\npackages dnf\nfree / 100 /\n"
        "free /var 100 /\nfree /boot 7 /boot\nfree /x much /x\nlacks it has no setsid\n"
        "reboot 1 no\nsomething else\n"
    )
    assert seen_in(said) == HostSeen(
        user="root",
        login="deploy",
        boot_id="b1",
        name="web1",
        addresses=frozenset({"192.0.2.1", "2001:db8::1"}),
        kernel="5.14",
        init="systemd",
        packages="dnf",
        free=(Free("/", 100, "/"), Free("/boot", 7, "/boot")),
        needs_reboot=False,
        reboot_why="no",
        lacking=("it has no setsid",),
    )
    assert seen_in("") == HostSeen()
    assert seen_in("reboot 124 \n") == HostSeen(reboot_why="its question took more than 20s")
    assert seen_in("reboot 2 hm\n") == HostSeen(reboot_why="hm")
    assert len(seen_in("missing x\n" * 1000 + f"kernel {'k' * 1000}").missing) == 50
    assert len(seen_in(f"kernel {'k' * 1000}").kernel) == 200


MOUNTS = """/dev/sda1 / ext4 rw 0 0
tmpfs /var/lib/memory tmpfs rw 0 0
/dev/sdb1 /var/lib/memory/disk xfs rw 0 0
tmpfs /srv/with\\040blank tmpfs rw 0 0
odd
"""


@table(
    "folder why",
    {
        "on disk": ("/var/lib/poolroll", ""),
        "emptied at boot": ("/tmp/state", "/tmp/state is emptied when the machine starts"),
        "in memory": ("/var/lib/memory/x", "/var/lib/memory/x lies in memory (tmpfs)"),
        "a disk below": ("/var/lib/memory/disk/x", ""),
        "a blank in its name": ("/srv/with blank/x", "/srv/with blank/x lies in memory (tmpfs)"),
        "the same letters": ("/srv/with", ""),
    },
)
def test_what_a_reboot_leaves(folder: str, why: str) -> None:
    assert forgotten(Path(folder), MOUNTS) == why
