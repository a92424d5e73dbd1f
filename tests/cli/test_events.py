"""`events` as text: a line each, and the output of a step that failed."""

from datetime import UTC, datetime, timedelta

from controller.cli.events import text_of
from controller.core.events import StepEnded
from controller.records import Record
from controller.report.run.replay import Replayed
from tests.support.contexts import a_context

WALL = datetime(2026, 11, 26, 12, 30, 1, 250000, tzinfo=UTC)
STATE = a_context().state


def text(event: StepEnded) -> str:
    record = Record(7, "web-1", WALL, timedelta(0), "StepEnded", "{}")
    return text_of(Replayed(record, event, STATE, STATE, "web1", "step 1 ended"))


def test_output_of_a_failed_step() -> None:
    """Below its line, made safe to print; nothing of one that passed."""
    line = "2026-11-26 12:30:01.250 UTC  web1      step 1 ended"
    output = "\x1b[31mE: no\x1b[0m\n\n 10%\r 20%\nbye\n\n"
    failed = StepEnded("web1", 0, 0, False, False, "", output, 1.0)
    shown = ["E: no", " 10%", " 20%", "bye"]
    assert text(failed).split("\n") == [line, *(f"    | {one}" for one in shown)]
    assert text(StepEnded("web1", 0, 0, False, False, "", "", 1.0)) == line
    assert text(StepEnded("web1", 0, 0, True, False, "", output, 1.0)) == line
