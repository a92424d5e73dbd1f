"""How long something lasts, where nobody can see it for a while."""

from typing import Any

from controller.core.decide.advance import proceed
from controller.core.phases import Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Instant
from tests.support.contexts import (
    FAILING,
    a_context,
    a_plan,
    ago,
    seconds,
    standing,
    the,
)
from tests.support.tables import table

Span = tuple[Instant, Instant]


@table(
    "unseen unseen_since lasted",
    {
        "all was seen": ((), None, 60),
        "an outage before": (((ago(90), ago(70)),), None, 60),
        "an outage that began before": (((ago(90), ago(50)),), None, 50),
        "two outages": (((ago(50), ago(40)), (ago(30), ago(25))), None, 45),
        "an outage that lasts": (((ago(50), ago(40)),), ago(20), 30),
        "an outage that has lasted for longer": ((), ago(90), 0),
    },
)
def test_seen_for(unseen: tuple[Span, ...], unseen_since: Instant | None, lasted: float) -> None:
    """Time in which some load balancer did not answer does not count."""
    ctx = a_context(unseen=unseen, unseen_since=unseen_since)
    assert ctx.seen_for(ago(60)) == seconds(lasted)


LONG_OUTAGE = ((ago(58), ago(2)),)
"""Over which every deadline below has passed, by the clock."""
RAMPED = a_plan(ramp=(10, 50), hold=seconds(10))


@table(
    "phase changes plan shows",
    {
        "the drain of a cookie": (
            Phase.DRAINING,
            {"set_at": ago(60)},
            a_plan(sticky={"web": "cookie"}),
            {},
        ),
        "the drain": (
            Phase.DRAINING,
            {"set_at": ago(60)},
            a_plan(timeout=seconds(30)),
            {"in_flight": 2},
        ),
        "the check": (Phase.CHECKING, {"since": ago(60)}, a_plan(within=seconds(30)), FAILING),
        "the wait for an address": (
            Phase.OUT,
            {"since": ago(60)},
            a_plan(within=seconds(30)),
            {"occupant": None},
        ),
        "the return": (Phase.RETURNING, {"since": ago(60)}, a_plan(within=seconds(30)), FAILING),
        "the soak": (
            Phase.SOAKING,
            {"since": ago(60), "warmed_at": ago(60)},
            a_plan(soak=seconds(30)),
            {},
        ),
        "a step of the ramp": (
            Phase.RAMPING,
            {"since": ago(60), "set_at": ago(60)},
            RAMPED,
            {},
        ),
    },
)
def test_no_deadline_runs_while_nobody_sees(
    phase: Phase, changes: dict[str, Any], plan: Plan, shows: dict[str, Any]
) -> None:
    """What was over by the clock alone has its time still, once all answer again."""
    m = standing(phase, **changes)
    seen = a_context(m, plan=plan, shows=shows, seen_since=ago(60))
    assert proceed(seen, the(seen)) is not None
    unseen = a_context(m, plan=plan, shows=shows, seen_since=ago(60), unseen=LONG_OUTAGE)
    assert proceed(unseen, the(unseen)) is None
