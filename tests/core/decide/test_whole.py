"""The pool as a whole, prepared before the first member and put back at the end, case by case."""

from dataclasses import replace
from typing import Any

from controller.core.decide.context import Context
from controller.core.decide.drain import due
from controller.core.decide.finish import finish
from controller.core.events import Cause, Finished
from controller.core.outcome import ExitCode, Outcome
from controller.core.phases import Phase
from controller.core.state.parts import PoolState
from controller.core.steps import ClosePool, OpenPool, SetMember, Setting
from tests.support.contexts import (
    ABORTED,
    FOUND,
    SEATS,
    STOPPED,
    a_context,
    a_plan,
    ago,
    standing,
    the,
)
from tests.support.tables import Expected, Like, halt, table

PLAN = a_plan(opens=True)
KEPT = {"paused": "false"}
OPEN = PoolState(kept=KEPT)
CLOSE = ClosePool(KEPT)


def first(**whole: Any) -> Context:
    """The first member is due; the pool stands so."""
    return a_context(standing(Phase.DUE, since=ago(1)), plan=PLAN, whole=PoolState(**whole))


@table(
    "ctx output",
    {
        "not opened": (first(), OpenPool()),
        "being opened": (first(work=OpenPool()), None),
        "it failed just now": (first(tries=1, tried_at=ago(0.1)), None),
        "it failed a moment ago": (first(tries=1, tried_at=ago(0.2)), OpenPool()),
        "it failed five times": (
            first(tries=5, tried_at=ago(1), why="no permission"),
            halt(Cause.BALANCER, "no permission", member=None),
        ),
        "open": (first(kept=KEPT), SetMember("web1", Setting.DRAIN, FOUND, seats=SEATS)),
    },
)
def test_opened(ctx: Context, output: Expected) -> None:
    """No member is taken out before the pool is prepared."""
    assert due(ctx, the(ctx)) == output


def at_the_end(whole: PoolState = OPEN, **more: Any) -> Context:
    members = [standing(Phase.DONE, f"web{n}") for n in (1, 2, 3)]
    return a_context(*members, plan=PLAN, whole=whole, **more)


TRIED = replace(OPEN, tries=5, tried_at=ago(1), why="no permission")


@table(
    "ctx output",
    {
        "open": (at_the_end(), CLOSE),
        "being closed": (at_the_end(replace(OPEN, work=CLOSE)), None),
        "it failed just now": (at_the_end(replace(OPEN, tries=1, tried_at=ago(0.1))), None),
        "it failed five times": (
            at_the_end(TRIED),
            halt(Cause.BALANCER, "no permission", member=None),
        ),
        "closed": (
            at_the_end(PoolState(is_closed=True)),
            Finished(Outcome.DONE, ExitCode.DONE),
        ),
        "stopped: it will go on": (
            at_the_end(**STOPPED),
            Finished(Outcome.STOPPED, ExitCode.STOPPED, "SIGTERM"),
        ),
        "aborted": (at_the_end(**ABORTED), CLOSE),
        "aborted, before the first look": (at_the_end(unasked=("lb2",), **ABORTED), None),
        "aborted, it failed five times": (
            at_the_end(TRIED, **ABORTED),
            Like(Finished, "no permission", {"outcome": Outcome.ABORTED}),
        ),
        "aborted, a balancer does not answer": (
            at_the_end(silent={"lb2": ago(1)}, **ABORTED),
            Like(Finished, "by me; ", {"outcome": Outcome.ABORTED}),
        ),
    },
)
def test_closed(ctx: Context, output: Expected) -> None:
    """Put back when the rollout is over for good; what cannot be put back is said."""
    assert finish(ctx) == output
