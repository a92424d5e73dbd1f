"""Whether users still reach the pool once a member was taken out, case by case."""

from dataclasses import replace
from typing import Any

from controller.core.decide.context import Context
from controller.core.decide.traffic import is_borne_out, is_measured, watch_traffic
from controller.core.events import Cause
from controller.core.gates.flow import Flow
from controller.core.phases import Phase
from controller.core.pool import Counters
from controller.core.state.ours import Ours
from controller.core.state.parts import MemberState
from tests.support.contexts import HALTED, WORKER, a_context, a_plan, ago, seconds, standing, the
from tests.support.tables import Expected, halt, table

SINCE = 10.0
"""Seconds ago it was taken out."""


def flow(
    before: float = 100,
    after: float = 100,
    *,
    since: float = SINCE,
    until: float = 0,
    rate: int | None = None,
    fails: float = 0,
    watched: float = 5,
) -> Flow:
    """So many requests a second before and after, read ten times a second; `fails`: how many of
    those after fail."""
    begin, count = since + watched, round((since + watched - until) * 10)
    total = errors = 0.0
    one = Flow(WORKER, ((ago(begin), Counters()),), rate)
    for number in range(1, count + 1):
        then = begin - number / 10
        now = after if then < since - 0.001 else before
        total, errors = total + now / 10, errors + (fails / 10 if then < since - 0.001 else 0)
        counters = Counters(round(errors), round(total))
        one = one.noted(ago(then), counters, rate, ago(begin + 1))
    return one


def taken_out(phase: Phase = Phase.OUT, since: float = SINCE) -> MemberState:
    return standing(phase, drain_since=ago(since))


def seen(web: Flow | None, front: Flow | None = None, **more: Any) -> Context:
    """One backend, and one frontend, of lb1."""
    m = more.pop("m", taken_out())
    flows = {("lb1", "web"): web} if web is not None else {}
    fronts = {("lb1", "front"): front} if front is not None else {}
    return a_context(m, *more.pop("beside", ()), flows=flows, fronts=fronts, **more)


def turned(words: str) -> Any:
    return halt(Cause.TRAFFIC, words)


LATELY: Any = {"since": 2.0}
JUST_NOW: Any = {"since": 0.5}


@table(
    "ctx output",
    {
        "all is as it was": (seen(flow(), flow()), None),
        "nothing is watched": (seen(None), None),
        "passed by": (
            seen(flow(after=0, **LATELY), flow(**LATELY), m=taken_out(since=2)),
            turned("web1 was taken out, 0 requests in 1s reach web at lb1, and 300 requests in 3s"),
        ),
        "passed by for a moment": (
            seen(flow(after=0, **JUST_NOW), flow(**JUST_NOW), m=taken_out(since=0.5)),
            None,
        ),
        "passed by, the frontend seen too long ago": (
            seen(flow(after=0, **LATELY), flow(until=1.8, **LATELY), m=taken_out(since=2)),
            None,
        ),
        "all pause, and the frontend was seen just before that": (
            seen(flow(after=0, since=1), flow(since=1, until=0.9), m=taken_out(since=2)),
            None,
        ),
        "passed by, the frontend seen a moment ago": (
            seen(flow(after=0, **LATELY), flow(until=0.9, **LATELY), m=taken_out(since=2)),
            turned("users still come to the load balancer"),
        ),
        "passed by, and it drains": (
            seen(flow(after=0, **LATELY), flow(**LATELY), m=taken_out(Phase.DRAINING, since=2)),
            turned("users still come to the load balancer"),
        ),
        "gone": (seen(flow(after=0), flow(after=0)), turned("0 requests in 5s reach web at lb1")),
        "gone, and no frontend is known": (seen(flow(after=0)), turned("0 requests in 5s")),
        "gone for two seconds": (
            seen(flow(after=0, **LATELY), flow(after=0, **LATELY), m=taken_out(since=2)),
            None,
        ),
        "was quiet before": (seen(flow(before=1, after=0), flow()), None),
        "a part fails": (
            seen(flow(after=50), flow(fails=45)),
            turned("lb1 fails 450 of 500 requests that do not reach web, and 0 of 0 before"),
        ),
        "a part goes elsewhere": (seen(flow(after=50), flow()), None),
        "it was taken out long ago": (seen(flow(after=0), flow(), m=taken_out(since=31)), None),
        "it is on its way back": (
            seen(flow(after=0), flow(), m=taken_out(Phase.RETURNING)),
            None,
        ),
        "it is back": (seen(flow(after=0), flow(), m=taken_out(Phase.SOAKING)), None),
        "it was out before": (seen(flow(after=0), flow(), m=standing(Phase.OUT)), None),
        "halted already": (seen(flow(after=0), flow(), **HALTED), None),
        "the operator knows": (seen(flow(after=0), flow(), bears_quiet=True), None),
        "cannot be held out": (
            seen(flow(after=0), flow(), plan=a_plan(holds_out=False)),
            None,
        ),
    },
)
def test_watch_traffic(ctx: Context, output: Expected) -> None:
    """Users who no longer reach the pool halt the rollout; little or uneven traffic proves
    nothing."""
    assert watch_traffic(ctx) == output


