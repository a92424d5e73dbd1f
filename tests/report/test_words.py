"""Sentences from a journal, and text from elsewhere."""

import re
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from controller.core import events as e
from controller.core.outcome import Outcome
from controller.core.steps import AskOperator, Setting
from controller.legible import legible, legible_line
from controller.records import Record
from controller.report.run.replay import Replay, _said
from controller.report.run.sentences import sentence
from tests.report import journals
from tests.support.contexts import state_of


def sentences(records: list[Record]) -> list[str]:
    retelling = Replay()
    return [told.sentence for told in map(retelling.read, records) if told.sentence]


def test_a_journal_is_retold_in_sentences() -> None:
    """Who, what and why, from the plan to the end."""
    said = sentences(journals.halted().records)
    assert said[:2] == [
        "planned: 4 members of web, at most 1 out at a time, never fewer than 3 serving",
        "run started by kim@ops1; gate pool-errors overridden: known since Monday, ticket 812",
    ]
    assert said.index("takes no new traffic") < said.index("taken out of rotation")
    assert said[-1] == "halted (exit code 4): gate 'errors'"


def test_nothing_is_claimed_that_only_a_look_could_tell() -> None:
    """What was in flight is not journalled, so no sentence from a journal speaks of it."""
    scribe = journals.Scribe(journals.plan())
    scribe.begin()
    scribe.write(e.MemberCalled("web1"))
    for setting in (Setting.DRAIN, Setting.HOLD, Setting.CUT):
        scribe.told("web1", setting)
    said = sentences(scribe.records)
    assert "drain timeout reached: closing what is left (on_timeout)" in said
    assert not [each for each in said if re.search(r"(nothing|\d+ requests?) in flight", each)]


def test_an_answer_of_the_operator_is_told() -> None:
    """A `no` at `--step` is not lost in the story."""
    scribe = journals.Scribe(journals.plan())
    scribe.begin(stepwise=True)
    scribe.write(e.MemberCalled("web1"), e.Intended(AskOperator("web1")))
    scribe.write(e.OperatorAnswered("web1", go_on=False))
    assert sentences(scribe.records)[-1] == "the operator said no"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[1;31mFAILED\x1b[0m", "FAILED"),
        ("\x1b]0;title\x07prompt", "prompt"),
        ("\x1b]8;;http://x\x1b\\link\x1b]8;;\x1b\\", "link"),
        ("a\x00b\x7fc\x9bd", "a␀b␡c\ufffdd"),
        ("a\u202eb\u2066c", "a\ufffdb\ufffdc"),
        ("lone \ud800", "lone \ufffd"),
        ("\x1b", "␛"),
        ("ünïcode – stays ✓", "ünïcode – stays ✓"),
    ],
)
def test_control_sequences_are_gone_and_the_rest_is_visible(text: str, shown: str) -> None:
    """A known sequence vanishes; any other control character is shown as a sign."""
    assert legible(text) == shown
    assert legible_line(text) == shown


def test_a_block_keeps_its_lines_and_a_line_has_none() -> None:
    """A progress bar becomes lines; in one line, a line end is a sign."""
    assert legible("a\r\nb\rc\td") == "a\nb\nc\td"
    assert legible_line("a\nb") == "a␊b"


@given(st.text())
def test_a_legible_line_is_one_printable_line(text: str) -> None:
    """Whatever comes in, no terminal is moved by what comes out."""
    shown = legible_line(text)
    assert not [sign for sign in shown if sign < " " or "\x7f" <= sign < "\xa0"]


def test_ignored_windows_are_told() -> None:
    """With the operator's reason; and until when a run pauses."""
    before = state_of()
    run = e.RunBegan("kim@ops1", ignores_windows="a hole in TLS")
    assert _said(run, before, before) == (
        "",
        "run started by kim@ops1; windows ignored: a hole in TLS",
    )
    over = e.Finished(Outcome.PAUSED, 7, "it closes at four", until="Mon 10:00 CET")
    assert sentence(over, before, before) == (
        "",
        "paused until Mon 10:00 CET (exit code 7): it closes at four",
    )
    assert sentence(e.WindowSeen(None, timedelta(0)), before, before) is None
