"""S7: where a step may still run and cannot be joined, the operator is asked first."""

from datetime import UTC, datetime
from typing import Any, cast

import pytest

from controller.core.phases import Phase
from controller.core.plan.plan import Purpose
from controller.errors import Refused
from controller.journal.unfinished import Unfinished
from controller.lifecycle.resume import refuse_to_double
from controller.records import Request, Verb
from controller.report.run.next_commands import NextCommands
from tests.support.contexts import a_context, a_plan, standing

WALL = datetime(2026, 11, 26, tzinfo=UTC)
COMMANDS = NextCommands("web", Purpose.UPGRADE, "/srv/web.yaml")
CUT = standing(Phase.UPGRADING, may_run="what ssh started elsewhere may still run there", lost=True)


def former(**changes: Any) -> Unfinished:
    plan = a_plan()
    members = (CUT, standing(Phase.WAITING, "web2"))
    return Unfinished(cast(Any, None), plan, a_context(*members, plan=plan, **changes).state)


def asked(verb: Verb) -> Request:
    return Request(7, "web-1", verb, "looked", "ann", WALL)


def test_refused_until_it_is_decided() -> None:
    """By name, with what may run, and with the command that goes on; a pause decides nothing."""
    for pending in ((), (asked(Verb.PAUSE),)):
        with pytest.raises(Refused) as caught:
            refuse_to_double(COMMANDS, former(), pending)
        assert caught.value.reasons == (
            "web1: what ssh started elsewhere may still run there",
            f"look there first; once nothing of it runs: {COMMANDS.resume}",
        )


def test_not_refused_once_it_is_decided() -> None:
    """By `resume` and `abort`; and where nothing may run."""
    for verb in (Verb.RESUME, Verb.ABORT, Verb.ABORT_RESTORE):
        refuse_to_double(COMMANDS, former(), (asked(verb),))
    plan = a_plan()
    state = a_context(standing(Phase.WAITING), plan=plan).state
    refuse_to_double(COMMANDS, Unfinished(cast(Any, None), plan, state), ())
