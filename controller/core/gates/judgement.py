"""The judgement of one sample, and its event for the journal."""

from collections.abc import Iterable
from dataclasses import dataclass

from controller.core.events import GateSampled, Verdict
from controller.core.gates.evidence import Missing
from controller.core.gates.gate import Gate


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    reason: str
    """Why, with figures; for an inconclusive one, what is missing."""
    value: float | None = None
    baseline: float | None = None
    errors: int = 0
    total: int = 0


def inconclusive(missing: Missing, words: str) -> Judgement:
    return Judgement(Verdict.INCONCLUSIVE, f"{missing}: {words}" if words else str(missing))


def worst(judgements: Iterable[Judgement]) -> Judgement:
    """The first judgement with the worst verdict."""
    return max(judgements, key=lambda one: one.verdict.rank)


def sampled(gate: Gate, member: str | None, judgement: Judgement) -> GateSampled:
    """The event for the journal."""
    return GateSampled(
        gate=gate.name,
        member=member,
        verdict=judgement.verdict,
        reason=judgement.reason,
        errors=judgement.errors,
        total=judgement.total,
        value=judgement.value,
        limit=gate.bound,
        baseline=judgement.baseline,
    )
