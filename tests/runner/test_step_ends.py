"""How the end of a step is told: exit codes, signals, and what may still run."""

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, cast

import pytest

from controller.core.events import Answer, GuardAnswered, StepEnded
from controller.core.steps import AskGuard, Course, RunStep
from controller.foreign import Address
from controller.hosts import Access, Reboot
from controller.runner.perform import OUTPUT_KEPT, Performer
from controller.tasks import Command, Guard, JobResult, Task, TaskJob, Work
from tests.support.tables import table

NOBODY = cast(Any, None)
FAULT, LATE, LOST = JobResult(fault="x: no"), JobResult(timed_out=True), JobResult(lost=True)


@dataclass
class Ending:
    """Implements `controller.ports.Tasks`: every task ends like this."""

    result: JobResult

    async def run(self, job: TaskJob) -> JobResult:
        return self.result

    async def ask(self, task: Task) -> JobResult:
        return self.result

    def unstartable(self, task: Task) -> str | None:
        return None


async def told(result: JobResult, program: str) -> StepEnded:
    work = Work((Command((program, "web1"), timedelta(minutes=15)),), ())
    performer = Performer("web-1", NOBODY, Ending(result), NOBODY, lambda _: work)
    event = await performer.perform(RunStep("web1", Course.UPGRADE, 0, 0))
    assert isinstance(event, StepEnded)
    return event


@table(
    "program result detail may_run",
    {
        "well": ("dnf", JobResult(exit_code=0), "ended with exit code 0", ""),
        "an exit code": ("dnf", JobResult(exit_code=3), "ended with exit code 3", ""),
        "a signal": ("dnf", JobResult(exit_code=137, signal=9), "was ended by SIGKILL", ""),
        "no common signal": (
            "dnf",
            JobResult(exit_code=168, signal=40),
            "was ended by signal 40",
            "",
        ),
        "below a shell": ("sh", JobResult(exit_code=143), "ended with exit code 143 (SIGTERM)", ""),
        "no signal at all": ("git", JobResult(exit_code=128), "ended with exit code 128", ""),
        "not started": ("x", FAULT, "could not be started: x: no", ""),
        "lost": ("dnf", LOST, "was cut off; how it ended is not known", ""),
        "lost, while it runs": (
            "ssh",
            JobResult(lost=True, survivors=("rpm (8)",), connections=("ssh",)),
            "was cut off; how it ended is not known",
            "rpm (8) may still run; what ssh started elsewhere may still run there",
        ),
        "late": ("dnf", LATE, "did not end in time (15m) and was ended", ""),
        "late, and not to be ended": (
            "dnf",
            JobResult(timed_out=True, survivors=("sudo (7)", "rpm (8)")),
            "did not end in time (15m) and was ended",
            "sudo (7), rpm (8) could not be ended and may still run",
        ),
        "late, elsewhere too": (
            "deploy.sh",
            JobResult(timed_out=True, survivors=("rpm (8)",), connections=("docker", "ssh")),
            "did not end in time (15m) and was ended",
            "rpm (8) could not be ended and may still run; "
            "what docker and ssh started elsewhere may still run there",
        ),
        "ssh: cut": (
            "/usr/bin/ssh",
            JobResult(exit_code=255),
            "ended with exit code 255",
            "what ssh started elsewhere may still run there",
        ),
        "ssh: the command there failed": (
            "ssh",
            JobResult(exit_code=1),
            "ended with exit code 1",
            "",
        ),
        "another program's 255": ("dnf", JobResult(exit_code=255), "ended with exit code 255", ""),
    },
)
async def test_end(program: str, result: JobResult, detail: str, may_run: str) -> None:
    """In words; and what may still run is named in them, and kept."""
    event = await told(result, program)
    rest = f"; {may_run}" if may_run else ""
    assert event.detail == f"step 1 ({program}) {detail}{rest}"
    assert (event.may_run, event.exit_code, event.note) == (may_run, result.exit_code, "")
    assert event.passed == (result.exit_code == 0)


async def test_what_writes_to_its_output_is_noted() -> None:
    """With how a service is to be started; the step has passed all the same."""
    event = await told(JobResult(exit_code=0, writers=("python3 (7)",)), "start.sh")
    assert event.passed
    assert event.note.startswith("it left python3 (7) running, which writes to the output")
    assert ">/dev/null 2>&1" in event.note


