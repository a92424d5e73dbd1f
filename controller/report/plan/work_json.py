"""What is done to a member, in the output of `plan --json`."""

from typing import Self

from pydantic import BaseModel, ConfigDict, Field

from controller.report.plan.work import ShownStep, ShownWork


class StepValue(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str = Field(description="As the rollout file calls it; may be empty.")
    command: list[str] = Field(description="The argv, or what the pool itself does.")
    timeout_seconds: float
    where: str = Field(description="On which host, and when; empty: on this machine.")

    @classmethod
    def of(cls, step: ShownStep) -> Self:
        seconds = step.timeout.total_seconds()
        return cls(
            name=step.name, command=list(step.words), timeout_seconds=seconds, where=step.where
        )


class WorkValue(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    member: str
    preflight: list[str] = Field(description="Questions, each with its limits.")
    unless: StepValue | None = Field(description="null: nothing is asked.")
    go_on: list[int] = Field(description="Exit codes of `unless` that mean: upgrade.")
    steps: list[StepValue]
    validations: list[str]
    rollback: list[StepValue] = Field(description="Empty where the file has none.")

    @classmethod
    def of(cls, work: ShownWork) -> Self:
        return cls(
            member=work.member,
            preflight=list(work.questions),
            unless=None if work.unless is None else StepValue.of(work.unless),
            go_on=list(work.go_on),
            steps=list(map(StepValue.of, work.steps)),
            validations=list(work.validations),
            rollback=list(map(StepValue.of, work.back)),
        )
