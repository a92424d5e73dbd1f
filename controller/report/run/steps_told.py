"""The steps of a rollout in the order in which they began, from its journal."""

from dataclasses import dataclass, field, replace

from controller.core import events as e
from controller.core.events import Event
from controller.core.plan.plan import Plan, Purpose
from controller.core.steps import RunStep


@dataclass(frozen=True, slots=True)
class ToldStep:
    step: RunStep
    purpose: Purpose
    """Of its rollout."""
    tries: int
    """How many executions of the same step for the same purpose had begun before it."""
    end: e.StepEnded | None = None

    @property
    def title(self) -> str:
        one = self.step
        again = f", attempt {self.tries + 1}" if self.tries else ""
        return f"{one.member}: {self.purpose.meant_by(one.course)}, {one.title}{again}"


@dataclass(slots=True)
class Steps:
    """Events are added as the journal has them."""

    every: list[ToldStep] = field(default_factory=list)
    purpose: Purpose = Purpose.UPGRADE

    def add(self, event: Event | Plan) -> None:
        match event:
            case Plan():
                self.purpose = event.purpose
            case e.Intended(step=RunStep() as step):
                if not any(_key(one.step) == _key(step) for one in self.every):
                    self.every.append(ToldStep(step, self.purpose, self._tries(step)))
            case e.StepEnded():
                for number, one in reversed(list(enumerate(self.every))):
                    if _is_of(event, one.step):
                        self.every[number] = replace(one, end=event)
                        return
            case _:
                return

    def _tries(self, step: RunStep) -> int:
        """`RunStep.attempt` goes on counting where the member takes another course."""
        return sum(_what(one.step) == _what(step) for one in self.every)

    def newest(self, member: str | None) -> ToldStep | None:
        """Of that member, or of all."""
        of_it = [one for one in self.every if member in (None, one.step.member)]
        return of_it[-1] if of_it else None


def _key(step: RunStep) -> tuple[str, str, int, int]:
    return step.member, str(step.course), step.index, step.attempt


def _what(step: RunStep) -> tuple[str, str, str]:
    return step.member, str(step.course), step.title


def _is_of(end: e.StepEnded, step: RunStep) -> bool:
    return (end.member, end.index, end.attempt) == (step.member, step.index, step.attempt)
