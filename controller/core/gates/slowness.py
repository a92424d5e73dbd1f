"""Judges how long a member's requests take, beside those of the other members.

A batch is slow when its average is beyond `times` that of the others, and beyond it by more than
`above`. By Markov's inequality, of a version that is as fast as the others at most one batch in
`times` is, however unevenly its requests take their time: a few very slow ones, as every service
has them, make few slow batches. So the gate fails when more than half of the batches are slow,
beyond chance: the same exact test as that on errors (ADR 25).
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from controller.core.events import Verdict
from controller.core.gates.evidence import Missing
from controller.core.gates.figures import milliseconds, requests
from controller.core.gates.gate import TimingGate
from controller.core.gates.judgement import Judgement, inconclusive
from controller.core.gates.race import Compared, Race
from controller.core.gates.statistics import is_unexplained
from controller.core.pool import Pace, together

HALF: Final = 0.5
"""Share of the batches that may be slow. Markov's inequality allows a third of them where `times`
is 3: the rest is a margin, for what the others took is measured too, not known."""


KNOWN: Final = 0.001
FINE: Final = 0.02
"""Seconds, and share of an average: one that is known better is told without how well."""

MARGIN: Final = 1.5
"""The others are measured anew each time, and never quite the same."""


def judge_pace(gate: TimingGate, races: Sequence[Race], total: int) -> Judgement:
    """`races`: one for each place of the member. `total`: its requests since its return."""
    if not total:
        return inconclusive(Missing.NO_DATA, "no request yet")
    compared = [one for race in races for one in race.compared]
    own = together(batch for one in compared for batch in one.batches)
    others = together(one.others for one in compared)
    if own is None or others is None:
        words = f"{requests(total)}; too few at the other members meanwhile to compare with"
        return Judgement(Verdict.PASS, words, total=total)
    slow = sum(is_slow(gate, batch, one) for one in compared for batch in one.batches)
    batches = sum(len(one.batches) for one in compared)
    verdict, words = _verdict(gate, slow, batches)
    what = "waited for by a request" if gate.measure else "a request"
    figures = f"{_average(own)} {what}, {_average(others)} at the others"
    judgement = Judgement(verdict, f"{figures}{words}", own.middle, others.middle)
    return replace(judgement, total=total)


def is_slow(gate: TimingGate, batch: Pace, compared: Compared) -> bool:
    return batch.least > limit_beside(gate, compared.others.most)


def limit_beside(gate: TimingGate, others: float) -> float:
    """From how many seconds on a batch is slow beside that average of the others."""
    return max(gate.times * others, others + gate.above.total_seconds())


def surely_slow(gates: Sequence[TimingGate], race: Race) -> float | None:
    """From how many seconds on a batch that is not full is slow for sure, as the others were in the
    last comparison; None: there was none."""
    if not race.compared:
        return None
    others = race.compared[-1].others.most
    return MARGIN * max(limit_beside(gate, others) for gate in gates)


def _average(pace: Pace) -> str:
    """`20ms`, `20ms ±5ms`, `at most 51ms`: no more precise than it is known. HAProxy's averages
    say how long n requests took within 512 ms / n (ADR 25)."""
    odds = (pace.most - pace.least) / 2
    if odds < max(KNOWN, FINE * pace.middle):
        return milliseconds(pace.middle)
    if pace.least <= 0:
        return f"at most {milliseconds(pace.most)}"
    return f"{milliseconds(pace.middle)} ±{milliseconds(odds)}"


def _verdict(gate: TimingGate, slow: int, batches: int) -> tuple[Verdict, str]:
    few = f" ({slow} of {batches} batches slow)" if slow else ""
    is_sure = is_unexplained(
        slow, batches, HALF, confidence=gate.confidence, min_errors=gate.min_errors
    )
    if is_sure:
        return Verdict.FAIL, few
    if slow > batches * HALF:
        return Verdict.INCONCLUSIVE, f"{few}, {Missing.LITTLE_TRAFFIC} to tell"
    return Verdict.PASS, few
