"""The pool as a whole, prepared before the first member and put back at the end, case by case."""

from dataclasses import replace
from typing import Any

from controller.core.decide.context import Context
from controller.core.decide.decide import decide
from controller.core.decide.drain import due
from controller.core.decide.finish import finish
from controller.core.decide.whole import PREPARED, watch_whole
from controller.core.events import Cause, Finished, Halted, MemberFoundOut, StopRequested
from controller.core.outcome import ExitCode, Outcome
from controller.core.phases import Phase
from controller.core.plan.plan import Purpose
from controller.core.pool import Admin
from controller.core.state.parts import MemberState
from controller.core.state.pool_state import PoolState
from controller.core.state.state import Mode
from controller.core.steps import ClosePool, Course, OpenPool, SetMember, Setting
from tests.support.contexts import (
    ABORTED,
    FOUND,
    ROLLING_BACK,
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
BEGUN = PoolState(is_begun=True, tries=5, tried_at=ago(1), why="no permission")


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
        "not seen since it is open": (first(kept=KEPT, opened_at=ago(0)), None),
    },
)
def test_opened(ctx: Context, output: Expected) -> None:
    """No member is taken out before the pool is prepared."""
    assert due(ctx, the(ctx)) == output


OURS = standing(Phase.DUE, since=ago(1), found=FOUND)
OUT = {"admin": Admin.OUT}


