"""S7: whoever is killed, at whatever moment, a step is executed once and its end is known."""

import asyncio
import marshal
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.commands import helper, processes
from controller.errors import StateError
from controller.tasks import JobResult
from tests.adapters.commands.cut_caller import APART
from tests.adapters.commands.support import commands, holder_of, is_running, job, pid_in
from tests.support.waiting import until

_ROOT = Path(__file__).parents[3]
_CUT = """
import marshal, os, signal, sys
left, own, name = {line}, os.getpid(), {name!r}
folder = os.path.dirname(name) + "/"
def trace(frame, event, _):
    global left
    code = frame.f_code
    if not code.co_filename.startswith(folder) or code.co_name == "<module>":
        return None
    if event == "line" and os.getpid() == own:
        left -= 1
        if left == 0:
            os.kill(own, signal.SIGKILL)
    return trace
with open({code!r}, "rb") as file:
    code = marshal.load(file)
sys.settrace(trace)
exec(code, {{"__name__": "__main__", "__file__": name}})
"""
"""A helper that is killed at one of its lines, and never after its fork in the child."""


def _lines(path: Path) -> int:
    return len(path.read_text().splitlines()) if path.exists() else 0


async def _killed_helper(
    tmp_path: Path, script: str, timeout: timedelta, then: Callable[[], None] = lambda: None
) -> JobResult:
    """Kill the helper of a running step that has written `own`, and join from another poolroll;
    meanwhile `then` happens. `timeout`: of whoever joins; the helper could meet it first."""
    first = asyncio.ensure_future(commands(tmp_path / "jobs").run(job("k", script)))
    await until(lambda: pid_in(tmp_path / "own") > 0)
    first.cancel()
    await asyncio.wait([first])
    os.kill(holder_of(tmp_path / "jobs/k/lock"), signal.SIGKILL)
    asyncio.get_running_loop().call_later(0.2, then)
    return await commands(tmp_path / "jobs", grace=0.3).run(job("k", script, timeout))


async def test_caller_killed_anywhere(tmp_path: Path) -> None:
    """A caller killed at every third of its lines leaves a job that another joins: one
    execution."""
    marks, folder = tmp_path / "marks", tmp_path / "jobs"
    marks.mkdir()
    printed = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "tests.adapters.commands.cut_caller", str(folder), str(marks)],
        cwd=_ROOT,
        capture_output=True,
        check=True,
        timeout=240,
    )
    count = int(printed.stdout)
    assert count > 50
    runner = commands(folder)
    names = [str(line) for line in range(1, count + 1, APART)]
    results = []
    for first in range(0, len(names), 6):
        some = names[first : first + 6]
        joined = (runner.run(job(name, f"echo x >> {marks}/{name}")) for name in some)
        results += await asyncio.gather(*joined)
    assert {result.exit_code for result in results} == {0}
    assert {name: _lines(marks / name) for name in names} == dict.fromkeys(names, 1)


async def test_helper_killed_anywhere(tmp_path: Path) -> None:
    """A helper killed at every third of its lines never leads to a second execution, and what is
    told is true: an exit code means that the step ran, and `lost` that it is over."""
    told: list[bool] = []
    compiled = tmp_path / "compiled"  # once for all of them
    name = helper.__file__
    compiled.write_bytes(marshal.dumps(compile(Path(name).read_text(), name, "exec")))

    async def cut(line: int) -> bool:
        """Whether the helper was killed at all."""
        script = tmp_path / f"cut{line}.py"
        script.write_text(_CUT.format(line=line, name=name, code=str(compiled)))
        mark = tmp_path / f"mark{line}"
        one = job(str(line), f"echo x >> {mark}")
        killed = commands(tmp_path / "jobs", script=script).run(one)
        first = await killed
        result = await commands(tmp_path / "jobs").run(one)
        assert first == result or "were killed before they began" in (first.fault or "")
        assert _lines(mark) == 1 if result.exit_code == 0 else result.lost and _lines(mark) <= 1
        told.append(result.lost)
        return first != result or result.lost

    line = 1
    while any(await asyncio.gather(*(cut(line + APART * ahead) for ahead in range(6)))):
        line += 6 * APART
    assert line > 60
    assert {True, False} == set(told)


async def test_killed_caller_while_the_step_runs(tmp_path: Path) -> None:
    """Cancelling `run` leaves the step running; who joins later, also twice, gets its end."""
    script = f"echo x >> {tmp_path}/runs; until [ -e {tmp_path}/on ]; do sleep 0.01; done; exit 9"
    first = asyncio.ensure_future(commands(tmp_path / "jobs").run(job("k", script)))
    await until(lambda: _lines(tmp_path / "runs") == 1)
    first.cancel()
    await asyncio.wait([first])
    assert first.cancelled()
    joined = [
        asyncio.ensure_future(commands(tmp_path / "jobs").run(job("k", script))) for _ in range(2)
    ]
    done, _ = await asyncio.wait(joined, timeout=0.1)
    assert not done
    (tmp_path / "on").touch()
    assert [result.exit_code for result in await asyncio.gather(*joined)] == [9, 9]
    assert _lines(tmp_path / "runs") == 1


async def test_signals_to_poolroll_do_not_reach_the_step(tmp_path: Path) -> None:
    """Helper and step are in sessions of their own, and the helper shrugs off TERM, INT, HUP."""
    script = f"echo $$ > {tmp_path}/own; until [ -e {tmp_path}/on ]; do sleep 0.01; done"
    task = asyncio.ensure_future(commands(tmp_path / "jobs").run(job("k", script)))
    await until(lambda: pid_in(tmp_path / "own") > 0)
    keeper = holder_of(tmp_path / "jobs/k/lock")
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        os.kill(keeper, number)
    step = pid_in(tmp_path / "own")
    assert len({os.getsid(0), os.getsid(keeper), os.getsid(step)}) == 3
    assert os.getsid(step) == os.getpgid(step) == step
    (tmp_path / "on").touch()
    assert (await task).exit_code == 0


