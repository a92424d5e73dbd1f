"""Log sentences about a step that begins."""

from controller.core.plan.plan import Purpose
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.core.steps import SNAPSHOT, RunStep, Validate


def step_begins(step: RunStep, before: State, after: State) -> str:
    why = _why_now(before.members[step.member])
    if step.snapshot is not None:
        what = "making its" if step.index == SNAPSHOT else "reverting to its"
        return f"{what} snapshot ({why})"
    way = "rollback" if after.purpose is Purpose.ROLLBACK else step.course
    return f"{way}: step {step.index + 1} runs ({why})"


def _why_now(m: MemberState) -> str:
    if m.progress.lost:
        return "how it ended is not known: running it again"
    if m.progress.unfinished:
        return "an earlier run started it: joined if it still runs, never run twice at once"
    return "out of rotation, nothing in flight"


def validation_begins(step: Validate) -> str:
    as_what = ", as what ran before the rollout" if step.as_before else ""
    return f"validating from outside, before it serves users{as_what}"