DUE = standing(Phase.DUE, since=ago(0.1))


def measured(watched: float, rate: int | None = None, before: int = 100, **more: Any) -> Context:
    return seen(flow(before, since=0.0, watched=watched, rate=rate), m=DUE, **more)


@table(
    "ctx known",
    {
        "for a moment": (measured(0.4, rate=500, before=500), False),
        "enough came": (measured(0.5, rate=500, before=500), True),
        "not enough yet": (measured(2.9, rate=15, before=15), False),
        "for three seconds": (measured(3, rate=15, before=15), True),
        "a quiet pool": (measured(0.1, rate=9), True),
        "its rate is not known": (measured(0.1), True),
        "nothing seen yet": (seen(None, m=DUE), True),
        "the operator knows": (
            measured(0.1, rate=50, bears_quiet=True),
            True,
        ),
        "another one is done": (
            seen(
                flow(since=0.0, watched=0.1, rate=50), m=DUE, beside=(standing(Phase.DONE, "web2"),)
            ),
            True,
        ),
        "another one is out": (
            measured(
                0.1, rate=50, beside=(standing(Phase.OUT, "web2"), standing(Phase.DONE, "web3"))
            ),
            False,
        ),
    },
)
def test_measured(ctx: Context, known: bool) -> None:
    """A busy pool is watched before the first member leaves it."""
    assert is_measured(ctx, the(ctx)) is known


def borne(after: float, since: float, front: Flow | None = None, **more: Any) -> Context:
    return seen(flow(after=after, since=since), front, m=taken_out(since=since), **more)


@table(
    "ctx is_so",
    {
        "they come": (borne(100, 0.5), True),
        "they come, and the frontend was seen too": (borne(100, 0.6, flow(since=0.6)), True),
        "they come, and the frontend was not seen": (
            borne(100, 0.6, flow(since=0.6, until=0.3)),
            False,
        ),
        "none came yet": (borne(0, 0.5), False),
        "few came yet": (borne(20, 4), False),
        "few came, which is for others to judge": (borne(20, 5), True),
        "a quiet pool": (seen(flow(before=1, after=0, **JUST_NOW), m=taken_out(since=0.5)), True),
        "it was out before": (seen(flow(after=0), m=standing(Phase.OUT)), True),
        "the operator knows": (borne(0, 0.5, bears_quiet=True), True),
        "another one is done": (borne(0, 0.5, beside=(standing(Phase.DONE, "web2"),)), True),
    },
)
def test_borne_out(ctx: Context, is_so: bool) -> None:
    """The first upgrade waits until users are seen to reach the pool without the member."""
    assert is_borne_out(ctx, the(ctx)) is is_so


def test_flows_are_of_the_time_that_they_say() -> None:
    """The samples of these tests."""
    one = flow(before=100, after=10)
    assert one.between(ago(SINCE + 3), ago(SINCE)).total == 300
    assert one.between(ago(SINCE), ago(SINCE) + seconds(5)).total == 50


def beside_a_trial(lb1: int, lb2: int) -> Context:
    """Fewer users come to lb2 since web1 was taken out; forty of ours go to web2 meanwhile."""
    trial = standing(Phase.SOAKING, "web2", own=Counters(0, 40), seen_at={"lb1": lb1, "lb2": lb2})
    ours = Ours(40, 0, ((ago(1), 40),))
    flows = {("lb2", "web"): flow(before=20, after=8)}
    return a_context(taken_out(), trial, flows=flows, ours=ours)


@table(
    "ctx output",
    {
        "elsewhere": (beside_a_trial(40, 0), None),
        "there": (beside_a_trial(0, 40), turned("0 requests in 5s reach web at lb2, and 60")),
        "nobody knows": (beside_a_trial(0, 0), turned("0 requests in 5s reach web at lb2, and 60")),
    },
)
def test_requests_of_our_own(ctx: Context, output: Expected) -> None:
    """They are no traffic where they went through. Elsewhere all that is counted are users."""
    assert watch_traffic(ctx) == output


def test_what_passes_by_without_our_own() -> None:
    """The frontends of one load balancer together, and their backends."""
    ctx = beside_a_trial(40, 0)
    fronts = {("lb2", "front"): flow(before=20, after=8)}
    assert watch_traffic(Context(ctx.plan, replace(ctx.state, fronts=fronts), ctx.now)) is None
