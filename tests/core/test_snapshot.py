"""What is counted and seen over reloads and partial looks."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core.gates.tally import Tally
from controller.core.pool import Admin, Counters, Health, Incarnation, InstanceView, Line, Occupant
from controller.core.snapshot import Snapshot, capacity, looked, lost
from tests.support.lines import a_line
from tests.support.tables import table

A, B = Incarnation("1", 1000), Incarnation("2", 2000)
HERE = ("lb1", "web")
HERE_IT_IS: dict[str, Any] = {}


def line(member: str, backend: str = "web", **changes: Any) -> Line:
    return a_line(member, backend=backend, **changes)


def view(*lines: Line, at: int = 0, full: bool = True) -> InstanceView:
    return InstanceView("lb1", timedelta(seconds=at), A, lines, full)


def test_rival_is_as_last_seen() -> None:
    """Who put back what was prepared is no longer held against the pool."""
    disturbed = looked(Snapshot("lb1"), replace(view(), rival="changed by argocd"))
    assert disturbed.rival == "changed by argocd"
    assert looked(disturbed, view(at=1)).rival == ""


def test_since_when_one_is_taken_away() -> None:
    """As long as the same one goes; the next one in its place has its own time."""
    going = line("web1", is_going=True)
    snapshot = looked(looked(Snapshot("lb1"), view(going, at=1)), view(going, at=2, full=False))
    assert snapshot.lines["web1"][0].going_since == timedelta(seconds=1)
    stays = looked(snapshot, view(line("web1"), at=3))
    assert stays.lines["web1"][0].going_since is None
    another = Occupant("uid-2", "10.0.0.2", 80)
    next_one = looked(snapshot, view(line("web1", is_going=True, occupant=another), at=3))
    assert next_one.lines["web1"][0].going_since == timedelta(seconds=3)


def test_first_reading_counts_nothing() -> None:
    """What a counter stood at when we came is nobody's in this rollout."""
    tally = Tally().noted(HERE, A, Counters(5, 100))
    assert tally.sum == Counters(0, 0)
    assert tally.noted(HERE, A, Counters(6, 110)).sum == Counters(1, 10)


def test_counts_survive_a_reload() -> None:
    """A new worker's counters began at zero; a worker that is the same has its slack of seconds."""
    tally = Tally().noted(HERE, A, Counters(5, 100)).noted(HERE, A, Counters(6, 110))
    assert tally.noted(HERE, B, Counters(2, 7)).sum == Counters(3, 17)
    assert tally.noted(HERE, replace(A, started=1001), Counters(7, 112)).sum == Counters(2, 12)


def test_counts_survive_a_clear() -> None:
    """Counters that were set to zero at the balancer do not run backwards here."""
    tally = Tally().noted(HERE, A, Counters(5, 100))
    assert tally.noted(HERE, A, Counters(0, 3)).sum == Counters(0, 3)


readings = st.tuples(
    st.sampled_from([HERE, ("lb2", "web")]),
    st.sampled_from([A, B, Incarnation("1", 5000)]),
    st.integers(0, 50),
    st.integers(0, 50),
)


@pytest.mark.untraced
@given(st.lists(readings, max_size=30))
def test_tally_never_falls(
    all_readings: list[tuple[tuple[str, str], Incarnation, int, int]],
) -> None:
    """Whatever is read in whatever order, counts only rise, errors never past requests."""
    tally = Tally()
    for place, worker, errors, good in all_readings:
        after = tally.noted(place, worker, Counters(errors, errors + good))
        assert after.sum.total >= tally.sum.total
        assert after.sum.errors >= tally.sum.errors
        tally = after


def test_partial_look_keeps_the_others() -> None:
    """A look at one member leaves what was seen of the others; a full one replaces all."""
    snapshot = looked(Snapshot("lb1"), view(line("web1"), line("web2"), at=1))
    snapshot = looked(snapshot, view(line("web1", weight=5), at=2, full=False))
    assert [one.line.weight for one in snapshot.lines["web1"]] == [5]
    assert snapshot.lines["web2"][0].at == timedelta(seconds=1)
    assert snapshot.full_at == timedelta(seconds=1)
    assert "web2" not in looked(snapshot, view(line("web1"), at=3)).lines


def test_lost_since_the_first_failure() -> None:
    """An outage counts from its first failed look, and ends with an answer."""
    first = lost(Snapshot("lb1"), timedelta(seconds=1), "refused")
    second = lost(first, timedelta(seconds=5), "timeout")
    assert second.lost_since == timedelta(seconds=1)
    assert second.lost_why == "timeout"
    assert looked(second, view(line("web1"), at=6)).lost_since is None


def test_capacity_is_the_worst_of_all_places() -> None:
    """The fewest in any backend of any balancer count; backups, the sick and those out never do."""
    one = looked(
        Snapshot("lb1"),
        view(
            line("web1"),
            line("web2"),
            line("web3", health=Health.FAILING),
            line("web4", is_backup=True),
            line("web5", weight=0),
            line("web1", "api"),
            line("web2", "api", admin=Admin.DRAINING),
        ),
    )
    two = replace(looked(Snapshot("lb2"), view(line("web1"), line("web2"))), instance="lb2")
    fewest = capacity([two, one])
    assert (fewest.serving, fewest.where) == (1, "api at lb1")
    assert capacity([two, one], frozenset({"web1"})).serving == 0
    assert capacity([two], frozenset({"web1"})).where == "web at lb2"
    assert capacity([]).serving == 0


@table(
    "was now since",
    {
        "the same": (HERE_IT_IS, HERE_IT_IS, 1),
        "another one": (HERE_IT_IS, {"address": "10.0.0.9"}, 2),
        "nobody": (HERE_IT_IS, {"occupant": None}, 2),
        "nobody still": ({"occupant": None}, {"occupant": None}, 1),
        "somebody again": ({"occupant": None}, HERE_IT_IS, 2),
    },
)
def test_since_when_an_occupant_is_shown(
    was: dict[str, Any], now: dict[str, Any], since: int
) -> None:
    """Each line by itself: what another backend shows is no word about this one."""
    before = looked(Snapshot("lb1"), view(line("web1", **was), line("web1", "api"), at=1))
    after = looked(before, view(line("web1", "api"), line("web1", **now), at=2))
    assert [one.since.seconds for one in after.lines["web1"]] == [1, since]


def test_incarnations_are_called_by_their_id() -> None:
    """A process id, at HAProxy."""
    assert str(Incarnation("77", 1)) == "77"
