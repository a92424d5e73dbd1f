"""The judgement of samples from a metrics system: figures, and every way they can be missing."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.events import GateSampled, Verdict
from controller.core.gates.alerts import alert_key, alerts_sampled, judge_alerts
from controller.core.gates.evidence import Alert, Answers, Freshness, Missing, Query, Reading
from controller.core.gates.gate import AlertGate, Matcher, MetricGate, Scope
from controller.core.gates.judgement import Judgement
from controller.core.gates.metrics import answers_sampled, judge_answers, together

LATER = timedelta(minutes=5)
RATIO = MetricGate(
    "ratio",
    Scope.MEMBER,
    {Query.VALUE: "q", Query.EVIDENCE: "up"},
    maximum=0.01,
    confidence=0.99,
)
FRESH = Freshness("up", age=timedelta(seconds=1), interval=timedelta(seconds=1), series=1)


def reading(value: float) -> Reading:
    return Reading("q", value=value, series=1)


def answered(server: str = "prom", freshness: Freshness | None = FRESH, **readings: Any) -> Answers:
    return Answers(server, {Query(kind): one for kind, one in readings.items()}, freshness)


def judged(gate: MetricGate, elapsed: timedelta = LATER, **answers: Any) -> Judgement:
    return judge_answers(gate, elapsed, [answered(**answers)])


def asking(*kinds: str, **changes: Any) -> MetricGate:
    return replace(RATIO, queries={Query(kind): kind for kind in kinds}, **changes)


COUNTS = asking("errors", "requests")
BESIDE = asking("errors", "requests", "baseline_errors", "baseline_requests", maximum=None)


@pytest.mark.parametrize(
    ("gate", "answers", "verdict", "reason"),
    [
        (RATIO, {"query": reading(0.005)}, "pass", "0.5 %"),
        (RATIO, {"query": reading(0.02)}, "fail", "2 %, above 1 %"),
        (
            asking("query", maximum=None, minimum=99.0, is_ratio=False),
            {"query": reading(98.0)},
            "fail",
            "98, below 99",
        ),
        (
            asking("query", "baseline", maximum=None, max_increase=0.01),
            {"query": reading(0.05), "baseline": reading(0.02)},
            "fail",
            "5 %, against 2 % of the baseline",
        ),
        (
            asking("query", "baseline", maximum=None, max_increase=0.01),
            {"query": reading(0.025), "baseline": reading(0.02)},
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
            replace(BESIDE, max_increase=0.07),
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
def test_figures(gate: MetricGate, answers: dict[str, Any], verdict: str, reason: str) -> None:
    """Values against limits and baselines, counts exactly; the reason shows the figures."""
    found = judged(gate, **answers)
    assert (found.verdict, found.reason) == (verdict, reason)


@pytest.mark.parametrize("missing", list(Missing))
@pytest.mark.parametrize("place", ["query", "baseline", "traffic", "freshness"])
def test_whatever_is_missing_is_inconclusive(missing: Missing, place: str) -> None:
    """Each reason in each place is inconclusive, in its own words, however good the rest is."""
    answers: dict[str, Any] = {
        "query": reading(0.0),
        "baseline": reading(0.5),
        "traffic": reading(1000),
    }
    if place == "freshness":
        answers[place] = Freshness("up", missing=missing, words="the words")
    else:
        answers[place] = Reading("q", missing=missing, words="the words")
    gate = asking("query", "baseline", "traffic", max_increase=0.1)
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
    found = judged(replace(RATIO, max_age=allowed), query=reading(0.0), freshness=fresh)
    assert found.verdict == verdict
    assert found.reason.startswith("stale") is (verdict == "inconclusive")


@pytest.mark.parametrize(
    ("value", "scrapes", "verdict"),
    [(1.0, 1.9, "inconclusive"), (1.0, 2, "fail"), (0.0, 3.9, "inconclusive"), (0.0, 4, "pass")],
)
def test_too_early(value: float, scrapes: float, verdict: str) -> None:
    """A fail counts from two scrapes after the return, a pass only from four."""
    found = judged(RATIO, timedelta(seconds=scrapes), query=reading(value))
    assert found.verdict == verdict
    assert found.reason.startswith("too early") is (verdict == "inconclusive")


def test_without_evidence_the_interval_is_a_common_one() -> None:
    """Without `evidence` a pass counts only after four times 15 seconds."""
    for seconds, verdict in ((59, "inconclusive"), (60, "pass")):
        found = judged(
            asking("query"), timedelta(seconds=seconds), query=reading(0.0), freshness=None
        )
        assert found.verdict == verdict


def test_the_worst_server_counts() -> None:
    """Of several servers the worst verdict counts, and it is named."""
    good = answered("a", query=reading(0.0))
    silent = answered("b", None, query=Reading("q", missing=Missing.UNREACHABLE, words="gone"))
    bad = answered("c", query=reading(0.5))
    assert judge_answers(RATIO, LATER, [good, silent]).reason == "b: unreachable: gone"
    assert judge_answers(RATIO, LATER, [good, silent, bad]).reason == "c: 50 %, above 1 %"


@pytest.mark.untraced
@given(st.lists(st.sampled_from(list(Missing)), min_size=1, max_size=4))
def test_no_number_never_passes(reasons: list[Missing]) -> None:
    """Any set of servers of which one has no number is no pass."""
    answers = [answered("s", None, query=Reading("q", missing=one, words="")) for one in reasons]
    answers.append(answered("good", query=reading(0.0)))
    assert judge_answers(RATIO, LATER, answers).verdict is not Verdict.PASS


PAGE = Alert("Page", {"alertname": "Page", "severity": "page", "service": "web1"})
NOISE = Alert("Noise", {"alertname": "Noise", "severity": "info"})
ALERTS = AlertGate(
    "alerts",
    Scope.POOL,
    (Matcher("severity", "=", "page"), Matcher("service", "=~", "web.*")),
)
FROZEN = Reading("", missing=Missing.TIMEOUT, words="frozen")


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
            "no new alert fires; not counted, fired before the start: Page",
        ),
    ],
)
def test_alerts(firing: list[Alert], known: list[Alert], verdict: str, reason: str) -> None:
    """Matching alerts fail the gate, but for those that fired already at the start."""
    found = judge_alerts(ALERTS, [firing], frozenset(map(alert_key, known)))
    assert (found.verdict, found.reason) == (verdict, reason)


def test_alerts_that_cannot_be_had() -> None:
    """An Alertmanager that does not answer is no proof of silence; the worst of several counts."""
    silent = judge_alerts(ALERTS, [[], FROZEN], None)
    assert (silent.verdict, silent.reason) == ("inconclusive", "no answer in time: frozen")
    assert judge_alerts(ALERTS, [FROZEN, [PAGE]], frozenset()).verdict is Verdict.FAIL


def test_alerts_at_the_first_sample_are_known_from_then_on() -> None:
    """What fires when the gate is first asked does not count, unless the file says it does; what
    matches is recorded in any case."""
    first = alerts_sampled(ALERTS, [[PAGE, NOISE], FROZEN, []], None)
    assert first.verdict is Verdict.INCONCLUSIVE
    assert first.alerts == (alert_key(PAGE),)
    assert alerts_sampled(ALERTS, [[PAGE]], None).verdict is Verdict.PASS
    strict = replace(ALERTS, counts_preexisting=True)
    assert alerts_sampled(strict, [[PAGE]], frozenset(first.alerts)).verdict is Verdict.FAIL


@pytest.mark.parametrize(
    ("sign", "value", "holds"),
    [("=", "a", True), ("!=", "a", False), ("=~", "a|b", True), ("!~", "a|b", False)],
)
def test_matchers(sign: str, value: str, holds: bool) -> None:
    """The four signs of Alertmanager, regular expressions anchored."""
    matcher = Matcher("label", sign, value)
    assert matcher.holds({"label": "a"}) is holds
    assert matcher.holds({"label": "xa"}) is not holds


def test_a_pool_has_no_return_to_wait_for() -> None:
    """A gate on the pool passes and fails from its first sample on."""
    gate = replace(RATIO, scope=Scope.POOL)
    for value, verdict in ((0.0, "pass"), (1.0, "fail")):
        assert judged(gate, timedelta(0), query=reading(value)).verdict == verdict


DERIVED = replace(FRESH, is_derived=True)
NOTHING = Freshness("q", missing=Missing.NO_DATA, words="no series matches", is_derived=True)


@pytest.mark.parametrize(
    ("value", "freshness", "verdict", "reason"),
    [
        (0.0, DERIVED, "pass", "0 %"),
        (0.0, NOTHING, "inconclusive", "no data: no series matches"),
        (1.0, NOTHING, "fail", "100 %, above 1 %"),
        (0.0, replace(NOTHING, missing=Missing.TIMEOUT), "inconclusive", "no answer in time"),
        (0.0, replace(DERIVED, age=timedelta(seconds=9)), "inconclusive", "stale"),
    ],
)
def test_a_number_made_of_nothing(
    value: float, freshness: Freshness, verdict: str, reason: str
) -> None:
    """`or vector(0)` where no series exists is no health (S5); a fail counts all the same."""
    found = judged(asking("query"), query=reading(value), freshness=freshness)
    assert found.verdict == verdict
    assert found.reason.startswith(reason)


def test_the_queries_of_a_sample_together() -> None:
    """The oldest age and the longest interval; what reads nothing counts where all do; what could
    not be asked counts always."""
    old = replace(DERIVED, age=timedelta(seconds=9), interval=None)
    slow = replace(DERIVED, interval=timedelta(seconds=60))
    assert together([]) is together([None]) is None
    assert together([None, DERIVED, NOTHING]) == DERIVED
    assert together([slow, old]) == replace(old, interval=slow.interval)
    assert together([old]) == old
    assert together([NOTHING, None]) == NOTHING
    lost = replace(NOTHING, missing=Missing.UNREACHABLE)
    assert together([DERIVED, NOTHING, lost]) == lost


def test_a_query_that_was_not_asked_is_a_bug() -> None:
    """A judgement needs the reading it judges."""
    with pytest.raises(ValueError, match="no value"):
        judged(RATIO)


def test_a_sample_records_what_was_asked_and_when() -> None:
    """The event has the queries as they were filled, the figures, the limit and the moment that
    the server evaluated."""
    at = datetime(2026, 11, 22, 14, 3, tzinfo=UTC)
    one = answered(errors=replace(reading(30), at=at), requests=reading(300))
    queries = {Query.ERRORS: "e", Query.REQUESTS: "r"}
    event = answers_sampled(COUNTS, "web1", LATER, queries, [one])
    assert event == GateSampled(
        "ratio",
        "web1",
        Verdict.FAIL,
        "30 of 300 requests failed (10 %)",
        30,
        300,
        0.1,
        0.01,
        queries={"errors": "e", "requests": "r"},
        evidence_at="2026-11-22T14:03:00+00:00",
    )


SEEN = asking("errors", "requests", "baseline_errors", "baseline_requests", maximum=None)


def extrapolated(**texts: str) -> MetricGate:
    given = {"errors": "increase(e[${window}])", "requests": "increase(r[${window}])", **texts}
    return replace(COUNTS, queries={Query(kind): text for kind, text in given.items()})


@pytest.mark.parametrize(
    ("gate", "seconds", "reason"),
    [
        (extrapolated(), 2, "10 of 50 requests failed (20 %)"),
        (extrapolated(), 4, "15 of 75 requests failed (20 %)"),
        (extrapolated(), 3000, "20 of 100 requests failed (20 %)"),
        (
            extrapolated(errors="x", requests="increase(r[5m])"),
            4,
            "20 of 100 requests failed (20 %)",
        ),
        (extrapolated(errors="x"), 4, "20 of 75 requests failed (26.7 %)"),
        (extrapolated(errors="rate(e[1s])"), 4, "0 of 75 requests failed (0 %)"),
    ],
    ids=range(6),
)
def test_counts_are_what_was_seen(gate: MetricGate, seconds: int, reason: str) -> None:
    """`increase` makes two scrapes in two seconds twice what was seen."""
    found = judged(gate, timedelta(seconds=seconds), errors=reading(20), requests=reading(100))
    assert reason in found.reason


def test_fewer_errors_than_min_errors_are_not_worse() -> None:
    """One error of one is no proof, however good the others are."""
    others: dict[str, Any] = {"baseline_errors": reading(0), "baseline_requests": reading(9000)}
    for errors, verdict in ((2, "pass"), (3, "fail")):
        found = judged(BESIDE, errors=reading(errors), requests=reading(20), **others)
        assert found.verdict == verdict


def test_nothing_to_compare_with() -> None:
    """A member whose counts round to nothing is not judged by a division."""
    nothing = dict.fromkeys(("errors", "requests", "baseline_errors", "baseline_requests"), 0.0)
    gate = replace(SEEN, min_requests=0)
    answers: dict[str, Any] = {kind: reading(value) for kind, value in nothing.items()}
    found = judged(gate, **answers)
    assert (found.verdict, found.value, found.baseline) == (Verdict.PASS, 0.0, 0.0)
