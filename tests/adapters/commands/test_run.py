"""A job under its helper: what it is given, how its end is told, and that it runs once."""

import asyncio
import os
import re
import shutil
import signal
import threading
import time
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.commands import LocalCommands, helper
from adapters.commands.aside import aside
from controller.errors import StateError, StateGone
from controller.secrets import Secrets
from controller.tasks import Command, Job
from tests.adapters.commands.support import LONG, commands, is_running, job, pid_in, shell
from tests.support.waiting import until


async def test_exit_code_and_both_streams_are_told(tmp_path: Path) -> None:
    """The exit code arrives, and output and errors are mixed as they came."""
    result = await commands(tmp_path / "jobs").run(job("a/b/1", "echo one; echo two >&2; exit 3"))
    assert (result.exit_code, result.output) == (3, "one\ntwo\n")
    assert result.seconds > 0
    assert (result.timed_out, result.lost, result.fault) == (False, False, None)


async def test_same_key_is_same_execution(tmp_path: Path) -> None:
    """A finished job is not run again, also by another poolroll: its result is told anew."""
    again = job("k", f"echo x >> {tmp_path}/runs; exit 4")
    first = await commands(tmp_path / "jobs").run(again)
    second = await commands(tmp_path / "jobs").run(again)
    assert first == second
    assert (tmp_path / "runs").read_text() == "x\n"


async def test_joining_begins_nothing(tmp_path: Path) -> None:
    """Whoever only waits for an execution that never began is told that it is lost, and so is
    whoever comes later; one that has ended is told as it ended."""
    where, ran = commands(tmp_path / "jobs"), tmp_path / "runs"
    never = replace(job("k", f"echo x >> {ran}"), joins=True)
    assert (await where.run(never)).lost
    assert (await where.run(replace(never, joins=False))).lost
    assert not ran.exists()
    assert (await where.run(job("ended", "exit 4"))).exit_code == 4
    assert (await where.run(replace(job("ended", "exit 4"), joins=True))).exit_code == 4


async def test_many_at_once_share_one_execution(tmp_path: Path) -> None:
    """Callers of one key at the same moment all get the one result."""
    one = commands(tmp_path / "jobs")
    other = commands(tmp_path / "jobs")
    shared = job("k", f"echo x >> {tmp_path}/runs")
    results = await asyncio.gather(*(who.run(shared) for who in (one, other, one, other)))
    assert [result.exit_code for result in results] == [0, 0, 0, 0]
    assert (tmp_path / "runs").read_text() == "x\n"


async def test_lines_are_told_as_they_come(tmp_path: Path) -> None:
    """To who wants them, while the step runs, without secrets; not a line that is not whole."""
    told: list[str] = []
    script = f"echo one hunter22; printf two; until [ -e {tmp_path}/go ]; do sleep 0.05; done"
    secrets = Secrets(frozenset({"hunter22"}))
    here = LocalCommands(tmp_path / "jobs", SystemClock(), secrets=secrets)
    running = asyncio.ensure_future(here.run(replace(job("k", script), tell=told.append)))
    await until(lambda: told)
    assert told == ["one ***"]
    (tmp_path / "go").touch()
    assert (await running).output == "one ***\ntwo"


async def test_environment_is_added_to(tmp_path: Path) -> None:
    """The step sees poolroll's environment and what the command adds."""
    command = shell('echo "$PATH|$ADDED"', env={"ADDED": "a=b c\n√"})
    result = await commands(tmp_path / "jobs").run(Job("k", command))
    assert result.output == f"{os.environ['PATH']}|a=b c\n√\n"


async def test_added_path_finds_the_command(tmp_path: Path) -> None:
    """PATH as the command sets it decides where the command is looked for."""
    tool = tmp_path / "tool"
    tool.write_text("#!/bin/sh\necho found\n")
    tool.chmod(0o755)
    command = Command(("tool",), LONG, {"PATH": f"{tmp_path}:/usr/bin:/bin"})
    assert (await commands(tmp_path / "jobs").run(Job("k", command))).output == "found\n"


async def test_working_directory(tmp_path: Path) -> None:
    """The step runs in the folder that the command names."""
    result = await commands(tmp_path / "jobs").run(Job("k", shell("pwd", cwd=str(tmp_path))))
    assert result.output == f"{tmp_path}\n"


