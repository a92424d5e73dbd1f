"""How long requests took, worked out from averages that fade."""

import pytest

from adapters.haproxy.timing import SAMPLES, ResponseTime
from controller.core.pool import Counters, Pace, Timing
from tests.adapters.haproxy.samples import STAT
from tests.adapters.haproxy.test_pure import sample_server
from tests.core.gates.slow import Averaged

TIMED = STAT.replace("algo,\n", "algo,rtime,\n").replace("a1,http,,", "a1,http,,12,")


@pytest.mark.parametrize("before", [0, 1, 500, SAMPLES, 5000])
@pytest.mark.parametrize("requests", [1, 7, 30, 600])
def test_the_bounds_hold_what_requests_took(before: int, requests: int) -> None:
    """Also while the average still is about the time before, with as many requests as one likes."""
    server = Averaged()
    for number in range(before):
        server.add(3 + number % 5)
    former = server.timing
    for number in range(requests):
        server.add(280 + number % 41)
    pace = server.timing.since(former)
    assert pace is not None
    assert pace.requests == requests
    assert pace.least <= 0.3 + 0.0205
    assert pace.most >= 0.28
    error = (pace.most - pace.least) / 2
    assert error <= (SAMPLES / requests + 2) / 1000


class Other:
    requests = 1

    def since(self, former: Timing) -> Pace | None:
        raise NotImplementedError


def test_what_cannot_be_compared() -> None:
    """No request in between, a count that began anew, or another kind."""
    one = ResponseTime(5, 10)
    assert one.since(one) is None
    assert ResponseTime(5, 9).since(one) is None
    assert ResponseTime(5, 11).since(Other()) is None


def test_which_lines_have_it() -> None:
    """Those in mode http, where this version shows it."""
    assert sample_server(stat=TIMED).line.timing == ResponseTime(12, 9)
    assert sample_server(stat=STAT).line.timing is None
    assert sample_server(stat=TIMED.replace(",a1,http,", ",a1,tcp,")).line.timing is None


def test_which_lines_make_requests_wait() -> None:
    """Those with a limit of connections, `slim`, in mode http."""
    waits = TIMED.replace("rtime,\n", "rtime,qtime,slim,\n").replace(
        "a1,http,,12,", "a1,http,,12,7,1,"
    )
    assert sample_server(stat=waits).line.waiting == ResponseTime(7, 9)
    for without in (
        TIMED,
        waits.replace("12,7,1,", "12,7,,"),
        waits.replace("12,7,1,", "12,7,0,"),
        waits.replace(",a1,http,", ",a1,tcp,"),
    ):
        assert sample_server(stat=without).line.waiting is None


def test_what_else_is_counted_of_a_line() -> None:
    """Beside the errors, of the same total; statuses in mode http alone."""
    quiet, busy = "9,0,0,0,0,0,3,1,,,2,7,0,0,2,", "9,1,0,2,1,0,3,1,,,2,7,0,3,2,"
    stat = STAT.replace(quiet, busy)
    http = sample_server(stat=stat).line.measures
    assert http == {
        "connect_errors": Counters(1, 16),
        "retries": Counters(3, 16),
        "status_4xx": Counters(3, 16),
    }
    tcp = sample_server(stat=stat.replace(",a1,http,", ",a1,tcp,")).line.measures
    assert tcp == {"connect_errors": Counters(1, 9), "retries": Counters(3, 9)}