async def test_end_of_a_long_output_is_kept() -> None:
    """The reason stands there."""
    event = await told(JobResult(exit_code=1, output="x" * OUTPUT_KEPT + "why"), "dnf")
    assert event.output == ("x" * OUTPUT_KEPT + "why")[-OUTPUT_KEPT:]


@dataclass
class Answering(Ending):
    """Each question is answered in turn."""

    then: list[JobResult] = field(default_factory=list)

    async def ask(self, task: Task) -> JobResult:
        return self.then.pop(0)


@table(
    "program first answer left",
    {
        "ended by a signal": ("rpm", JobResult(exit_code=143, signal=15), Answer.PRESENT, 0),
        "below a shell": ("sh", JobResult(exit_code=130), Answer.PRESENT, 0),
        "its connection was cut": ("/usr/bin/ssh", JobResult(exit_code=255), Answer.PRESENT, 0),
        "another program's 255": ("rpm", JobResult(exit_code=255), Answer.UNREACHED, 1),
        "an answer": ("rpm", JobResult(exit_code=129), Answer.NEEDED, 1),
        "late": ("rpm", LATE, Answer.UNREACHED, 1),
    },
)
async def test_a_question_without_an_answer_is_asked_again(
    program: str, first: JobResult, answer: Answer, left: int
) -> None:
    """Once: the signal that stops poolroll may have ended it."""
    guard = Guard(Command((program, "web1"), timedelta(minutes=1)), frozenset({1, 129}))
    tasks = Answering(LOST, [first, JobResult(exit_code=0)])
    performer = Performer("web-1", NOBODY, tasks, NOBODY, lambda _: Work((), (), guard))
    event = await performer.perform(AskGuard("web1", Course.UPGRADE, 0))
    assert isinstance(event, GuardAnswered)
    assert (event.answer, len(tasks.then)) == (answer, left)


async def test_what_counts_as_a_success() -> None:
    """Exit codes of the task; its own words for a failure; what went before is handed on."""
    seen: list[TaskJob] = []

    @dataclass
    class Heard(Ending):
        async def run(self, job: TaskJob) -> JobResult:
            seen.append(job)
            return self.result

    async def ended(result: JobResult) -> StepEnded:
        task = Command(("puppet",), timedelta(minutes=15), ok=frozenset({0, 2}))
        performer = Performer("web-1", NOBODY, Heard(result), NOBODY, lambda _: Work((task,), ()))
        event = await performer.perform(RunStep("web1", Course.UPGRADE, 0, 0, former=(3,)))
        assert isinstance(event, StepEnded)
        return event

    assert (await ended(JobResult(exit_code=2))).passed
    assert not (await ended(JobResult(exit_code=4))).passed
    failed = await ended(JobResult(failure="did not come back", connections=("ssh",)))
    assert not failed.passed
    assert failed.detail == (
        "step 1 (puppet) did not come back; what ssh started elsewhere may still run there"
    )
    assert [job.former for job in seen] == [(3,)] * 3


DNF = Command(("dnf", "web1"), timedelta(minutes=15))


@pytest.mark.parametrize(
    ("task", "limit"),
    [
        (DNF, "exit code 0 within 15m"),
        (replace(DNF, ok=frozenset({100, 0})), "exit code 0 or 100 within 15m"),
        (
            replace(DNF, ok=frozenset(range(7))),
            "exit code 0 or 1 or 2 or 3 or 4 or others of `exits` within 15m",
        ),
        (
            Reboot(Access(Address("web1")), timedelta(minutes=40)),
            "exit code 0 within 40m (reboot.timeout)",
        ),
    ],
)
async def test_the_limit_is_that_of_the_step(task: Task, limit: str) -> None:
    """Its own time, and the exit codes that the file takes for good."""
    ending = Ending(JobResult(exit_code=9))
    performer = Performer("web-1", NOBODY, ending, NOBODY, lambda _: Work((task,), ()))
    event = await performer.perform(RunStep("web1", Course.UPGRADE, 0, 0))
    assert isinstance(event, StepEnded)
    assert event.limit == limit
