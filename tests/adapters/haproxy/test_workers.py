"""Which processes a HAProxy has replaced, told from /proc."""

from pathlib import Path

import pytest

from adapters.haproxy.workers import any_alive, replaced_by

CONFIG = "haproxy -db -f /etc/haproxy.cfg"


class Processes:
    """A /proc."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def add(
        self,
        pid: int,
        started: int,
        arguments: str = CONFIG,
        *,
        parent: int = 1,
        name: str = "haproxy",
        state: str = "S",
        service: str = "0::/haproxy.service",
        cwd: str = "/",
    ) -> None:
        there = self.folder / str(pid)
        there.mkdir()
        numbers = " ".join(["0"] * 17)
        (there / "stat").write_text(f"{pid} ({name}) {state} {parent} {numbers} {started} 0")
        (there / "cmdline").write_text(arguments.replace(" ", "\0") + "\0")
        (there / "cgroup").write_text(service)
        (there / "cwd").symlink_to(cwd)


@pytest.fixture
def proc(tmp_path: Path) -> Processes:
    (tmp_path / "version").write_text("Linux")
    processes = Processes(tmp_path)
    processes.add(1, 1, "init", name="init", parent=0)
    return processes


def test_who_is_named_by_the_new_one(proc: Processes) -> None:
    """`-sf` names those that are replaced, and theirs name those before."""
    proc.add(10, 100, "haproxy -f a.cfg", service="0::/a")
    proc.add(20, 200, "haproxy -f b.cfg -sf 10 9", service="0::/b")
    proc.add(30, 300, "haproxy -f c.cfg -p /run/pid -sf 20 -x /run/sock", service="0::/c")
    proc.add(40, 400, "haproxy -f c.cfg -sf 30", service="0::/d")
    assert replaced_by(30, proc.folder) == {10, 20}
    assert replaced_by(10, proc.folder) == set()


def test_children_of_one_master(proc: Processes) -> None:
    """A master keeps its former workers; it is none itself, nor is another service's."""
    proc.add(10, 100, "haproxy -Ws -f /etc/haproxy.cfg")
    proc.add(11, 110, "haproxy -Ws -f /etc/haproxy.cfg", parent=10, service="?")
    proc.add(12, 120, "haproxy -Ws -f /etc/haproxy.cfg -sf 99", parent=10)
    proc.add(13, 100, "python3 x.py", parent=10, name="python3")
    proc.add(20, 90, "haproxy -f /etc/other.cfg")
    proc.add(30, 90, service="0::/container")
    assert replaced_by(12, proc.folder) == {11}
    assert replaced_by(11, proc.folder) == set()


def test_the_same_configuration_in_the_same_service(proc: Processes) -> None:
    """One whose successor has ended in turn is named by nobody any more."""
    proc.add(10, 100)
    proc.add(20, 200, f"{CONFIG} -sf 19")
    proc.add(30, 100, "haproxy")
    assert replaced_by(20, proc.folder) == {10}


@pytest.mark.parametrize(("cwd", "found"), [("/srv/a", {10}), ("/srv/b", set())])
def test_relative_configuration(proc: Processes, cwd: str, found: set[int]) -> None:
    """The same name means the same file in the same folder alone."""
    proc.add(10, 100, "haproxy -f x.cfg", cwd="/srv/a")
    proc.add(20, 200, "haproxy -f x.cfg", cwd=cwd)
    assert replaced_by(20, proc.folder) == found


def test_folder_that_may_not_be_read(proc: Processes) -> None:
    """Then nothing is claimed of it."""
    proc.add(10, 100, "haproxy -f x.cfg")
    proc.add(20, 200, "haproxy -f x.cfg")
    (proc.folder / "10" / "cwd").unlink()
    assert replaced_by(20, proc.folder) == set()


def test_nothing_to_be_seen(proc: Processes) -> None:
    """Of a process that is not here, or is none of HAProxy's, nothing is claimed."""
    proc.add(10, 100, name="nginx")
    assert replaced_by(10, proc.folder) == replaced_by(77, proc.folder) == set()
    assert any_alive(10, (), proc.folder) is None
    assert replaced_by(1, proc.folder / "missing") == set()


def test_ended_ones_serve_nobody(proc: Processes) -> None:
    """One that was not reaped yet has no connections."""
    proc.add(10, 100, state="Z")
    proc.add(20, 200, f"{CONFIG} -sf 10")
    assert replaced_by(20, proc.folder) == set()
    assert any_alive(20, (10, 20), proc.folder) is False