async def test_a_question_gets_end_of_file(tmp_path: Path) -> None:
    """A step that asks for input neither hangs nor reads poolroll's: it gets end of file."""
    script = "read answer && echo got; echo asked; tty; (: < /dev/tty) || echo none"
    result = await commands(tmp_path / "jobs").run(job("k", script))
    assert result.exit_code == 0
    assert "got" not in result.output
    assert "asked\nnot a tty\n" in result.output
    assert result.output.endswith("none\n")


async def test_nothing_is_inherited(tmp_path: Path) -> None:
    """Of poolroll's and the helper's files, none is open in the step: no lock outlives us."""
    with (tmp_path / "parent").open("w") as file:
        os.set_inheritable(file.fileno(), True)
        result = await commands(tmp_path / "jobs").run(job("k", "ls -l /proc/self/fd"))
    opened = [line.split(" -> ")[1] for line in result.output.splitlines() if " -> " in line]
    assert [
        name for name in opened if not name.startswith(("/dev/null", "/memfd:", "/proc/"))
    ] == []
    assert len(opened) == 4


async def test_signals_are_as_usual_in_the_step(tmp_path: Path) -> None:
    """No signal that the helper ignores is ignored or blocked in the step."""
    result = await commands(tmp_path / "jobs").run(
        job("k", "exec grep -E 'Sig(Ign|Blk)' /proc/self/status")
    )
    masks = [int(line.split()[1], 16) & 0x7FFFFFFF for line in result.output.splitlines()]
    assert masks == [0, 0]


async def test_death_by_signal_is_128_and_its_number(tmp_path: Path) -> None:
    """A step that a signal ended has the exit code that shells give it."""
    for number, code in ((9, 137), (15, 143), (1, 129)):
        result = await commands(tmp_path / "jobs").run(job(f"k{number}", f"kill -{number} $$"))
        assert (result.exit_code, result.signal) == (code, number)


@pytest.mark.parametrize(
    ("argv", "cwd", "fault"),
    [
        (("no-such-command", "s3cret"), ".", "no-such-command: command not found"),
        (("/nowhere/tool",), ".", "/nowhere/tool: command not found"),
        (("{tmp}/plain",), ".", "{tmp}/plain: not executable for this user (Permission denied)"),
        (("{tmp}/orphan",), ".", "{tmp}/orphan: the interpreter in its first line was not found"),
        (
            ("true",),
            "{tmp}/gone",
            "true: working directory '{tmp}/gone': No such file or directory",
        ),
        (("true",), "{tmp}/plain", "true: working directory '{tmp}/plain': Not a directory"),
        (("true", "a\0b"), ".", "'true': the command, its environment or its folder holds a NUL"),
        (
            ("true", "\ud800"),
            ".",
            "'true': the command, its environment or its folder is not valid text",
        ),
        ((), ".", "the command is empty"),
    ],
)
async def test_faults(tmp_path: Path, argv: tuple[str, ...], cwd: str, fault: str) -> None:
    """What cannot be started says why, in one line without arguments, under either way to run."""
    (tmp_path / "plain").touch()
    (tmp_path / "orphan").write_text("#!/nowhere/sh\n")
    (tmp_path / "orphan").chmod(0o755)
    filled = [text.replace("{tmp}", str(tmp_path)) for text in (*argv, cwd, fault)]
    command = Command(tuple(filled[:-2]), LONG, cwd=filled[-2])
    runner = commands(tmp_path / "jobs")
    for result in (await runner.run(Job("k", command)), await runner.run_briefly(command)):
        assert result.fault == filled[-1]
        assert result.exit_code is None


async def test_bad_name_of_a_variable_is_a_fault(tmp_path: Path) -> None:
    """A variable that no environment can hold is told before anything is started."""
    result = await commands(tmp_path / "jobs").run(Job("k", shell("true", env={"A=B": "c"})))
    assert result.fault is not None
    assert "environment variable" in result.fault


async def test_timeout_ends_the_whole_group(tmp_path: Path) -> None:
    """At the timeout the step and what it started get TERM, and may end in order."""
    script = f"trap 'echo bye; exit 0' TERM; sleep 60 & echo $! > {tmp_path}/pid; wait"
    began = time.monotonic()
    result = await commands(tmp_path / "jobs").run(job("k", script, timedelta(seconds=1)))
    assert result.timed_out
    assert result.exit_code is None
    assert result.output == "bye\n"
    assert not is_running(pid_in(tmp_path / "pid"))
    assert time.monotonic() - began < 50


