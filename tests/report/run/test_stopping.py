"""Why a member whose turn had come was not begun."""

from datetime import timedelta
from typing import Any

from controller.core.events import WindowSeen
from controller.core.state.state import Mode
from controller.report.run.stopping import why_not_begun
from tests.report.states import FOUND, NOW, member, plan, state
from tests.support.tables import table

TURN = timedelta(minutes=1)
OPEN: dict[str, Any] = {"window": WindowSeen(None, TURN)}
ENDS: dict[str, Any] = {"window": WindowSeen(NOW, TURN)}
OUT_BEFORE = member("web2", found=FOUND)


@table(
    "members changes why",
    {
        "stopped": ((), {"mode": Mode.STOPPING, **ENDS}, "the rollout stops"),
        "its window ends": ((), ENDS, "its window ends before it would be done"),
        "another one is out, and waits": ((OUT_BEFORE,), ENDS, "another one goes first"),
        "a window without an end": ((), OPEN, "another one goes first"),
        "no windows": ((), {}, "another one goes first"),
    },
)
def test_why_not_begun(members: tuple[Any, ...], changes: dict[str, Any], why: str) -> None:
    made = plan()
    assert why_not_begun("web1", state(made, *members, **changes)) == why
