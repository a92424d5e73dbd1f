"""When a validation passes, when it fails, and what it then says."""

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest

from adapters.clock import SystemClock
from adapters.commands import LocalCommands
from adapters.probes import OutsideValidator
from controller.tasks import (
    Command,
    CommandProbe,
    HttpProbe,
    JobResult,
    TcpProbe,
    Validation,
    ValidationResult,
)
from tests.adapters.probes.support import (
    ScriptedCommands,
    VirtualClock,
    answering,
    bound,
    once,
    serving,
)
from tests.support.waiting import until

_OK, _BAD = JobResult(exit_code=0), JobResult(exit_code=3, output="starting\nnot yet\n")
_SMOKE = Command(("./smoke.sh", "s3cret"), timedelta(minutes=15))


def _smoke(within: float = 60, consecutive: int = 1, every: float = 0.2) -> Validation:
    return Validation(
        CommandProbe(_SMOKE), timedelta(seconds=within), timedelta(seconds=every), consecutive
    )


async def _outcome(
    answers: list[JobResult], *validations: Validation
) -> tuple[ValidationResult, int, timedelta]:
    """What came out, how many tries it took, and how long."""
    clock, commands = VirtualClock(), ScriptedCommands(answers)
    began = clock.now()
    result = await OutsideValidator(commands, clock).validate(validations)
    return result, len(commands.asked), clock.now() - began


async def test_first_try_is_at_once() -> None:
    """What is up is passed without any wait."""
    result, tries, took = await _outcome([_OK], _smoke())
    assert (result, tries) == (ValidationResult(True, "command ./smoke.sh: passed"), 1)
    assert took == timedelta(0)


