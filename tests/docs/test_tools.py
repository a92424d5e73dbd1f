"""The scripts that the recipes for configuration tools show, with what these tools print."""

import os
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.support.recipes import (
    SYSTEMCTL,
    SYSTEMD_RUN,
    blocks,
    cfengine,
    program,
    scripts,
)
from tests.support.tables import table

PAGES: Final = ("agents", "ansible", "puppet", "cfengine", "salt", "apt", "ipmi", "snapshots")


class Host:
    """The scripts of all pages in a folder, and beside them stand-ins for the tools."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        for name, text in scripts(*PAGES).items():
            program(folder / name, text)

    def has(self, tool: str, *, prints: str = "", code: int = 0) -> None:
        (self.folder / f"{tool}.says").write_text(prints)
        program(self.folder / tool, f'cat "$(dirname "$0")/{tool}.says"; exit {code}')

    def run(self, *argv: str, **around: str) -> subprocess.CompletedProcess[str]:
        path = f"{self.folder}:{os.environ['PATH']}:/usr/sbin"
        return subprocess.run(
            [str(self.folder / argv[0]), *argv[1:]],
            check=False,
            capture_output=True,
            text=True,
            env={"PATH": path, "HOME": str(self.folder), **around},
            timeout=240,
        )


@pytest.fixture
def host(tmp_path: Path) -> Host:
    return Host(tmp_path)


def recap(line: str) -> str:
    return f"TASK [x] ***\nweb1 : ok=1 changed=0 unreachable=0\nPLAY RECAP ****\n{line}\n"


@table(
    "prints code answer",
    {
        "nothing would change": (recap("web1  : ok=3  changed=0  unreachable=0  failed=0"), 0, 0),
        "something would": (recap("web1  : ok=3  changed=10  unreachable=0  failed=0"), 0, 1),
        "no play for it": (recap(""), 0, 2),
        "another member": (recap("web10  : ok=3  changed=0  unreachable=0  failed=0"), 0, 2),
        "a task failed": (recap("web1  : ok=3  changed=0  unreachable=0  failed=1"), 2, 2),
        "not reached": (recap("web1  : ok=0  changed=0  unreachable=1  failed=0"), 4, 255),
        "no YAML": ("Syntax Error while loading YAML.\n", 4, 2),
    },
)
def test_ansible(prints: str, code: int, answer: int, host: Host) -> None:
    host.has("ansible-playbook", prints=prints, code=code)
    assert host.run("ansible-pending", "--limit=web1", "web.yml").returncode == answer


@table(
    "summary code answer",
    {
        "nothing would change": ("failed: 0\nfailed_to_restart: 0\nout_of_sync: 0\n", 0, 0),
        "something would": ("failed: 0\nfailed_to_restart: 0\nout_of_sync: 7\n", 0, 1),
        "a resource failed": ("failed: 1\nout_of_sync: 0\n", 0, 2),
        "no catalog": ("out_of_sync: 0\n", 1, 2),
        "no summary": ("", 0, 2),
    },
)
def test_puppet(summary: str, code: int, answer: int, host: Host) -> None:
    (host.folder / "summary").write_text(summary)
    program(
        host.folder / "puppet",
        f'for to; do :; done; cp {host.folder}/summary "$to"; exit {code}',
    )
    assert host.run("puppet-pending", "apply", "web.pp").returncode == answer


PENDING: Final = """\
local:
----------
          ID: /etc/web
      Result: None

Summary for local
------------
Succeeded: 1 (unchanged=1, changed=1)
Failed:    0
"""


@table(
    "prints code answer",
    {
        "nothing would change": ("Succeeded: 3\nFailed:    0\n", 0, 0),
        "something would": (PENDING, 0, 1),
        "nothing for this host": ("Succeeded: 0\nFailed:    0\n", 0, 2),
        "a state failed": ("Succeeded: 2\nFailed:    1\n", 2, 2),
        "nothing said": ("", 0, 2),
    },
)
def test_salt(prints: str, code: int, answer: int, host: Host) -> None:
    host.has("salt-call", prints=prints, code=code)
    assert host.run("salt-pending", "web").returncode == answer


@table(
    "prints answer",
    {
        "nothing": ("0 upgraded, 0 newly installed, 0 to remove and 3 not upgraded.\n", 0),
        "an upgrade": ("1 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n", 1),
        "ten": ("10 upgraded, 0 newly installed, 0 to remove and 0 not upgraded.\n", 1),
        "a new one": ("0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.\n", 1),
        "nothing said": ("", 2),
    },
)
def test_apt(prints: str, answer: int, host: Host) -> None:
    host.has("apt-get", prints=prints)
    assert host.run("apt-pending").returncode == answer
    host.has("apt-get", prints=prints, code=100)
    assert host.run("apt-pending").returncode == 2


@table(
    "prints answer",
    {
        "an old kernel": ("NEEDRESTART-KSTA: 3\n", 0),
        "the same kernel anew": ("NEEDRESTART-KSTA: 2\n", 0),
        "an old library": ("NEEDRESTART-KSTA: 1\nNEEDRESTART-SVC: nginx.service\n", 0),
        "not needed": ("NEEDRESTART-KSTA: 1\n", 1),
        "not known": ("NEEDRESTART-KSTA: 0\n", 2),
    },
)
def test_reboot(prints: str, answer: int, host: Host) -> None:
    if Path("/run/reboot-required").exists():
        answer = 0
    host.has("needrestart", prints="NEEDRESTART-VER: 3.6\n" + prints)
    assert host.run("reboot-pending").returncode == answer


@table(
    "status order code",
    {
        "on": ("Chassis Power is on\n", "cycle", 0),
        "off": ("Chassis Power is off\n", "on", 0),
        "no answer": ("", "", 1),
    },
)
def test_ipmi(status: str, order: str, code: int, host: Host) -> None:
    (host.folder / "status").write_text(status)
    program(
        host.folder / "ipmitool",
        f"for word; do :; done; [ $word != status ] || exec cat {host.folder}/status; "
        f"echo $word >> {host.folder}/ordered",
    )
    assert host.run("power-cycle", "bmc").returncode == code
    ordered = host.folder / "ordered"
    assert (ordered.read_text().strip() if ordered.exists() else "") == order


MACHINES: Final = {
    "libvirt": (
        "virsh",
        """\
