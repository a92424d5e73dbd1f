"""What can be foretold of a gate: over what time it looks, and from how many errors on it fails."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core.events import Verdict
from controller.core.forecast.thresholds import Window, errors_needed, window_of
from controller.core.gates.counters import judge
from controller.core.gates.evidence import Query
from controller.core.gates.gate import CounterGate, ErrorGate, MetricGate, Scope
from controller.core.gates.gate import Test as Kind
from controller.core.gates.promql import has_range, looks_elsewhen
from controller.core.pool import Counters

EXACT = CounterGate("errors", Scope.MEMBER, 0.01)


def asking(query: str) -> ErrorGate:
    return MetricGate("ratio", Scope.MEMBER, {Query.VALUE: query}, maximum=0.01)


@pytest.mark.parametrize(
    ("gate", "before", "least"),
    [
        (EXACT, None, None),
        (replace(EXACT, scope=Scope.POOL), 60, 60),
        (asking("rate(e[${window}]) / rate(r[${window}])"), None, 300),
        (asking("rate(e[1m30s]) / rate(r[500ms])"), 90, 0.5),
        (asking("rate(e[${window}]) / rate(r[1h])"), 3600, 3600),
    ],
)
def test_over_what_time_a_gate_looks(
    gate: ErrorGate, before: float | None, least: float | None
) -> None:
    """A fixed range begins before the return, and sees no more than its length."""

    def span(seconds: float | None) -> timedelta | None:
        return None if seconds is None else timedelta(seconds=seconds)

    assert window_of(gate) == Window(span(before), span(least))


@pytest.mark.parametrize("total", [3, 19, 20, 100, 700])
@pytest.mark.parametrize("test", list(Kind))
def test_errors_needed_are_those_that_fail(test: Kind, total: int) -> None:
    """With as many errors the gate itself fails, with one less it does not."""
    gate = replace(EXACT, test=test)
    needed = errors_needed(gate)(total, total)

    def fails(errors: float) -> bool:
        return judge(gate, Counters(int(errors), total)).verdict is Verdict.FAIL

    if needed > total:
        assert not fails(total)
    else:
        assert (fails(needed), fails(needed - 1)) == (True, False)


def test_where_every_request_may_fail_no_number_is_enough() -> None:
    """A limit of 100 % is never exceeded."""
    needed = errors_needed(replace(EXACT, maximum=1.0))
    assert needed(50, 50) == float("inf")


def test_counts_of_a_metrics_system_need_enough_requests() -> None:
    """Fewer than `min_requests` are too little traffic, however many fail."""
    queries = {Query.ERRORS: "e[1m]", Query.REQUESTS: "r[1m]"}
    needed = errors_needed(MetricGate("counts", Scope.MEMBER, queries, maximum=0.01))
    assert needed(19, 19) == float("inf")
    assert needed(20, 20) == 4


def test_a_recorded_series_shows_no_range() -> None:
    """What stands in a string is no range, no `offset` and no `@`."""
    assert has_range("rate(e[5m])")
    assert not has_range('job:e:ratio5m{code=~"[5].."}')
    assert looks_elsewhen("e offset 1h")
    assert looks_elsewhen("e @ 5")
    assert not looks_elsewhen('e{mail="a@b", x="offset"}')
