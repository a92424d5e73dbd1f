"""What happens next after a pause, and when."""

from datetime import timedelta
from typing import Final

from controller.core.gates.figures import span
from controller.core.phases import Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.report.run.next_commands import NextCommands
from controller.report.words import names, phase_word

_CALLED: Final = frozenset({Phase.ASKING, Phase.DUE})
"""Its turn has come, and nothing was done to it: a pause leaves it so."""


def what_a_pause_does(plan: Plan, state: State, now: Instant, commands: NextCommands) -> list[str]:
    busy = [m for m in state.in_progress if m.phase not in _CALLED]
    rest = [m.name for m in state.members.values() if m.phase in _CALLED | {Phase.WAITING}]
    lines = [
        f"{m.name} ({phase_word(m.phase)}) is finished first: {_until(plan, m, now)}" for m in busy
    ]
    then = "then nothing" if busy else "nothing"
    lines.append(f"{then} begins until you say so; waiting: {names(rest)}")
    return [*lines, f"to go on: {commands.resume}"]


def _until(plan: Plan, m: MemberState, now: Instant) -> str:
    """When it will be through, as far as the times of the rollout file say."""
    policies, spent = plan.policies, max(now - m.since, timedelta(0))
    ahead = policies.comeback.hold * len(policies.comeback.ramp) + policies.soak
    match m.phase:
        case Phase.SOAKING:
            return f"its soak has {span(max(policies.soak - spent, timedelta(0)))} to go"
        case Phase.DRAINING | Phase.HOLDING | Phase.OUT:
            return (
                f"its drain takes up to {span(policies.drain.timeout)}; its steps, and "
                f"{span(ahead)} of ramp and soak, follow"
            )
        case Phase.UPGRADING | Phase.PROVING | Phase.VALIDATING:
            return f"once its steps are done and it is validated, {span(ahead)} of soak follow"
        case _:
            return f"about {span(ahead)} of ramp and soak are left"
