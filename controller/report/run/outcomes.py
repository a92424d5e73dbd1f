"""Log sentences about what a step, or a question, has come to."""

from controller.core import events as e
from controller.core.events.said import said_last
from controller.core.state.parts import MemberState
from controller.core.steps import Collect
from controller.report.members.status import was_there


def step_end(event: e.StepEnded) -> str:
    said = "" if event.passed else said_last(event.output)
    note = f"; {event.note}" if event.note else ""
    return f"{event.detail} after {event.seconds:.1f}s{note}" + (f": {said}" if said else "")


def ended_well(m: MemberState) -> str:
    """Which steps do not run again."""
    done = m.progress.step
    if done <= 0 or was_there(m):
        return ""
    which = "its step" if done == 1 else f"{done} of its steps"
    return f"; {which} ended well before, and {'does' if done == 1 else 'do'} not run again"


def answered(event: e.QuestionsAnswered) -> str:
    match event.reply:
        case e.Reply.HOLDS:
            return f"`preflight` holds ({event.detail})"
        case e.Reply.FAILS:
            return f"`preflight` FAILS, nothing was done to it: {event.detail}"
        case e.Reply.UNREACHED:
            return f"not reached, nothing was done to it: {event.detail}"


def collecting(step: Collect) -> str:
    why = "it failed" if step.member == step.beside else f"to compare {step.beside} with it"
    return f"collecting, thing {step.index + 1}: {why}"


def found_at(event: e.Collected) -> str:
    size = len(event.output)
    return f"collected: {event.name} {event.detail} after {event.seconds:.1f}s, {size} characters"
