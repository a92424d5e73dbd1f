"""The judgement of samples from a metrics system: figures, and every way they can be missing."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.events import Verdict
from controller.core.gates.evidence import Alert, Freshness, MetricsServer, Missing, Reading
from controller.core.gates.gate import AlertQuery, Gate, Matcher, MetricQuery, Scope
from controller.core.gates.metrics import Answers, Judged, alert_key, judge_alerts, judge_answers

SERVER = MetricsServer("http://127.0.0.1:9090")
LATER = timedelta(minutes=5)
QUERY = MetricQuery((SERVER,), query="q", evidence="up", maximum=0.01)
RATIO = Gate("ratio", Scope.MEMBER, 1.0, confidence=0.99, metric=QUERY)
FRESH = Freshness("up", age=timedelta(seconds=1), interval=timedelta(seconds=1), series=1)


def reading(value: float) -> Reading:
    return Reading("q", value=value, series=1)


def judged(gate: Gate, elapsed: timedelta = LATER, **answers: Any) -> Judged:
    one = replace(Answers("prom", freshness=FRESH), **answers)
    return judge_answers(gate, elapsed, [one])


def with_query(**changes: Any) -> Gate:
    return replace(RATIO, metric=replace(QUERY, **changes))


COUNTS = with_query(query="", errors="e", requests="r")
BESIDE = with_query(
    query="", errors="e", requests="r", maximum=None, baseline_errors="be", baseline_requests="br"
)


@pytest.mark.parametrize(
    ("gate", "answers", "verdict", "reason"),
    [
        (RATIO, {"value": reading(0.005)}, "pass", "0.5 %"),
        (RATIO, {"value": reading(0.02)}, "fail", "2 %, above 1 %"),
        (
            with_query(maximum=None, minimum=99.0, is_ratio=False),
            {"value": reading(98.0)},
            "fail",
            "98, below 99",
        ),
        (
            with_query(maximum=None, baseline="b", max_increase=0.01),
            {"value": reading(0.05), "baseline": reading(0.02)},
            "fail",
            "5 %, against 2 % of the baseline",
        ),
        (
            with_query(maximum=None, baseline="b", max_increase=0.01),
            {"value": reading(0.025), "baseline": reading(0.02)},
            "pass",
            "2.5 %, against 2 % of the baseline",
        ),
        (
            COUNTS,
            {"errors": reading(30), "requests": reading(300)},
            "fail",
            "30 of 300 requests failed (10 %)",
        ),
        (
            COUNTS,
            {"errors": reading(2), "requests": reading(26)},
            "pass",
            "2 of 26 requests failed (7.69 %) (too few to tell)",
        ),
        (
            COUNTS,
            {"errors": reading(1), "requests": reading(1)},
            "inconclusive",
            "too little traffic: 1 request, and 20 are needed to judge",
        ),
        (
            COUNTS,
            {"errors": reading(1), "requests": reading(3)},
            "inconclusive",
            "too little traffic: 3 requests, and 20 are needed to judge",
        ),
        (
            BESIDE,
            {
                "errors": reading(30),
                "requests": reading(300),
                "baseline_errors": reading(6),
                "baseline_requests": reading(300),
            },
            "fail",
            "30 of 300 requests failed (10 %), against 6 of 300 (2 %) of the baseline",
        ),
        (
            BESIDE,
            {
                "errors": reading(7),
                "requests": reading(300),
                "baseline_errors": reading(6),
                "baseline_requests": reading(300),
            },
            "pass",
            "7 of 300 requests failed (2.33 %), against 6 of 300 (2 %) of the baseline",
        ),
        (
            replace(BESIDE, metric=replace(BESIDE.metric or QUERY, max_increase=0.2)),
            {
                "errors": reading(30),
                "requests": reading(300),
                "baseline_errors": reading(6),
                "baseline_requests": reading(300),
            },
            "pass",
            "30 of 300 requests failed (10 %), against 6 of 300 (2 %) of the baseline",
        ),
    ],
)
def test_figures(gate: Gate, answers: dict[str, Any], verdict: str, reason: str) -> None:
    """Values against limits and baselines, counts exactly; the reason shows the figures."""
    found = judged(gate, **answers)
    assert (found.verdict, found.reason) == (verdict, reason)


@pytest.mark.parametrize("missing", list(Missing))
@pytest.mark.parametrize("place", ["value", "baseline", "traffic", "freshness"])
def test_whatever_is_missing_is_inconclusive(missing: Missing, place: str) -> None:
    """Each reason in each place is inconclusive, in its own words, however good the rest is."""
    answers: dict[str, Any] = {
        "value": reading(0.0),
        "baseline": reading(0.5),
        "traffic": reading(1000),
    }
    if place == "freshness":
        answers[place] = Freshness("up", missing=missing, words="the words")
    else:
        answers[place] = Reading("q", missing=missing, words="the words")
    gate = with_query(baseline="b", max_increase=0.1, traffic="t")
    found = judged(gate, **answers)
    assert found.verdict is Verdict.INCONCLUSIVE
    assert found.reason == f"{missing}: the words"


@pytest.mark.parametrize(
    ("age", "max_age", "interval", "verdict"),
    [
        (2.9, None, 1.0, "pass"),
        (3.1, None, 1.0, "inconclusive"),
        (3.1, 10.0, 1.0, "pass"),
        (59.0, None, None, "pass"),
        (61.0, None, None, "inconclusive"),
    ],
)
def test_stale_evidence(
    age: float, max_age: float | None, interval: float | None, verdict: str
) -> None:
    """Evidence older than `max_age`, three scrapes or a minute judges nothing."""
    fresh = Freshness(
        "up",
        age=timedelta(seconds=age),
        interval=None if interval is None else timedelta(seconds=interval),
    )
    allowed = None if max_age is None else timedelta(seconds=max_age)
    found = judged(with_query(max_age=allowed), value=reading(0.0), freshness=fresh)
    assert found.verdict == verdict
    assert found.reason.startswith("stale") is (verdict == "inconclusive")


@pytest.mark.parametrize(
    ("value", "scrapes", "verdict"),
    [(1.0, 1.9, "inconclusive"), (1.0, 2, "fail"), (0.0, 3.9, "inconclusive"), (0.0, 4, "pass")],
)
def test_too_early(value: float, scrapes: float, verdict: str) -> None:
    """A fail counts from two scrapes after the return, a pass only from four."""
    found = judged(RATIO, timedelta(seconds=scrapes), value=reading(value))
    assert found.verdict == verdict
    assert found.reason.startswith("too early") is (verdict == "inconclusive")


def test_without_evidence_the_interval_is_a_common_one() -> None:
    """Without `evidence` a pass counts only after four times 15 seconds."""
    gate = with_query(evidence="")
    for seconds, verdict in ((59, "inconclusive"), (60, "pass")):
        one = Answers("prom", value=reading(0.0))
        assert judge_answers(gate, timedelta(seconds=seconds), [one]).verdict == verdict


def test_the_worst_server_counts() -> None:
    """Of several servers the worst verdict counts, and it is named."""
    good = Answers("a", value=reading(0.0), freshness=FRESH)
    silent = Answers("b", value=Reading("q", missing=Missing.UNREACHABLE, words="gone"))
    bad = Answers("c", value=reading(0.5), freshness=FRESH)
    assert judge_answers(RATIO, LATER, [good, silent]).reason == "b: unreachable: gone"
    assert judge_answers(RATIO, LATER, [good, silent, bad]).reason == "c: 50 %, above 1 %"


@given(st.lists(st.sampled_from(list(Missing)), min_size=1, max_size=4))
def test_no_number_never_passes(reasons: list[Missing]) -> None:
    """Any set of servers of which one has no number is no pass."""
    answers = [Answers("s", value=Reading("q", missing=one, words="")) for one in reasons]
    answers.append(Answers("good", value=reading(0.0), freshness=FRESH))
    assert judge_answers(RATIO, LATER, answers).verdict is not Verdict.PASS


PAGE = Alert("Page", {"alertname": "Page", "severity": "page", "service": "web1"})
NOISE = Alert("Noise", {"alertname": "Noise", "severity": "info"})
ALERTS = Gate(
    "alerts",
    Scope.POOL,
    1.0,
    alerts=AlertQuery(
        (SERVER,), (Matcher("severity", "=", "page"), Matcher("service", "=~", "web.*"))
    ),
)


@pytest.mark.parametrize(
    ("firing", "known", "verdict", "reason"),
    [
        ([], [], "pass", "no alert fires"),
        ([NOISE], [], "pass", "no alert fires"),
        ([PAGE, NOISE], [], "fail", "firing: Page"),
        (
            [PAGE],
            [PAGE],
            "pass",
            "no new alert fires; since before the start, and not counted: Page",
        ),
    ],
)
def test_alerts(firing: list[Alert], known: list[Alert], verdict: str, reason: str) -> None:
    """Matching alerts fail the gate, but for those that fired already at the start."""
    found, _ = judge_alerts(ALERTS, firing, frozenset(map(alert_key, known)))
    assert (found.verdict, found.reason) == (verdict, reason)


def test_alerts_that_cannot_be_had() -> None:
    """An Alertmanager that does not answer is no proof of silence."""
    found, keys = judge_alerts(
        ALERTS, Reading("", missing=Missing.TIMEOUT, words="frozen"), frozenset()
    )
    assert (found.verdict, found.reason, keys) == (
        "inconclusive",
        "no answer in time: frozen",
        frozenset(),
    )


@pytest.mark.parametrize(
    ("sign", "value", "holds"),
    [("=", "a", True), ("!=", "a", False), ("=~", "a|b", True), ("!~", "a|b", False)],
)
def test_matchers(sign: str, value: str, holds: bool) -> None:
    """The four signs of Alertmanager, regular expressions anchored."""
    matcher = Matcher("label", sign, value)
    assert matcher.holds({"label": "a"}) is holds
    assert matcher.holds({"label": "xa"}) is not holds


def test_the_wrong_kind_of_gate_is_a_bug() -> None:
    """A gate is never judged by evidence of another kind."""
    with pytest.raises(ValueError, match="asks no metrics"):
        judge_answers(ALERTS, LATER, [Answers("s")])
    with pytest.raises(ValueError, match="asks for no alerts"):
        judge_alerts(RATIO, [], frozenset())


def test_a_query_that_was_not_asked_is_a_bug() -> None:
    """A judgement needs the reading it judges."""
    with pytest.raises(ValueError, match="no value"):
        judged(RATIO)