@table(
    "ctx output",
    {
        "not opened": (a_context(OURS, plan=PLAN, shows=OUT), OpenPool()),
        "open": (a_context(OURS, plan=PLAN, shows=OUT, whole=OPEN), MemberFoundOut("web1")),
    },
)
def test_opened_for_a_member_that_is_out_already(ctx: Context, output: Expected) -> None:
    """An earlier rollout took it out: this one prepares the pool for itself all the same."""
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
        "a balancer does not answer": (at_the_end(silent={"lb2": ago(1)}), None),
        "closed": (
            at_the_end(PoolState(is_closed=True)),
            Finished(Outcome.DONE, ExitCode.DONE),
        ),
        "begun, and not known to be open": (at_the_end(BEGUN), ClosePool({})),
        "begun, and aborted": (at_the_end(BEGUN, **ABORTED), ClosePool({})),
        "begun, and aborted before the first look": (
            at_the_end(BEGUN, unasked=("lb2",), **ABORTED),
            None,
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


@table(
    "purpose course",
    {
        "to the new version": (Purpose.UPGRADE, Course.UPGRADE),
        "to the former one": (Purpose.ROLLBACK, Course.ROLLBACK),
        "nowhere": (Purpose.REHEARSAL, None),
    },
)
def test_opened_for_what_will_be_done(purpose: Purpose, course: Course | None) -> None:
    """The pool is prepared for the way that its members will go."""
    ctx = replace(first(), plan=replace(PLAN, purpose=purpose))
    assert due(ctx, the(ctx)) == OpenPool(course)


def left_prepared(ctx: Context) -> Context:
    """As a rollout before this one left the pool."""
    snapshots = {k: replace(v, held="the partition is 7") for k, v in ctx.state.snapshots.items()}
    return replace(ctx, state=replace(ctx.state, snapshots=snapshots))


NOT_OURS = PoolState()
FAILED = PoolState(kept={}, tries=5, tried_at=ago(1), why="no permission")


@table(
    "ctx output",
    {
        "at the end": (at_the_end(NOT_OURS), ClosePool({})),
        "it failed five times": (
            at_the_end(FAILED),
            halt(Cause.BALANCER, "no permission", member=None),
        ),
        "it was put back a moment ago": (
            at_the_end(PoolState(is_closed=True)),
            Finished(Outcome.DONE, ExitCode.DONE),
        ),
        "aborted": (at_the_end(NOT_OURS, **ABORTED), ClosePool({})),
    },
)
def test_closed_for_another_rollout(ctx: Context, output: Expected) -> None:
    """Whatever replaces a rollout that had halted also ends what that one had prepared."""
    assert finish(left_prepared(ctx)) == output


def back(*others: MemberState, **more: Any) -> Context:
    """After a halt the first member is back at the former version, the rest as given."""
    first = standing(Phase.DONE, course=Course.ROLLBACK)
    values: dict[str, Any] = {"whole": OPEN, "rolling": ("web1",), **ROLLING_BACK}
    return a_context(first, *others, plan=PLAN, **values | more)


HALTED_SO = Like(Finished, "", {"outcome": Outcome.HALTED})


@table(
    "ctx output",
    {
        "the others were not touched": (back(), CLOSE),
        "another one keeps the new version": (back(standing(Phase.DONE, "web2")), HALTED_SO),
        "being put back": (back(whole=replace(OPEN, work=CLOSE)), None),
        "it was": (back(whole=PoolState(is_closed=True)), HALTED_SO),
        "it could not be": (back(whole=TRIED), HALTED_SO),
        "a balancer does not answer": (back(silent={"lb2": ago(1)}), None),
        "it has not answered for too long": (back(silent={"lb2": ago(31)}), HALTED_SO),
        "it does not answer, and poolroll is told to stop": (
            back(silent={"lb2": ago(1)}, stop=StopRequested("SIGTERM")),
            HALTED_SO,
        ),
    },
)
def test_closed_once_all_are_back(ctx: Context, output: Expected) -> None:
    """Nothing is left to hold then. Where some have the new version, the hold stays."""
    assert finish(ctx) == output


def disturbed(**more: Any) -> Context:
    """Somebody else has changed what was prepared, as one balancer shows."""
    values: dict[str, Any] = {"plan": PLAN, "whole": OPEN}
    ctx = a_context(**values | more)
    snapshots = dict(ctx.state.snapshots)
    snapshots["lb2"] = replace(snapshots["lb2"], rival="the partition is 0, set by argocd")
    return replace(ctx, state=replace(ctx.state, snapshots=snapshots))


RIVAL = Halted(Cause.FOREIGN, "lb2: the partition is 0, set by argocd", PREPARED)


@table(
    "ctx output",
    {
        "nobody did": (a_context(plan=PLAN, whole=OPEN), None),
        "somebody did": (disturbed(), RIVAL),
        "it is not open": (disturbed(whole=PoolState()), None),
        "after a halt": (disturbed(mode=Mode.HALTED, halt=RIVAL), None),
    },
)
def test_changed_by_somebody_else(ctx: Context, output: Expected) -> None:
    """What was prepared is ours as long as the pool is open: else the rollout halts."""
    assert watch_whole(ctx) == output
    if output is not None:
        assert decide(ctx.plan, ctx.state, ctx.now) == output


def halted_over_it(**more: Any) -> Context:
    values: dict[str, Any] = {
        "mode": Mode.HALTED,
        "halt": RIVAL,
        "halted_at": ago(9),
        "whole": OPEN,
    }
    return at_the_end(**values | more)


OVER = Finished(Outcome.HALTED, ExitCode.HALTED, RIVAL.seen)


@table(
    "ctx output",
    {
        "what is still ours is put back": (halted_over_it(), CLOSE),
        "being put back": (halted_over_it(whole=replace(OPEN, work=CLOSE)), None),
        "it was": (halted_over_it(whole=PoolState(is_closed=True)), OVER),
        "it could not be": (halted_over_it(whole=TRIED), OVER),
        "a balancer does not answer": (halted_over_it(silent={"lb2": ago(1)}), None),
        "it has not answered for too long": (halted_over_it(silent={"lb2": ago(31)}), OVER),
        "halted for another reason": (
            halted_over_it(halt=replace(RIVAL, limit="other")),
            OVER,
        ),
    },
)
def test_closed_after_a_rival(ctx: Context, output: Expected) -> None:
    """Whoever changed one part of it will not put the other parts back."""
    assert finish(ctx) == output