async def test_step_without_its_helper_is_seen_out(tmp_path: Path) -> None:
    """A step whose helper was killed is not doubled: one waits for its end, which is `lost`."""
    script = (
        f"echo x >> {tmp_path}/runs; echo $$ > {tmp_path}/own;"
        f"until [ -e {tmp_path}/jobs/k/seen ]; do sleep 0.01; done; touch {tmp_path}/ended"
    )
    seen = (tmp_path / "jobs/k/seen").touch
    result = await _killed_helper(tmp_path, script, timedelta(seconds=30), then=seen)
    assert result.lost
    assert result.seconds > 0
    assert (tmp_path / "ended").exists()
    assert _lines(tmp_path / "runs") == 1
    assert await commands(tmp_path / "jobs").run(job("k", script)) == result


async def test_children_without_their_helper_are_seen_out(tmp_path: Path) -> None:
    """Also what the step started counts as the step still running, after its own process."""
    script = (
        f"(echo x >> {tmp_path}/runs; until [ -e {tmp_path}/jobs/k/seen ]; do sleep 0.01; done;"
        f" touch {tmp_path}/ended) & echo $$ > {tmp_path}/own; kill -STOP $$"
    )
    first = asyncio.ensure_future(commands(tmp_path / "jobs").run(job("k", script)))
    await until(lambda: pid_in(tmp_path / "own") > 0 and _lines(tmp_path / "runs") == 1)
    first.cancel()
    await asyncio.wait([first])
    os.kill(holder_of(tmp_path / "jobs/k/lock"), signal.SIGKILL)
    os.kill(pid_in(tmp_path / "own"), signal.SIGKILL)
    joined = asyncio.ensure_future(commands(tmp_path / "jobs").run(job("k", script)))
    done, _ = await asyncio.wait([joined], timeout=0.2)
    assert not done
    (tmp_path / "jobs/k/seen").touch()
    assert (await joined).lost
    assert (tmp_path / "ended").exists()
    assert _lines(tmp_path / "runs") == 1


@pytest.mark.parametrize("trap", ["", "trap '' TERM;"])
async def test_step_without_its_helper_is_ended_at_its_timeout(tmp_path: Path, trap: str) -> None:
    """The timeout holds without the helper too, counted from the start of the step."""
    script = f"{trap} sleep 60 & echo $! > {tmp_path}/child; echo $$ > {tmp_path}/own; wait"
    result = await _killed_helper(tmp_path, script, timedelta(seconds=1))
    assert result.timed_out
    assert 1 <= result.seconds < 50
    assert not is_running(pid_in(tmp_path / "own"))
    assert not is_running(pid_in(tmp_path / "child"))


async def test_end_that_nobody_saw_is_lost(tmp_path: Path) -> None:
    """Begun, ended, no exit code: lost, with the output that was kept until then."""
    script = f"echo kept; echo $$ > {tmp_path}/own; kill -STOP $$"
    first = asyncio.ensure_future(commands(tmp_path / "jobs").run(job("k", script)))
    output = tmp_path / "jobs/k/output"
    await until(lambda: pid_in(tmp_path / "own") > 0 and output.read_text() == "kept\n")
    os.kill(holder_of(tmp_path / "jobs/k/lock"), signal.SIGKILL)
    os.kill(pid_in(tmp_path / "own"), signal.SIGKILL)
    result = await first
    assert result.lost
    assert result.output == "kept\n"


async def test_process_of_another_boot_is_never_signalled(tmp_path: Path) -> None:
    """After a restart of the machine the process id means nothing: lost, and nobody is hurt."""
    bystander = await asyncio.create_subprocess_exec("sleep", "60", start_new_session=True)
    try:
        place = tmp_path / "jobs/k"
        place.mkdir(parents=True)
        fields = processes.stat(bystander.pid)
        assert fields is not None
        for record in (
            f"{bystander.pid} {fields[19]} another-boot/pid:[1] 0.000\n",
            f"{bystander.pid} {int(fields[19]) - 1} {processes.machine()} 0.000\n",
        ):
            (place / "result").unlink(missing_ok=True)
            (place / "group").write_text(record)
            result = await commands(tmp_path / "jobs").run(job("k", f"touch {tmp_path}/ran"))
            assert result.lost
            assert is_running(bystander.pid)
        assert not (tmp_path / "ran").exists()
    finally:
        bystander.kill()
        await bystander.wait()


async def test_foreign_group_is_a_state_error(tmp_path: Path) -> None:
    """A record that poolroll did not write neither counts as begun nor as not begun."""
    (tmp_path / "jobs/k").mkdir(parents=True)
    (tmp_path / "jobs/k/group").write_text("1 2\n")
    with pytest.raises(StateError, match="group: not written by poolroll"):
        await commands(tmp_path / "jobs").run(job("k", "true"))


async def test_works_without_standard_files(tmp_path: Path) -> None:
    """With stdin, stdout and stderr closed, a job runs as ever."""
    code = (
        "import asyncio, os, sys; from pathlib import Path;"
        "from tests.adapters.commands.support import commands, job;"
        "os.closerange(0, 3);"
        f"r = asyncio.run(commands(Path({str(tmp_path)!r}) / 'jobs').run(job('k', 'echo a; cat')));"
        "os._exit(7 if (r.exit_code, r.output) == (0, 'a\\n') else 8)"
    )
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", code, cwd=_ROOT)
    assert await process.wait() == 7
