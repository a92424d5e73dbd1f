"""Whether a reboot is needed: by an exit code, a question of one's own, or as the system says."""

import json
import subprocess
from datetime import timedelta
from pathlib import Path

from adapters.clock import SystemClock
from adapters.hosts import HostTasks
from adapters.hosts.driver import spec
from adapters.hosts.need import NEEDED
from controller.foreign import Address
from controller.hosts import Access, Reboot
from controller.tasks import Command, Job, JobResult, TaskJob
from tests.support.hosts.sshd import program
from tests.support.tables import table


class Heard:
    """Implements `controller.ports.Commands`: notes what the program is told."""

    def __init__(self) -> None:
        self.question: list[str] | None = None

    async def run(self, job: Job) -> JobResult:
        self.question = json.loads(job.command.env[spec.VARIABLE])["question"]
        return JobResult(exit_code=0, output=spec.trailer(spec.EXIT, "0").decode())

    async def run_briefly(self, command: Command) -> JobResult:
        raise AssertionError

    def unstartable(self, command: Command) -> str | None:
        raise AssertionError


@table(
    "is_conditional own former question",
    {
        "always": (False, (), (), []),
        "as the system says": (True, (), (0, 2), ["/bin/sh", "-c", NEEDED]),
        "as one's own command says": (True, ("./ask",), (), ["./ask"]),
        "as a former step has said": (True, ("./ask",), (3, 0), []),
        "after a step of the pool": (True, ("./ask",), (0, 3, 0), []),
        "a code of another step": (True, ("./ask",), (4, 3), ["./ask"]),
    },
)
async def test_who_is_asked(
    is_conditional: bool, own: tuple[str, ...], former: tuple[int, ...], question: list[str]
) -> None:
    """An exit code of a former step goes before any question."""
    task = Reboot(
        Access(Address("web1")),
        timedelta(seconds=1),
        is_conditional=is_conditional,
        question=own,
        asked_by=(frozenset({3}), frozenset({4})),
    )
    heard = Heard()
    await HostTasks(heard, SystemClock()).run(TaskJob("k", task, former=former))
    assert heard.question == question


@table(
    "name says code told",
    {
        "needs-restarting": ("needs-restarting", "exit 1", 0, "needs-restarting -r says so\n"),
        "not by needs-restarting": ("needs-restarting", "exit 0", 1, ""),
        "needs-restarting fails": ("needs-restarting", "echo db; exit 3", 2, "db\n"),
        "zypper": ("zypper", "exit 102", 0, "zypper needs-rebooting says so\n"),
        "nobody knows": ("true", ":", 2, "does not say whether it needs a reboot"),
    },
)
def test_as_the_system_says(name: str, says: str, code: int, told: str, tmp_path: Path) -> None:
    """Each system has its own way; where there is none, that is said."""
    for tool in ("sh", "ls", "sed", "sort", "tail", "uname", "cat", "tr"):
        (tmp_path / tool).symlink_to(program(tool))
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\n{says}\n")
    path.chmod(0o755)
    argv = [program("sh"), "-c", NEEDED]
    done = subprocess.run(argv, env={"PATH": str(tmp_path)}, capture_output=True, check=False)
    assert done.returncode == code, done
    assert told in done.stdout.decode()


def test_tools_of_another_system_are_not_asked(tmp_path: Path) -> None:
    """Debian with dnf installed: dpkg knows itself, so it is the one that says."""
    for tool in ("sh", "ls", "sed", "sort", "tail", "cat", "tr"):
        (tmp_path / tool).symlink_to(program(tool))
    own = {"dpkg-query": "echo installed", "needs-restarting": "exit 1", "uname": "ls /boot"}
    for name, says in own.items():
        (tmp_path / name).write_text(f"#!/bin/sh\n{says}\n")
        (tmp_path / name).chmod(0o755)
    argv = [program("sh"), "-c", NEEDED]
    done = subprocess.run(argv, env={"PATH": str(tmp_path)}, capture_output=True, check=False)
    assert b"needs-restarting" not in done.stdout
    assert done.returncode in (0, 1)