shift 3
case $1 in
  snapshot-list) cat $there ;;
  snapshot-create-as) echo $3 >> $there ;;
  snapshot-delete) : > $there ;;
  snapshot-revert) echo "reverted to $3" >> $did ;;
esac
""",
    ),
    "proxmox": (
        "ssh",
        """\
shift 3
case $1 in
  list) echo ' VMID NAME STATUS'; echo ' 101 web1 running' ;;
  listsnapshot) sed 's/.*/`-> & 2026-11-27 no-description/' $there; echo ' `-> current' ;;
  snapshot) echo $3 >> $there ;;
  delsnapshot) : > $there ;;
  rollback) echo "reverted to $3" >> $did ;;
esac
""",
    ),
    "vsphere": (
        "govc",
        """\
case $1 in
  snapshot.tree) sed 's/.*/  & ./' $there ;;
  snapshot.create) echo $6 >> $there ;;
  snapshot.remove) : > $there ;;
  snapshot.revert) echo "reverted to $4" >> $did ;;
esac
""",
    ),
}


@pytest.mark.parametrize("kind", MACHINES)
def test_snapshots(kind: str, host: Host) -> None:
    """Each verb may be run again; what fails is not taken for one that is gone."""
    tool, text = MACHINES[kind]
    there, did = host.folder / "there", host.folder / "did"
    there.touch()
    program(host.folder / tool, f"there={there}; did={did}\n{text}")
    for verb, left in (("create", ["mine"]), ("create", ["mine"]), ("drop", []), ("drop", [])):
        done = host.run(kind, verb, "web1", "mine")
        assert (done.returncode, there.read_text().split()) == (0, left), (verb, done)
    assert host.run(kind, "revert", "web1", "mine").returncode == 0
    assert did.read_text() == "reverted to mine\n"
    program(host.folder / tool, "exit 1")
    assert host.run(kind, "drop", "web1", "mine").returncode != 0


def test_cfengine_itself(host: Host) -> None:
    """Of the page's own policy; then of one that fails, and of one that cannot be read."""
    cfengine(host.folder, host.folder / "work")
    policy, there = host.folder / "web.cf", host.folder / "version"
    right = blocks("cfengine", "cf3")[0]

    def answers(text: str) -> list[int]:
        policy.write_text(text.replace("/etc/web/version", str(there)))
        policy.chmod(0o600)
        return [host.run("cf-policy", verb, str(policy)).returncode for verb in ("ask", "apply")]

    assert answers(right) == [1, 0]
    assert there.read_text() == "2.4.1"
    assert answers(right) == [0, 0]
    assert answers(right.replace("/etc/web/version", "/proc/nowhere/version")) == [1, 2]
    assert answers(right.replace("files:", "nonsense:")) == [2, 2]
    assert answers(right.replace("      classes => told;", "      action => told;")) == [2, 2]


def test_never_held_without_a_lease(units: Host) -> None:
    program(units.folder / "systemd-run", "exit 1")
    for lease in ((), ("poolroll-hold-a.timer.timer",)):
        for name in lease:
            (units.folder / f"{name}.active").touch()
        assert units.run("agent-hold", "a.timer", "4h").returncode == 1
        assert active(units) == {"a.timer"}


@pytest.fixture
def units(host: Host) -> Host:
    """A stand-in for systemd, in which a timer is active."""
    program(host.folder / "systemctl", SYSTEMCTL)
    program(host.folder / "systemd-run", SYSTEMD_RUN)
    (host.folder / "a.timer.active").touch()
    return host


def active(host: Host) -> set[str]:
    return {path.name.removesuffix(".active") for path in host.folder.glob("*.active")}


def test_held_and_released(units: Host) -> None:
    """Twice held is once released; what others stop or start then is left to them."""
    for _ in range(2):
        assert units.run("agent-hold", "a.timer", "4h").returncode == 0
        assert active(units) == {"poolroll-hold-a.timer.timer"}
    lease = units.folder / "poolroll-hold-a.timer.lease"
    assert lease.read_text() == "systemctl start a.timer\n"
    assert units.run("agent-hold", "a.timer", "off").returncode == 0
    assert active(units) == {"a.timer"}
    (units.folder / "a.timer.active").unlink()
    for verb in ("4h", "off"):
        assert units.run("agent-hold", "a.timer", verb).returncode == 0
        assert active(units) == set()


def test_puppet_disabled_by_somebody_else(units: Host) -> None:
    """It stays so, and the step says by whom."""
    lock = units.folder / "lock"
    lock.write_text('{"disabled_message":"CHG-7, Anna"}')
    units.has("puppet", code=9)
    for verb in ("4h", "off"):
        done = units.run("puppet-hold", "poolroll web", verb, PUPPET_LOCK=str(lock))
        assert done.returncode == 1
        assert "CHG-7, Anna" in done.stderr
    assert active(units) == {"a.timer"}
