"""A rollout that was killed as it began: whether the next run goes on with it."""

from dataclasses import replace
from typing import Any, cast

from controller.core.plan.plan import Purpose
from controller.core.state.state import State, initial
from controller.journal.unfinished import Unfinished
from controller.lifecycle.options import RunOptions
from controller.lifecycle.resume import goes_on
from controller.report.run.next_commands import NextCommands
from tests.support.contexts import a_plan
from tests.support.tables import table

COMMANDS = NextCommands("web", Purpose.UPGRADE, "/srv/web.yaml")
PLAN = a_plan()
PLANNED = initial(PLAN)


@table(
    "state is_resumed",
    {
        "its plan alone is in the journal": (PLANNED, False),
        "its file, too": (replace(PLANNED, fingerprint="abc"), True),
    },
)
def test_one_that_has_touched_nothing_is_planned_anew(state: State, is_resumed: bool) -> None:
    """What comes after the plan says what was found, so that it cannot be gone on with."""
    former = Unfinished(cast(Any, None), PLAN, state)
    assert goes_on(COMMANDS, former, RunOptions()) is is_resumed
