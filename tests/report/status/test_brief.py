"""`status --brief` and `--check`."""

import pytest

from controller.core.events import Finished
from controller.core.outcome import Outcome
from controller.core.state.state import State
from controller.records import Holder
from controller.report.status.brief import brief_line, checked
from controller.report.status.value import Known, status_value
from tests.report import journals
from tests.report.states import OUT, UP, WALL, halted, member, plan, state
from tests.report.status.test_status import known, seen, stopped_at_a_halt

HOLDER = Holder("web", 7, "host", "kim@ops", WALL)
DONE = journals.row(outcome="done")
ABORTED = journals.row(outcome="aborted")


def value(one: Known) -> dict[str, object]:
    return status_value(one, "/srv/state")


def stuck() -> State:
    end = Finished(Outcome.HALTED, 5, "web1: step 1 failed")
    return halted(plan(), member("web1", "stuck"), finished=end)


def aborted(deed: str = "failed") -> State:
    return state(plan(), member("web1", deed), finished=Finished(Outcome.ABORTED, 7, "by kim@ops"))


def test_a_line_says_what_matters() -> None:
    """Which pool, how it stands, since when, how far, who is out, who serves, and why."""
    shown = seen(web1=OUT, web2=UP, web3=UP)
    assert brief_line(value(known(stopped_at_a_halt(), shown))) == (
        "web: HALTED, upgrade to 2.4.1, last heard of 2024-03-05 03:12:00 UTC, 0 of 3 members "
        "done, out: web1, 2 members serve, the floor is 2: web1: step 1 failed"
    )
    running = brief_line(value(known(state(plan()), holder=HOLDER)))
    assert running.startswith("web: RUNNING, upgrade to 2.4.1, started 2")


@pytest.mark.parametrize(
    ("one", "code"),
    [
        (known(state(plan()), holder=HOLDER), 0),
        (known(state(plan()), row=DONE), 0),
        (known(stopped_at_a_halt()), 1),
        (known(state(plan())), 1),  # cut off
        (known(state(plan(), paused=True), holder=HOLDER), 1),
        (known(stuck()), 2),
        # Back before users, though it failed.
        (known(stopped_at_a_halt(), seen(web1=UP, web2=UP)), 2),
        (known(stuck(), row=journals.row(outcome="abandoned")), 0),
        # Ended by an operator, and still out; and back before users.
        (known(aborted(), seen(web1=OUT, web2=UP), row=ABORTED), 1),
        (known(aborted(), row=ABORTED), 1),
        (known(aborted(), seen(web1=UP, web2=UP), row=ABORTED), 2),
        (known(aborted("done"), seen(web1=UP, web2=UP), row=ABORTED), 0),
    ],
)
def test_check(one: Known, code: int) -> None:
    """The exit codes of a plugin; the worst pool stands first, and the first line has it all."""
    fine = value(known(state(plan()), row=DONE))
    got, lines = checked([fine, value(one)])
    assert got == code
    word = ("OK", "WARNING", "CRITICAL")[code]
    assert lines[0] == f"POOLROLL {word} - {'web of ' if code else ''}2 pools"
    assert lines[1].startswith(f"{word}: web: ")


def test_no_pool_is_fine() -> None:
    assert checked([]) == (0, ["POOLROLL OK - 0 pools"])