async def test_timeout_kills_what_ignores_term(tmp_path: Path) -> None:
    """What ignores TERM is killed after the grace, children and all."""
    script = f"trap '' TERM; sleep 60 & echo $! > {tmp_path}/pid; echo $$ > {tmp_path}/own; wait"
    runner = commands(tmp_path / "jobs", grace=0.2)
    assert (await runner.run(job("k", script, timedelta(seconds=1)))).timed_out
    assert not is_running(pid_in(tmp_path / "pid"))
    assert not is_running(pid_in(tmp_path / "own"))


async def test_output_is_bounded(tmp_path: Path) -> None:
    """Of a flood the beginning and the end are kept, and how much is missing is said."""
    script = "echo begin; yes | head -c 1000000; echo end"
    result = await commands(tmp_path / "jobs").run(job("k", script))
    assert result.output.startswith("begin\ny\n")
    assert result.output.endswith("y\nend\n")
    assert f"{1_000_010 - 65536} bytes left out" in result.output
    assert len(result.output) < 66_000


async def test_left_behind_processes_hold_nothing_up(tmp_path: Path) -> None:
    """A daemon that keeps the output open delays no end, and goes on after a success."""
    script = f"sleep 60 & echo $! > {tmp_path}/pid; echo started"
    result = await commands(tmp_path / "jobs").run(job("k", script))
    pid = pid_in(tmp_path / "pid")
    try:
        assert (result.exit_code, result.output) == (0, "started\n")
        assert is_running(pid)
    finally:
        os.kill(pid, signal.SIGKILL)


async def test_output_grows_while_the_step_runs(tmp_path: Path) -> None:
    """What a step wrote is in the folder before it ends."""
    task = asyncio.ensure_future(
        commands(tmp_path / "jobs").run(
            job("k", f"echo early; until [ -e {tmp_path}/on ]; do sleep 0.01; done")
        )
    )
    output = tmp_path / "jobs/k/output"
    await until(lambda: output.exists() and output.read_text() == "early\n")
    (tmp_path / "on").touch()
    assert (await task).exit_code == 0


async def test_nothing_secret_is_on_disk_and_folders_are_private(tmp_path: Path) -> None:
    """Arguments and environment are in no file of the job, and nobody else may read there."""
    command = Command(("/bin/sh", "-c", ": s3cret-arg"), LONG, {"TOKEN": "s3cret-env"})
    await commands(tmp_path / "jobs").run(Job("r/m", command))
    found = [path for path in (tmp_path / "jobs").rglob("*") if path.is_file()]
    assert {path.name for path in found} == {"lock", "group", "output", "result"}
    assert not any(b"s3cret" in path.read_bytes() for path in found)
    assert {path.stat().st_mode & 0o777 for path in found} == {0o600}
    folders = [tmp_path / "jobs", tmp_path / "jobs/r", tmp_path / "jobs/r/m"]
    assert {path.stat().st_mode & 0o777 for path in folders} == {0o700}


@pytest.mark.parametrize("key", ["", "/a", "a/", "a//b", "../a", "a/..", "a/./b", "a b", "a\n"])
async def test_keys_stay_inside_the_folder(tmp_path: Path, key: str) -> None:
    """A key of another form is refused, so that none leads out of the folder."""
    with pytest.raises(ValueError, match="not the key of a job"):
        await commands(tmp_path / "jobs").run(job(key, "true"))
    assert list(tmp_path.iterdir()) == []


async def test_unusable_folder_is_a_state_error(tmp_path: Path) -> None:
    """Where the folder cannot be made, the error is of our tree and names it."""
    (tmp_path / "jobs").touch()
    with pytest.raises(StateError, match="jobs/k: "):
        await commands(tmp_path / "jobs").run(job("k", "true"))


async def test_what_certainly_was_not_started_has_failed(tmp_path: Path) -> None:
    """No process had begun it before, so its folder being unusable is no riddle: a failed step."""
    (tmp_path / "jobs").touch()
    new = replace(job("k", "true"), is_new=True)
    result = await commands(tmp_path / "jobs").run(new)
    assert result.fault is not None
    assert result.fault.startswith("/bin/sh was not started: ")
    assert "jobs/k" in result.fault


