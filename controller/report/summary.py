"""How a run ended, for the operator."""

from collections.abc import Sequence
from datetime import datetime

from controller.core.phases import Phase
from controller.core.plan import Plan, Purpose
from controller.core.pool import Instant
from controller.core.rollout import State
from controller.core.settings import Settings
from controller.report.halt import halt_message
from controller.report.onward import Onward
from controller.report.words import count, names, standing


def contact(settings: Settings) -> str:
    """Owner and runbook, as far as they are given."""
    parts = [
        f"owner: {settings.owner}" if settings.owner else "",
        f"runbook: {settings.runbook}" if settings.runbook else "",
    ]
    return "; ".join(filter(None, parts))


def summary(
    plan: Plan, state: State, settings: Settings, now: Instant, wall: datetime, onward: Onward
) -> list[str]:
    """What stands when the run is over, and how to go on."""
    finished = state.finished
    if finished is None:
        raise ValueError("not finished")
    if finished.outcome == "halted":
        return halt_message(plan, state, now, wall, onward=onward, contact=contact(settings))
    if finished.outcome == "refused":
        return [f"refused, nothing was touched: {finished.why}"]
    lines = [f"{finished.outcome}: {_counts(plan, state)}", *_standings(plan, state)]
    if finished.outcome == "stopped":
        lines.append(f"stopped ({finished.why}) in a safe state; `{onward.run}` goes on")
    if finished.outcome == "partly done":
        waiting = [m.name for m in state.members.values() if m.phase is Phase.WAITING]
        lines.append(f"not begun: {names(waiting)}; `{onward.run}` goes on with them")
    return lines


def cut_off(state: State, why: str, onward: Onward) -> list[str]:
    """What stands when the rollout could not even be written down any more."""
    lines = [f"CUT OFF: {why}", *(f"  {m.name}  {standing(m)}" for m in state.members.values())]
    return [*lines, f"a running step goes on; `{onward.run}` goes on when that is mended"]


def _counts(plan: Plan, state: State) -> str:
    def those(*phases: Phase) -> int:
        return sum(1 for m in state.members.values() if m.phase in phases)

    done = {
        Purpose.UPGRADE: "upgraded and returned",
        Purpose.REHEARSAL: "out and back under live traffic, nothing else done",
        Purpose.ROLLBACK: "rolled back and returned",
    }
    parts = [f"{count(those(Phase.DONE), 'member')} {done[plan.purpose]}"]
    if skipped := those(Phase.SKIPPED):
        parts.append(f"{skipped} already there")
    if left := those(Phase.LEFT) + len(plan.left):
        parts.append(f"{left} left out as found")
    return ", ".join(parts)


def _standings(plan: Plan, state: State) -> Sequence[str]:
    width = max((len(name) for name in (*state.members, *plan.left)), default=0)
    lines = [f"  {m.name:<{width}}  {standing(m, plan.purpose)}" for m in state.members.values()]
    return lines + [f"  {name:<{width}}  left as found: {how}" for name, how in plan.left.items()]
