"""The live board as plain rows: what a terminal shows while a rollout runs."""

from dataclasses import dataclass

from controller.core.plan import Plan
from controller.core.pool import Instant
from controller.core.rollout import MemberState, State
from controller.report.words import phase_word, span


@dataclass(frozen=True, slots=True)
class Row:
    """One member."""

    member: str
    phase: str
    age: str
    in_flight: str
    served: str
    """Requests and errors since the member's return, while it soaks."""
    note: str
    is_bad: bool
    is_active: bool


def board(plan: Plan, state: State, now: Instant) -> list[Row]:
    """A row for each member, in the order of their turn."""
    return [_row(state, state.members[member.name], now) for member in plan.members]


def _row(state: State, m: MemberState, now: Instant) -> Row:
    lines = [seen.line for s in state.sights.values() for seen in s.lines.get(m.name, ())]
    samples = [g for (_, member), g in state.gates.items() if member == m.name]
    return Row(
        member=m.name,
        phase=phase_word(m.phase),
        age=span(now - m.since) if m.is_in_hand else "",
        in_flight=str(sum(line.in_flight + line.queued for line in lines)),
        served=samples[-1].reason if samples else "",
        note=m.why,
        is_bad=m.phase in ("failed", "stuck", "kept", "removing"),
        is_active=m.is_in_hand,
    )
