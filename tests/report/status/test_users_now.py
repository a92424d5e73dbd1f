"""Whether users fail now, from two looks."""

from datetime import timedelta
from typing import Any

import pytest

from controller.core.pool import Counters, Incarnation, InstanceView
from controller.report.members.placement import PoolView
from controller.report.status.users_now import users_line, users_now, users_value
from tests.report.states import WALL, A, B
from tests.support.lines import a_line


def look(at: float, *counts: Counters | None, by: str = "1", gone: bool = False) -> PoolView:
    """Two servers, and what each has counted."""
    lines = tuple(
        a_line(name, counters=one) for name, one in zip(("web1", "web2"), counts, strict=False)
    )
    whole = Counters()
    for one in counts:
        whole = whole + one if one is not None else whole
    counted = {"web": None if None in counts else whole} if counts else {}
    seen = timedelta(seconds=at)
    view = InstanceView(A, seen, Incarnation(by, 1), lines, is_full=True, backends=counted)
    return PoolView(WALL, {A: view}, {B: "no answer in time"} if gone else {})


C = Counters


@pytest.mark.parametrize(
    ("before", "after", "line"),
    [
        (look(0, C(5, 90)), look(1, C(5, 300)), "not failing: none of 210 requests failed"),
        (look(0, C(5, 90)), look(1, C(5, 90)), "NO REQUESTS"),
        (
            look(0, C(1, 50), C(5, 50)),
            look(1, C(1, 60), C(9, 60)),
            "FAILING NOW: 4 of 20 requests failed",
        ),
        # A reload in between counts from zero.
        (look(0, C(9, 900)), look(1, C(0, 7), by="2"), "not failing: none of 7 requests failed"),
    ],
)
def test_what_users_met(before: PoolView, after: PoolView, line: str) -> None:
    """In the time between the two."""
    told = users_line(users_value(users_now(before, after)))
    assert told.startswith(f"{line} in the last 1s") or told == f"{line} in the last 1s"


def test_the_server_that_fails_is_named() -> None:
    told = users_now(look(0, C(1, 50), C(5, 50)), look(1, C(1, 60), C(9, 60)))
    assert users_line(users_value(told)).endswith(", most at web2")


@pytest.mark.parametrize(
    ("views", "why"),
    [
        ((None, None), "no load balancer was asked"),
        ((look(0, C(), gone=True), look(1, C())), f"{B} cannot be asked: no answer in time"),
        ((look(0), look(1)), "no load balancer counts requests here"),
        ((look(0, None), look(1, None)), f"requests are not counted at {A}"),
    ],
)
def test_what_is_not_known_is_called_that(views: tuple[Any, Any], why: str) -> None:
    assert users_line(users_value(users_now(*views))) == f"NOT KNOWN now: {why}"
