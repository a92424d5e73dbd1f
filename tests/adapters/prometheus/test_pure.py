"""The parts without IO: selectors, and replies of any shape."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.prometheus.ages import freshness_of
from adapters.prometheus.alerts import firing_in
from adapters.prometheus.faults import Rejected, Unanswered
from adapters.prometheus.readings import reading_of
from adapters.prometheus.replies import Answer, Reply, answer_of
from controller.core.gates.evidence import Alert, Freshness, Reading, Reduce
from controller.core.gates.promql import is_plain_selector

T = TypeVar("T")
NOW = datetime(2024, 1, 1, tzinfo=UTC)


def outcome(make: Callable[[], T]) -> T | str:
    """What was made, or the words of the fault; any other error is the test's failure."""
    try:
        return make()
    except (Rejected, Unanswered) as fault:
        return fault.words


@pytest.mark.parametrize(
    "text",
    [
        "up",
        " up ",
        "ns:rule_1",
        "up{}",
        'up{job="haproxy"}',
        'up { job = "a" , instance=~\'b.*\', c!="", d!~`x"y` , }',
        '{__name__="up"}',
        '{"my.metric", "a.b"="c"}',
        r'up{a="quote \" brace } bracket ]"}',
    ],
)
def test_plain_selectors(text: str) -> None:
    """A metric, matchers, or both."""
    assert is_plain_selector(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "1",
        "up[5m]",
        "up offset 5m",
        "up @ 0",
        "rate(up)",
        "sum(up)",
        "up + up",
        "up or down",
        "-up",
        "up{job}",
        'up{job="a}',
        'up{job="a" instance="b"}',
        "up{,}",
        'up{job="a"}[5m]',
        'up{a="x"} # }',
        "up\nup",
    ],
)
def test_other_expressions(text: str) -> None:
    """Whatever computes, ranges or shifts has no samples of its own."""
    assert not is_plain_selector(text)


@given(st.text(alphabet="up{}=\"\\`', ~!x", max_size=40))
def test_selectors_end(text: str) -> None:
    """No text makes the check run away, and one that passes can be given a range."""
    if is_plain_selector(text):
        assert text.strip()[-1] not in "=~!,\\"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
POINT = st.lists(JSON | st.floats() | st.sampled_from(["1", "NaN", "x"]), max_size=3)
ELEMENT = st.fixed_dictionaries(
    {},
    optional={
        "metric": st.dictionaries(st.text(max_size=3), JSON) | JSON,
        "value": POINT,
        "values": st.lists(POINT, max_size=2) | JSON,
        "histogram": POINT,
        "histograms": st.lists(POINT, max_size=2) | JSON,
        "state": st.sampled_from(["firing", "pending"]) | JSON,
        "labels": st.dictionaries(st.text(max_size=3), JSON) | JSON,
        "activeAt": st.text(max_size=5) | JSON,
    },
)
DATA = st.fixed_dictionaries(
    {},
    optional={
        "resultType": st.sampled_from(["vector", "scalar", "matrix", "string"]) | JSON,
        "result": st.lists(ELEMENT, max_size=3) | POINT | JSON,
        "alerts": st.lists(ELEMENT, max_size=3) | JSON,
    },
)


@given(DATA | JSON, st.lists(st.text(max_size=5), max_size=2), st.none() | st.sampled_from(Reduce))
def test_data_of_any_shape(data: Any, warnings: list[str], reduce: Reduce | None) -> None:
    """Whatever a server says, there is a number, or a reason why not: never both, never another
    error, never a number with a warning (S5)."""
    answer = Answer(data, tuple(warnings))
    match outcome(lambda: reading_of("q", answer, reduce)):
        case Reading() as reading:
            assert (reading.value is None) == (reading.missing is not None)
            assert (reading.value is None) == bool(reading.words)
            assert reading.value is None or not warnings
        case words:
            assert words
    match outcome(lambda: freshness_of("m", answer, NOW)):
        case Freshness() as found:
            assert (found.age is None) == (found.missing is not None)
        case words:
            assert words
    match outcome(lambda: firing_in(data)):
        case tuple(alerts):
            assert all(isinstance(each, Alert) for each in alerts)
        case words:
            assert words


@given(
    st.integers(100, 599),
    st.binary(max_size=20)
    | JSON.map(lambda page: json.dumps(page).encode())
    | st.fixed_dictionaries(
        {"status": st.sampled_from(["success", "error"])},
        optional={"data": JSON, "error": JSON, "errorType": JSON, "warnings": JSON},
    ).map(lambda page: json.dumps(page).encode()),
)
def test_replies_of_any_shape(status: int, body: bytes) -> None:
    """A reply is an answer with status 200, or a fault with words on one line."""
    match outcome(lambda: answer_of(Reply(status, "application/json", body))):
        case Answer():
            assert status == 200
        case words:
            assert words
            assert "\n" not in words


def test_json_that_goes_too_deep() -> None:
    """Nesting without end is a fault of the server, not of ours."""
    with pytest.raises(Unanswered, match="not JSON"):
        answer_of(Reply(200, "", b"[" * 1_000_000))


def test_alerts_that_fire() -> None:
    """Pending ones do not count; the time is that of the condition, to the microsecond."""
    labels = {"alertname": "TooManyErrors", "team": "web"}
    firing = {"state": "firing", "labels": labels, "activeAt": "2024-01-01T00:00:00.123456789Z"}
    alerts = firing_in({"alerts": [firing, {**firing, "state": "pending"}]})
    since = NOW.replace(microsecond=123456)
    assert alerts == (Alert("TooManyErrors", labels, since),)
