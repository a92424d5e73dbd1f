"""What a step starts and leaves behind: whom its end takes along, who runs on, and who is named."""

import asyncio
import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.commands import output, processes
from adapters.commands.group import Group
from adapters.commands.place import Place
from controller.tasks import Job
from tests.adapters.commands.support import commands, is_running, job, pid_in, shell
from tests.support.waiting import until

SECOND = timedelta(seconds=1)


@pytest.mark.parametrize("way", ["setsid -w", "setsid", "sh -c 'setsid \"$@\" &' -"])
@pytest.mark.parametrize("end", ["sleep 60", "sleep 0.1; exit 3"])
async def test_its_end_takes_along_who_went_elsewhere(
    tmp_path: Path, left: Path, way: str, end: str
) -> None:
    """At the timeout and after a failure, no session and no dead parent hides a process."""
    script = f"{way} sh -c 'echo $$ > {left}; exec sleep 60' & {end}"
    result = await commands(tmp_path / "jobs", grace=0.5).run(job("k", script, SECOND))
    assert (result.timed_out, result.exit_code) == ((True, None) if "60" in end else (False, 3))
    assert not is_running(pid_in(left))
    assert (result.survivors, result.writers, result.connections) == ((), (), ())


async def test_who_went_elsewhere_and_ignores_term_is_killed(tmp_path: Path, left: Path) -> None:
    """KILL after the grace reaches it as well."""
    script = f"setsid -w sh -c 'trap \"\" TERM; echo $$ > {left}; sleep 60; sleep 60'"
    result = await commands(tmp_path / "jobs", grace=0.2).run(job("k", script, SECOND))
    assert result.timed_out
    assert not is_running(pid_in(left))


async def test_a_service_that_a_good_step_started_runs_on(tmp_path: Path, left: Path) -> None:
    """With an output of its own it is nobody's concern, and no process stays to look after it. A
    good step is one with any of its exit codes for that."""
    script = f"setsid sh -c 'echo $$ > {left}; exec sleep 60' >/dev/null 2>&1 & sleep 0.1; exit 2"
    good = replace(shell(script), ok=frozenset({0, 2}))
    result = await commands(tmp_path / "jobs").run(Job("k", good))
    assert result.exit_code == 2
    assert is_running(pid_in(left))
    assert (result.survivors, result.writers) == ((), ())
    assert not (tmp_path / "jobs/k/left").exists()


async def test_who_writes_to_the_output_is_named_and_lives(tmp_path: Path, left: Path) -> None:
    """A service that was given no output of its own may write long after the step: it neither
    waits for a reader nor dies of SIGPIPE."""
    write = f"echo $$ > {left}; until [ -e {tmp_path}/on ]; do sleep 0.02; done; "
    write += f"head -c 200000 /dev/zero && echo more && touch {tmp_path}/wrote; exec sleep 60"
    result = await commands(tmp_path / "jobs").run(job("k", f"sh -c '{write}' & sleep 0.1"))
    assert result.exit_code == 0
    assert f"sh ({pid_in(left)})" in result.writers
    (tmp_path / "on").touch()
    await until((tmp_path / "wrote").exists)
    assert is_running(pid_in(left))
    assert result == await commands(tmp_path / "jobs").run(job("k", ""))


@pytest.mark.parametrize("name", ["ssh", "ansible-playbook"])
async def test_connection_that_was_ended_is_named(name: str, tmp_path: Path) -> None:
    """What it began elsewhere runs on when it is ended here: that is told. The kernel shows the
    first 15 characters of a name."""
    path = tmp_path / name
    path.write_text(f"#!/bin/sh\ntouch {tmp_path}/there; sleep 60; exit 1\n")
    path.chmod(0o755)
    script = f"{path} host & until [ -e {tmp_path}/there ]; do sleep 0.01; done; exit 1"
    result = await commands(tmp_path / "jobs").run(job("k", script))
    assert (result.exit_code, result.connections) == (1, (name,))


async def test_shared_connection_is_spared(tmp_path: Path, left: Path) -> None:
    """The master of shared ssh connections runs nothing, and other steps may need it."""
    os.mkfifo(tmp_path / "fifo")
    shared = f"echo \\$\\$ > {left}; exec -a 'ssh: /run/cm [mux]' cat <> {tmp_path}/fifo"
    script = f'setsid bash -c "{shared}" & until [ -s {left} ]; do sleep 0.01; done; sleep 0.2; '
    result = await commands(tmp_path / "jobs").run(job("k", script + "exit 3"))
    assert result.exit_code == 3
    assert is_running(pid_in(left))
    assert result.survivors == ()


