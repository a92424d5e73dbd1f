"""`status --brief` and `--check`."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from controller.core.events import Finished
from controller.core.outcome import Outcome
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.records import Holder
from controller.report.status.brief import brief_line, checked
from controller.report.status.value import Known, status_value
from tests.report import journals
from tests.report.states import OUT, UP, WALL, halted, member, plan, state
from tests.report.status.test_status import known, seen, stopped_at_a_halt

MONDAY = "Mon 2026-11-30 10:00 CET"
LATER = WALL + timedelta(hours=1)
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


def waits(*members: MemberState, opens: datetime | None = LATER, **changes: Any) -> Known:
    """Paused by the end of its window."""
    end = Finished(
        Outcome.PAUSED, 7, "it closes at four", until=changes.pop("until", MONDAY), opens=opens
    )
    return known(state(plan(), *members, finished=end), wall=WALL, **changes)


@pytest.mark.parametrize(
    ("one", "code", "says"),
    [
        (waits(), 0, f", until {MONDAY}: window, "),
        (waits(opens=WALL), 1, f", its window has opened on {MONDAY}, and no process runs it, "),
        (waits(holder=HOLDER), 0, "web: RUNNING, "),
        (waits(until="", opens=None), 1, "web: PAUSED, upgrade to 2.4.1, last heard of 2"),
        (waits(opens=None), 1, f", until {MONDAY}: window, "),  # of a former version
        (waits(member("web1", "failed")), 1, "out: web1"),
        (waits(row=DONE), 0, "web: DONE, "),
    ],
)
def test_waiting_for_its_window(one: Known, code: int, says: str) -> None:
    """As planned is fine; nobody at work once it has opened, or no further window, is not."""
    got, (_, line) = checked([value(one)])
    assert (got, says in line) == (code, True), line


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
