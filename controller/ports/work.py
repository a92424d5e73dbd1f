"""What is done to a member, and what proves it from outside."""

from collections.abc import Sequence
from typing import Protocol

from controller.tasks import Command, Job, JobResult, Task, TaskJob, Validation, ValidationResult


class Commands(Protocol):
    """Runs commands so that they outlive this process (S7)."""

    async def run(self, job: Job) -> JobResult:
        """Start `job`, or join the execution that this key already has (also one that another,
        killed poolroll began), and wait for its end. Cancelling leaves it running."""

    async def run_briefly(self, command: Command) -> JobResult:
        """Run a question (a guard, a probe) that may be repeated at will: not under the helper,
        killed when cancelled."""

    def unstartable(self, command: Command) -> str | None:
        """Why its program could not be started on this machine, as things are. Starts nothing."""


class Tasks(Protocol):
    """Performs the steps of members, and answers their questions, whatever kind they are of."""

    async def run(self, job: TaskJob) -> JobResult:
        """Start `job`, or join the execution that this key already has, and wait for its end (see
        `Commands.run`). It succeeded when its exit code is in `Task.ok`."""

    async def ask(self, task: Task) -> JobResult:
        """Run a question that may be repeated at will; ended when cancelled."""

    def unstartable(self, task: Task) -> str | None:
        """See `Commands.unstartable`."""


class Validator(Protocol):
    async def validate(self, validations: Sequence[Validation]) -> ValidationResult:
        """All of them, in order; the first that fails within its time ends it. Never raises for
        what a probe met; cancelling stops at once."""

    def unusable(self, validation: Validation) -> str | None:
        """Why no member could pass it from this machine, as things are. Asks no member."""