@pytest.mark.parametrize("probe", [HttpProbe("http://127.0.0.1/"), TcpProbe("127.0.0.1", 1)])
def test_library_of_http_is_loaded_before_a_rollout(
    probe: HttpProbe | TcpProbe, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It takes a while, which no member should be out for; without HTTP it is not needed."""
    loaded: list[bool] = []
    monkeypatch.setattr("adapters.probes.validator._load_http", lambda: loaded.append(True))
    OutsideValidator(ScriptedCommands([]), VirtualClock()).unusable(once(probe))
    assert bool(loaded) == isinstance(probe, HttpProbe)


async def test_passes_are_spaced() -> None:
    """Passes in a row lie `every` apart."""
    result, tries, took = await _outcome([_OK], _smoke(consecutive=3))
    assert result.detail == "command ./smoke.sh: passed 3 times in a row"
    assert (tries, took) == (3, timedelta(seconds=0.4))


async def test_failure_resets_the_streak() -> None:
    """Passes count only in a row."""
    result, tries, _ = await _outcome([_OK, _OK, _BAD, _OK], _smoke(consecutive=3))
    assert result.passed
    assert tries == 6


async def test_deadline_ends_it_with_the_last_failure() -> None:
    """When the time is over, what was seen last is told, without arguments."""
    result, tries, took = await _outcome([_BAD], _smoke(within=1))
    said = "ended with exit code 3; it said last 'starting / not yet'"
    detail = f"command ./smoke.sh: {said} (tried for 1s)"
    assert result == ValidationResult(False, detail)
    assert (tries, took) == (6, timedelta(seconds=1))


async def test_too_few_passes_in_time() -> None:
    """Passes that come too late are told as such."""
    result, _, _ = await _outcome([_OK], _smoke(within=0.5, consecutive=9))
    text = "only 3 of 9 passes in a row when the time was over (tried for 0.5s)"
    assert result == ValidationResult(False, f"command ./smoke.sh: {text}")


async def test_too_few_passes_after_a_failure() -> None:
    """A failure stays named when passes came after it, but too few."""
    result, _, _ = await _outcome([_BAD, _OK], _smoke(within=0.5, consecutive=9))
    assert result.detail.endswith("(tried for 0.5s; only 2 of 9 passes in a row after that)")


async def test_no_time_still_means_one_try() -> None:
    """Even without any time, one looks once."""
    assert (await _outcome([_OK], _smoke(within=0)))[0].passed
    result, tries, _ = await _outcome([_BAD], _smoke(within=0))
    assert (result.passed, tries) == (False, 1)


async def test_in_order_until_the_first_failure() -> None:
    """Validations are made in order; the first that fails ends it."""
    other = Validation(CommandProbe(Command(("other",), timedelta(seconds=1))), timedelta(0))
    clock, commands = VirtualClock(), ScriptedCommands([_OK, _BAD])
    result = await OutsideValidator(commands, clock).validate([_smoke(), other, _smoke()])
    assert [command.argv[0] for command in commands.asked] == ["./smoke.sh", "other"]
    assert result.detail.startswith("command other: ended with exit code 3")


async def test_all_passed_names_all() -> None:
    """The detail of a pass names each validation; none at all pass too, and say so."""
    result, _, _ = await _outcome([_OK], _smoke(), _smoke(consecutive=2))
    shown = "command ./smoke.sh: passed; command ./smoke.sh: passed 2 times in a row"
    assert result == ValidationResult(True, shown)
    assert (await _outcome([_OK]))[0] == ValidationResult(True, "nothing to validate")


@pytest.mark.parametrize(
    ("result", "seen"),
    [
        (JobResult(fault="./smoke.sh: command not found"), "./smoke.sh: command not found"),
        (JobResult(exit_code=1), "exit code 1"),
        (JobResult(exit_code=1, output="x" * 300), f"exit code 1; it said last '…{'x' * 199}'"),
        (JobResult(exit_code=1, output="a\nbad pa55word\n"), "it said last 'a / bad ***'"),
        (JobResult(exit_code=1, output="\x1b[31mred\n"), "it said last 'red'"),
    ],
)
async def test_command_failures(result: JobResult, seen: str) -> None:
    """Each way a command may fail, in words; nothing from its environment is shown."""
    command = Command(("./smoke.sh",), timedelta(seconds=9), {"PW": "pa55word"})
    outcome, _, _ = await _outcome([result], Validation(CommandProbe(command), timedelta(0)))
    assert not outcome.passed
    assert outcome.detail.startswith("command ./smoke.sh: ")
    assert outcome.detail.endswith(f"{seen} (tried for 0s)")


async def test_command_gets_what_time_is_left() -> None:
    """A command may take its own timeout, and never longer than the validation has left."""
    quick = Command(("quick",), timedelta(seconds=3))
    commands = ScriptedCommands([_OK])
    validations = [Validation(CommandProbe(quick)), _smoke(within=20)]
    await OutsideValidator(commands, VirtualClock()).validate(validations)
    assert [command.timeout.total_seconds() for command in commands.asked] == [3, 20]


async def test_command_that_hangs() -> None:
    """A hanging command is told as such; cut off at the deadline, what was seen before is."""
    hung = JobResult(timed_out=True)
    quick = Validation(
        CommandProbe(Command(("quick",), timedelta(seconds=3))), timedelta(seconds=9)
    )
    assert (
        "quick: did not end within 3s (tried for 9s)" in (await _outcome([hung], quick))[0].detail
    )
    result, _, _ = await _outcome([hung], _smoke(within=0.1))
    assert "no answer within 0.1s (tried for 0.1s)" in result.detail
    result, _, _ = await _outcome([_BAD, hung], _smoke(within=0.3))
    assert "exit code 3" in result.detail


async def test_real_command(tmp_path: Path) -> None:
    """With real commands: it fails while the member is not up, and passes once it is."""
    commands = LocalCommands(tmp_path / "jobs", SystemClock())
    up = tmp_path / "up"
    command = Command(("/bin/sh", "-c", f"echo x >> {tmp_path}/tried; test -e {up}"), timedelta(9))
    validation = Validation(
        CommandProbe(command), timedelta(seconds=20), timedelta(milliseconds=10), 2
    )
    validator = OutsideValidator(commands, SystemClock())
    task = asyncio.ensure_future(validator.validate([validation]))
    await until((tmp_path / "tried").exists)
    assert not task.done()
    up.touch()
    assert (await task).passed


async def test_tcp_passes_and_fails() -> None:
    """A port that accepts passes; one where nobody listens is refused, in words."""
    validator = OutsideValidator(ScriptedCommands([_OK]), SystemClock())
    place = bound()
    port = place.getsockname()[1]
    failed = await validator.validate([once(TcpProbe("127.0.0.1", port))])
    text = f"tcp 127.0.0.1:{port}: connection refused (tried for 10s)"
    assert failed == ValidationResult(False, text)
    async with serving(answering(""), place=place):
        passed = await validator.validate([once(TcpProbe("127.0.0.1", port))])
    assert passed == ValidationResult(True, f"tcp 127.0.0.1:{port}: passed")


@pytest.mark.parametrize(
    ("host", "port", "words"),
    [
        ("127.0.0.1", 70000, "there is no such port"),
        ("a" * 64 + ".example", 80, "the name cannot be resolved: not a valid host name"),
        ("a\0b", 80, ""),
        ("", 1, ""),
    ],
)
async def test_tcp_never_raises(host: str, port: int, words: str) -> None:
    """Whatever host and port, a failure is told and nothing is raised."""
    validator = OutsideValidator(ScriptedCommands([_OK]), SystemClock())
    result = await validator.validate([once(TcpProbe(host, port))])
    assert not result.passed
    assert words in result.detail
