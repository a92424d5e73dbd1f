"""How long a command that only shows a pool waits for it."""

from datetime import timedelta

from controller.lifecycle import patience
from tests.support.tables import table


@table(
    "lost_after within",
    {
        "as HAProxy has it": (30, 2),
        "as a cluster has it, which is logged in to first": (120, 8),
        "a run that waits for little": (5, 2),
        "a run that waits for long": (3600, 10),
    },
)
def test_a_share_of_what_a_run_waits(lost_after: int, within: int) -> None:
    assert patience(timedelta(seconds=lost_after)) == timedelta(seconds=within)