async def test_nothing_is_begun_beside_what_could_not_be_ended(tmp_path: Path) -> None:
    """A process of an earlier attempt that runs still is named, whatever the rollout; the next
    attempt is begun once it has ended."""
    runner, folder = commands(tmp_path / "jobs"), tmp_path / "jobs/former/web1/upgrade-0-0"
    folder.mkdir(parents=True)
    process = await asyncio.create_subprocess_exec("sleep", "60")
    start, machine = processes.start_of(process.pid), processes.machine()
    (folder / "left").write_text(
        f"process {process.pid} {start} {machine} dnf\nprocess 1 0 {machine} other\n"
        f"process {process.pid} {start} another-boot/pid:[1] other\nconnection ssh\n"
        f"writer {os.getpid()} {processes.start_of(os.getpid())} {machine} other\n"
    )
    try:
        fault = (await runner.run(job("r/web1/upgrade-0-1", f"touch {tmp_path}/ran"))).fault
        assert fault is not None
        assert f"dnf ({process.pid}) of an earlier attempt still runs" in fault
        assert "other" not in fault
        assert (await runner.run(job("r/web2/upgrade-0-0", "true"))).exit_code == 0
    finally:
        process.kill()
        await process.wait()
    assert not (tmp_path / "ran").exists()
    assert (await runner.run(job("r/web1/upgrade-0-1", f"touch {tmp_path}/ran"))).exit_code == 0


async def test_two_pools_may_call_their_members_alike(tmp_path: Path) -> None:
    """What runs for another pool's member of the same name is no earlier attempt; for the same
    member it is one, whatever the rollout and whichever way it is reached."""
    runner = commands(tmp_path / "jobs")

    def at(key: str, script: str, *places: str) -> Job:
        return Job(key, shell(script), places=frozenset(places))

    waits = f"touch {tmp_path}/begun; until [ -e {tmp_path}/go ]; do sleep 0.01; done"
    running = asyncio.ensure_future(runner.run(at("shop-1/web1/u", waits, "app", "10.0.0.1:80")))
    await until((tmp_path / "begun").exists)
    assert (await runner.run(at("api-1/web1/u", "true", "api", "10.0.0.2:80"))).exit_code == 0
    for places in (("other", "10.0.0.1:80"), ("app", "10.0.0.9:80"), ()):
        fault = (await runner.run(at("shop-2/web1/u", "true", *places))).fault or ""
        assert "of an earlier attempt still runs" in fault
    (tmp_path / "go").touch()
    assert (await running).exit_code == 0


async def test_survivors_without_their_helper_are_noted(tmp_path: Path) -> None:
    """By whoever sees the step out in its stead."""
    process = await asyncio.create_subprocess_exec("sleep", "60", start_new_session=True)
    try:
        place = Place(tmp_path / "jobs", "r/web1/upgrade-0-0")
        place.create()
        start, machine = processes.start_of(process.pid), processes.machine()
        place.note_left(Group(process.pid, start, machine, timedelta(0)).running(), ["ssh"])
        place.settle("timed-out", 1.0)
        result, named = place.result(), f"sleep ({process.pid})"
        assert result is not None
        assert (result.survivors, result.connections) == ((named,), ("ssh",))
        assert Place(tmp_path / "jobs", "r/web1/upgrade-0-1").remains() == [named]
    finally:
        process.kill()
        await process.wait()


async def test_survivors_are_told(tmp_path: Path) -> None:
    """As the helper has noted them with the end of the step."""
    (tmp_path / "jobs/k").mkdir(parents=True)
    (tmp_path / "jobs/k/left").write_text("process 7 1 b/p sudo\nprocess 8 1 b/p dnf\n")
    (tmp_path / "jobs/k/result").write_text("1.0 timed-out\n")
    result = await commands(tmp_path / "jobs").run(job("k", "true"))
    assert (result.timed_out, result.survivors) == (True, ("sudo (7)", "dnf (8)"))


def test_output_file(tmp_path: Path) -> None:
    """It is emptied while it is written to, loses neither end, and tells who writes still."""
    file = output.Output(str(tmp_path))
    assert file.is_held()
    assert file.is_held_by(os.getpid())
    os.write(file.write, b"begin\n")
    assert file.take()
    assert not file.take()
    for _ in range(3):
        os.write(file.write, b"x" * output.DRAIN + b"end\n")
        assert file.take()
        assert os.fstat(file.write).st_size == 0
    os.truncate(f"/proc/self/fd/{file.write}", 0)
    os.write(file.write, b"fin\n")
    os.close(file.write)
    assert not file.is_held()
    file.close()
    file.keep_small()
    text = (tmp_path / "output").read_text()
    assert text.startswith("begin\nxxx")
    assert text.endswith("xxxend\nfin\n")
    assert f"{3 * (output.DRAIN + 4) + 10 - 2 * output.KEEP} bytes left out" in text


HEADLESS = """
import ctypes, threading, time
threading.Thread(target=time.sleep, args=(60,)).start()
ctypes.CDLL(None).pthread_exit(None)
"""
"""Its first thread ends, and another runs on."""


async def test_who_lost_its_first_thread_still_runs() -> None:
    """The kernel shows it as a zombie, as it does what has ended."""
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", HEADLESS)
    await until(lambda: (processes.stat(process.pid) or "?")[0] == "Z")
    assert not processes.has_ended(process.pid)
    assert process.pid in processes.descendants(os.getpid())
    process.kill()
    await until(lambda: processes.has_ended(process.pid))
    assert process.pid not in processes.descendants(os.getpid())
    await process.wait()
