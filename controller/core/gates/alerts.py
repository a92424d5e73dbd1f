"""Judges firing alerts."""

from collections.abc import Sequence
from typing import Final

from controller.core.events import GateSampled, Verdict
from controller.core.gates.evidence import Alert, AlertsNow, Missing, Reading
from controller.core.gates.gate import AlertGate
from controller.core.gates.judgement import Judgement, inconclusive, sampled, worst
from controller.core.pool.copies import replace

NONE: Final[frozenset[str]] = frozenset()


def alerts_sampled(
    gate: AlertGate, answers: Sequence[AlertsNow], known: frozenset[str] | None
) -> GateSampled:
    """The sample from the answers of all servers. `known`: see `judge_alerts`."""
    keys = NONE.union(*(matching(gate, firing) for firing in answers))
    event = sampled(gate, None, judge_alerts(gate, answers, known))
    return replace(event, alerts=tuple(sorted(keys)))


def judge_alerts(
    gate: AlertGate, answers: Sequence[AlertsNow], known: frozenset[str] | None
) -> Judgement:
    """Fails while an alert fires that the gate matches and that is not in `known`: alerts that
    have fired ever since the first sample (None: this is the first). The worst verdict over all
    servers."""
    if gate.counts_preexisting:
        known = NONE
    elif known is None:
        known = NONE.union(*(matching(gate, firing) for firing in answers))
    return worst(_judge(gate, firing, known) for firing in answers)


def _judge(gate: AlertGate, firing: AlertsNow, known: frozenset[str]) -> Judgement:
    if isinstance(firing, Reading):
        return inconclusive(firing.missing or Missing.FAILED, firing.words)
    found = matching(gate, firing)
    new = [found[key].name for key in sorted(found.keys() - known)]
    if new:
        names = ", ".join(dict.fromkeys(new))
        return Judgement(Verdict.FAIL, f"firing: {names}", float(len(new)))
    if not found:
        return Judgement(Verdict.PASS, "no alert fires", 0.0)
    names = ", ".join(dict.fromkeys(found[key].name for key in sorted(found)))
    words = f"no new alert fires; not counted, fired before the start: {names}"
    return Judgement(Verdict.PASS, words, 0.0)


def matching(gate: AlertGate, firing: AlertsNow) -> dict[str, Alert]:
    """Identity → alert, of those that fire and that the gate matches."""
    if isinstance(firing, Reading):
        return {}
    return {alert_key(one): one for one in firing if gate.is_match(one.labels)}


def alert_key(alert: Alert) -> str:
    """The identity of an alert: its labels."""
    return ",".join(f"{key}={value}" for key, value in sorted(alert.labels.items()))
