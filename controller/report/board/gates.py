"""Gates as rows: the value now and the limit, the last samples, and the verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from controller.core.decide.context import Context
from controller.core.decide.gates import is_overridden, subjects
from controller.core.events import Verdict
from controller.core.gates.figures import milliseconds, percent, span, whole
from controller.core.gates.gate import AlertGate, CounterGate, Gate, MetricGate, Scope, TimingGate
from controller.core.state.state import GateState
from controller.report.board.recent import GateMark, Recent
from controller.report.board.segments import Tone

NO_NEWS: Final = timedelta(seconds=2)
"""From this age on, the age of the evidence is shown."""

_TONE: Final = {
    Verdict.PASS: Tone.GOOD,
    Verdict.INCONCLUSIVE: Tone.DOUBT,
    Verdict.FAIL: Tone.BAD,
}


@dataclass(frozen=True, slots=True)
class GateRow:
    gate: str
    value: str
    limit: str
    marks: tuple[GateMark, ...]
    verdict: str
    detail: str
    """The member, the age of the evidence, and the reason where it does not pass."""
    tone: Tone

    @property
    def words(self) -> str:
        """Verdict and detail, the verdict first."""
        return f"{self.verdict}: {self.detail}" if self.verdict else self.detail


def gates(ctx: Context, recent: Recent) -> tuple[GateRow, ...]:
    """A row for each gate, in the order of the rollout file: the worst of the members it judges."""
    return tuple(_row(ctx, gate, recent) for gate in ctx.plan.policies.gates)


def _row(ctx: Context, gate: Gate, recent: Recent) -> GateRow:
    judged = [
        (member, said)
        for member in subjects(ctx, gate)
        if (said := ctx.state.gate(gate.name, member)) is not None
    ]
    if not judged:
        return _idle(ctx, gate, recent)
    member, said = max(judged, key=lambda one: (one[1].verdict.rank, one[1].value or 0.0))
    others = len(judged) - 1
    who = "the pool" if member is None else member + (f" and {others} more" if others else "")
    age = whole(ctx.now - said.sampled_at)
    parts = [who, *([f"{span(age)} ago"] if age >= NO_NEWS else [])]
    detail = ", ".join(parts)
    marks = recent.marks.get((gate.name, member or ""), ())
    verdict, tone = _word(said.verdict), _TONE[said.verdict]
    if said.verdict is not Verdict.PASS:
        detail += f": {said.reason}"
    elif marks and marks[-1].is_beyond:
        detail, tone = f"{detail}, above the limit, too few to be sure", Tone.DOUBT
    if is_overridden(ctx, gate) and said.verdict is not Verdict.PASS:
        verdict, tone = f"overridden ({verdict})", Tone.DOUBT
    return GateRow(
        gate.name,
        _value(gate, said.value),
        limit_word(gate),
        marks,
        verdict,
        detail,
        tone,
    )


def _idle(ctx: Context, gate: Gate, recent: Recent) -> GateRow:
    """A gate that judges no member now: its last verdict, and of which member."""
    last = [(key, marks) for key, marks in recent.marks.items() if key[0] == gate.name]
    if gate.scope is Scope.POOL or not last:
        what = "not sampled yet" if gate.scope is Scope.POOL else "judges members from their return"
        return GateRow(gate.name, "", limit_word(gate), (), "", what, Tone.DIM)
    (_, member), marks = last[-1]
    said: GateState | None = ctx.state.gate(gate.name, member)
    if said is None:
        return GateRow(gate.name, "", limit_word(gate), marks, "", f"{member}, last", Tone.DIM)
    is_failed = said.verdict is Verdict.FAIL
    return GateRow(
        gate.name,
        _value(gate, said.value),
        limit_word(gate),
        marks,
        _word(said.verdict),
        f"{member}, last",
        Tone.BAD if is_failed else Tone.DIM,
    )


def _word(verdict: Verdict) -> str:
    """FAIL in capitals, to stand out without colours too."""
    return verdict.upper() if verdict is Verdict.FAIL else str(verdict)


def _value(gate: Gate, value: float | None) -> str:
    if value is None:
        return "-"
    if isinstance(gate, AlertGate):
        return f"{value:.0f} firing" if value else "none"
    return _figure(gate, value)


def _figure(gate: Gate, value: float) -> str:
    if isinstance(gate, TimingGate):
        return milliseconds(value)
    return percent(value) if gate.is_ratio else f"{value:.4g}"


def limit_word(gate: Gate) -> str:
    """The limit, in a few characters."""
    match gate:
        case AlertGate():
            return "none"
        case CounterGate():
            return percent(gate.maximum)
        case TimingGate():
            return f"{gate.times:g}x +{milliseconds(gate.above.total_seconds())}"
        case MetricGate():
            return " ".join(_bounds(gate)) or "baseline"


def _bounds(gate: MetricGate) -> Sequence[str]:
    bounds = [] if gate.maximum is None else [_figure(gate, gate.maximum)]
    bounds += [] if gate.minimum is None else [f"min {_figure(gate, gate.minimum)}"]
    increase = gate.max_increase
    return bounds + ([] if increase is None else [f"+{_figure(gate, increase)}"])
