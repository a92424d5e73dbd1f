"""Load balancers that fall silent, are reloaded, or lose a member: what follows, case by case."""

from typing import Any

from controller.core.decide.balancers import watch_balancers
from controller.core.decide.context import Context
from controller.core.events import Cause, InstanceRestarted
from controller.core.phases import Phase
from controller.core.pool import Incarnation
from tests.support.contexts import (
    HALTED,
    RELOADED,
    ROLLING_BACK,
    STOPPED,
    WORKER,
    WORKERS,
    a_context,
    a_plan,
    ago,
    standing,
)
from tests.support.tables import Expected, halt, table

SILENT: dict[str, Any] = {"silent": {"lb2": ago(30)}}
GONE: dict[str, Any] = {"gone": {"lb2": "web1"}}
REPLACED: dict[str, Any] = {"workers": {"lb2": RELOADED}, "known": WORKERS}
RESTARTED = InstanceRestarted("lb2", WORKER, RELOADED)


@table(
    "ctx output",
    {
        "all answer": (a_context(standing(Phase.OUT)), None),
        "another worker": (a_context(**REPLACED), RESTARTED),
        "another worker, after a halt": (a_context(**REPLACED, **HALTED), RESTARTED),
        "another worker comes before a silent one": (
            a_context(silent={"lb1": ago(99)}, **REPLACED),
            RESTARTED,
        ),
        "the same worker by a rounded uptime": (
            a_context(workers={"lb2": Incarnation(WORKER.id, WORKER.started + 2)}, known=WORKERS),
            None,
        ),
        "a worker not known before": (a_context(workers={"lb2": RELOADED}, known={}), None),
        "never asked": (a_context(unasked=("lb2",), known=WORKERS), None),
        "silent for a while": (a_context(silent={"lb2": ago(29.9)}), None),
        "silent for too long": (
            a_context(**SILENT),
            halt(Cause.BALANCER, "lb2 has not answered for 30s: connection", member=None),
        ),
        "silent for too long, on the way back": (
            a_context(**SILENT, **ROLLING_BACK),
            halt(Cause.BALANCER, "lb2", member=None),
        ),
        "silent for too long, while stopping": (
            a_context(**SILENT, **STOPPED),
            halt(Cause.BALANCER, "lb2", member=None),
        ),
        "silent for too long, after a halt": (a_context(**SILENT, **HALTED), None),
        "a member in progress is gone": (
            a_context(standing(Phase.UPGRADING), **GONE),
            halt(Cause.BALANCER, "lb2 no longer has web1"),
        ),
        "a member in progress is gone, after a halt": (
            a_context(standing(Phase.UPGRADING), **GONE, **HALTED),
            None,
        ),
        "a member whose place may be given up": (
            a_context(standing(Phase.UPGRADING), plan=a_plan(retires=True), **GONE),
            None,
        ),
        "a member whose place may be given up, later": (
            a_context(standing(Phase.SOAKING), plan=a_plan(retires=True), **GONE),
            halt(Cause.BALANCER, "lb2 no longer has web1"),
        ),
        "a member that may leave": (
            a_context(standing(Phase.SOAKING), plan=a_plan(joins=True), **GONE),
            None,
        ),
        "a member that may leave, in its steps": (
            a_context(standing(Phase.UPGRADING), plan=a_plan(joins=True), **GONE),
            None,
        ),
        "what is taken out again may not": (
            a_context(standing(Phase.REMOVING), plan=a_plan(joins=True), **GONE),
            halt(Cause.BALANCER, "lb2 no longer has web1"),
        ),
        "a member that waits is gone": (a_context(standing(Phase.WAITING), **GONE), None),
        "a member may be gone, nobody has looked": (
            a_context(standing(Phase.UPGRADING), unasked=("lb2",), **GONE),
            None,
        ),
    },
)
def test_watch_balancers(ctx: Context, output: Expected) -> None:
    """A reload is noted, silence and a lost member halt; after a halt, nothing more is halted."""
    assert watch_balancers(ctx) == output