@pytest.mark.parametrize("call", ["make_room", "write_durably"])
async def test_a_full_disk_before_the_step_begins(tmp_path: Path, call: str) -> None:
    """The room for its result is taken first: without it nothing is executed."""
    script = tmp_path / "full.py"
    script.write_text(_FULL.format(name=helper.__file__, call=call))
    one = job("k", f"touch {tmp_path}/ran")
    result = await commands(tmp_path / "jobs", script=script).run(one)
    assert result.fault is not None
    assert "No space left on device" in result.fault
    assert not (tmp_path / "ran").exists()


_FULL = r"""
import os, sys
sys.path.insert(0, os.path.dirname({name!r}))
sys.argv[0] = {name!r}
source = open({name!r}).read().replace("__file__", repr({name!r}))
wanted = "def main() -> None:"
full = "def full(*_):\n    raise OSError(28, os.strerror(28))\n\n\ndurable.{call} = full\n\n\n"
exec(compile(source.replace(wanted, full + wanted), {name!r}, "exec"))
"""


@pytest.mark.parametrize("text", ["1.0 exit", "1.0 exit x", "x exit 0", "1.0 odd", "\0\0"])
async def test_foreign_result_is_a_state_error(tmp_path: Path, text: str) -> None:
    """A result that poolroll did not write is never taken for an end."""
    runner = commands(tmp_path / "jobs")
    await runner.run(job("k", "true"))
    (tmp_path / "jobs/k/result").write_text(text)
    with pytest.raises(StateError, match="not written by poolroll"):
        await runner.run(job("k", "true"))


async def test_helper_that_fails_says_why(tmp_path: Path) -> None:
    """A helper that cannot do its work ends in an error with its reason; nothing is executed."""
    (tmp_path / "jobs/k/group.new").mkdir(parents=True)
    result = await commands(tmp_path / "jobs").run(job("k", f"touch {tmp_path}/ran"))
    assert re.search(r"the helper failed: IsADirectoryError.*group\.new", result.fault or "")
    assert not (tmp_path / "ran").exists()


async def test_folder_that_is_removed_under_a_step(tmp_path: Path) -> None:
    """It has run, and nobody says how it ended: never that it was not started."""
    begun, go = tmp_path / "begun", tmp_path / "go"
    waits = job("k", f"touch {begun}; until [ -e {go} ]; do sleep 0.02; done")
    running = asyncio.create_task(commands(tmp_path / "jobs").run(waits))
    await until(begun.exists, what="the step to begin")
    shutil.rmtree(tmp_path / "jobs")
    go.touch()
    with pytest.raises(StateGone, match="removed while the step may have run"):
        await running


async def test_folder_that_does_not_answer_stops_nobody_else(tmp_path: Path) -> None:
    """A disk that hangs holds up its step alone, and who no longer waits for that is free."""
    (tmp_path / "jobs/k").mkdir(parents=True)
    os.mkfifo(tmp_path / "jobs/k/result")
    waiting = [asyncio.ensure_future(commands(tmp_path / "jobs").run(job("k", ""))) for _ in "ab"]
    done, _ = await asyncio.wait(waiting, timeout=0.1)
    assert not done
    waiting[0].cancel()
    await asyncio.wait(waiting[:1])
    assert waiting[0].cancelled()
    answer = os.open(tmp_path / "jobs/k/result", os.O_WRONLY)
    (tmp_path / "ended").write_text("0.1 exit 3\n")
    (tmp_path / "ended").replace(tmp_path / "jobs/k/result")
    os.write(answer, b"0.1 exit 3\n")
    os.close(answer)
    assert (await waiting[1]).exit_code == 3


async def test_lock_that_came_too_late_is_let_go(tmp_path: Path) -> None:
    """What a call gives to somebody who has gone is undone."""
    go, given, undone = threading.Event(), object(), list[object]()

    def slow() -> object:
        go.wait()
        return given

    waiting = asyncio.ensure_future(aside(slow, undo=undone.append))
    await asyncio.sleep(0)
    waiting.cancel()
    await asyncio.wait([waiting])
    go.set()
    await until(lambda: undone == [given])
