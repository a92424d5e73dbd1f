"""What `history` says of a rollout, from its row and its records."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core.plan.plan import Purpose
from controller.journal.digest import Digest, RunDigest, digest_of
from controller.journal.instead import Instead
from controller.records import Record
from controller.report.status.history import history_lines, history_value, in_order
from tests.report import journals


def value(records: list[Record], *, is_held: bool = False) -> tuple[str, int | None]:
    told = history_value(journals.row(), digest_of(records), is_held=is_held)
    return told["outcome"], told["exit_code"]


def test_a_rollout_that_may_go_on_is_told_by_its_last_run() -> None:
    """Halted, cut off, in somebody's hand: never `done`, and a code only where there is one."""
    halted = journals.halted().records
    assert value(halted) == ("halted", 4)
    assert value(halted[:-1]) == ("cut off", None)
    assert value(halted[:-1], is_held=True) == ("running", None)
    assert value([]) == ("cut off", None)
    resumed = journals.resumed()
    assert value(resumed[: len(halted) + 3]) == ("cut off", None)
    assert value(resumed) == ("done", 0)


def test_an_ended_rollout_is_told_by_its_row() -> None:
    """Its records are not asked any more; without the first of them its kind is not known."""
    ended = journals.BEGAN + timedelta(minutes=5)
    row = replace(journals.row(), outcome="abandoned", exit_code=7, ended=ended)
    told = history_value(row, Digest(), is_held=False)
    assert told == {
        "id": "web-20240305-221403-ab12",
        "name": "web",
        "purpose": None,
        "values": {"version": "2.4.1"},
        "started": "2024-03-05T22:14:03+00:00",
        "by": "kim@ops1",
        "outcome": "abandoned",
        "exit_code": 7,
        "halt": None,
        "ended": "2024-03-05T22:19:03+00:00",
        "seconds": 300.0,
        "reason": "",
        "ticket": "",
        "outcomes": ["cut off", "abandoned"],
        "instead": None,
        "runs": [],
        "records": 0,
        "head": "",
        "pruned": None,
    }


@pytest.mark.parametrize("outcome", ["aborted", "abandoned", "done"])
def test_a_halt_stays_a_halt(outcome: str) -> None:
    """Whatever an operator did then, the table says that it had halted, and JSON over what."""
    row = replace(journals.row(), outcome=outcome, exit_code=7, ended=journals.BEGAN)
    told = history_value(row, digest_of(journals.halted().records), is_held=False)
    assert (told["outcome"], told["halt"]["cause"]) == (outcome, "gate")
    assert f"halted, then {outcome}" in history_lines([told])[1]


@pytest.mark.parametrize(
    ("purpose", "outcome", "words"),
    [
        ("rollback", "done", "halted, then rolled back"),
        ("rollback", "halted", "halted, then rollback begun"),
        ("rollback", None, "halted, then rollback begun"),
        ("upgrade", "done", "halted, then abandoned"),
        (None, None, "halted, then abandoned"),
    ],
)
def test_what_was_rolled_back_is_not_called_abandoned(
    purpose: str | None, outcome: str | None, words: str
) -> None:
    """By the purpose of the rollout that came in its place; JSON names that one."""
    row = replace(journals.row(), outcome="abandoned", exit_code=7, ended=journals.BEGAN)
    instead = Instead("web-2", purpose, outcome)
    digest = digest_of(journals.halted().records)
    told = history_value(row, digest, is_held=False, instead=instead)
    assert (told["outcome"], told["outcomes"]) == ("abandoned", ["halted", "abandoned"])
    assert told["instead"] == {"id": "web-2", "purpose": purpose, "outcome": outcome}
    assert f"  {words}  7  " in history_lines([told])[1]


def test_each_run_keeps_its_outcome() -> None:
    """A rollout that halted, was resumed and done has halted all the same; who decided, and why,
    is told by the run that heard it."""
    told = history_value(journals.row(), digest_of(journals.resumed()), is_held=False)
    assert told["outcomes"] == ["halted", "done"]
    assert [(run["outcome"], run["exit_code"]) for run in told["runs"]] == [
        ("halted", 4),
        ("done", 0),
    ]
    assert told["runs"][0]["halt"]
    assert any(said.startswith("resumed by ") for said in told["runs"][1]["decisions"])
    assert "halted, then done" in history_lines([told])[1]


@pytest.mark.parametrize(
    ("found", "has_halted", "text"),
    [
        (["done"], False, "done"),
        (["halted", "halted", "done"], True, "halted, then done"),
        (["cut off", "abandoned"], False, "abandoned"),
        (["cut off", "aborted"], True, "cut off, then aborted after a halt"),
        (["a", "b", "c", "d", "e"], False, "a, then b, then …, then e"),
    ],
)
def test_outcomes_are_told_in_their_order(found: list[str], has_halted: bool, text: str) -> None:
    assert in_order(found, has_halted=has_halted) == text


def test_reason_and_ticket_are_told_where_there_are_any() -> None:
    """In one line, cut where they are long."""
    run = RunDigest(journals.BEGAN, "kim@ops1", reason="x" * 100, ticket="CHG42")
    told = history_value(journals.row(), Digest(runs=(run,)), is_held=False)
    assert (told["reason"], told["ticket"]) == ("x" * 100, "CHG42")
    head, line = history_lines([told])
    assert "WHY" in head
    assert f"CHG42: {'x' * 53}…" in line


def test_a_pruned_one_says_so() -> None:
    row = replace(journals.row(), outcome="done", exit_code=0, pruned='{"by": "carl"}')
    told = history_value(row, digest_of(journals.healthy()), is_held=False)
    assert told["pruned"] == {"by": "carl"}
    assert "done (pruned)" in history_lines([told])[1]


def test_the_lines_are_a_table() -> None:
    """One line each under a head, and an unfinished one says that its time still runs."""
    halted = history_value(journals.row(), digest_of(journals.halted().records), is_held=False)
    running = history_value(journals.row(by="alex@ops2", sets={}), Digest(), is_held=True)
    assert history_lines([running, halted]) == [
        "ID                        KIND     BEGAN                    BY         OUTCOME  EXIT  TOOK"
        "       WITH",
        "web-20240305-221403-ab12  -        2024-03-05 22:14:03 UTC  alex@ops2  running  -"
        "     0s so far",
        "web-20240305-221403-ab12  upgrade  2024-03-05 22:14:03 UTC  kim@ops1   halted   4     55s"
        "        version=2.4.1",
    ]


@pytest.mark.parametrize("purpose", list(Purpose))
def test_the_kind_is_told(purpose: Purpose) -> None:
    """An upgrade, a rehearsal and a rollback are told apart, from the plan alone."""
    scribe = journals.Scribe(journals.plan(purpose=purpose))
    digest = digest_of(scribe.records[:1])
    assert history_value(journals.row(), digest, is_held=False)["purpose"] == purpose


def test_secrets_stay_hidden_and_values_short() -> None:
    """The journal has a secret value as `***`; a long one is cut, and many are counted."""
    many = {"token": "***", "text": "x" * 100} | {f"v{i}": "1" for i in range(9)}
    row = journals.row(file="not a rollout file", sets=many)
    (line,) = history_lines([history_value(row, digest_of(journals.healthy()), is_held=False)])[1:]
    assert "token=***, text=" + "x" * 60 + "…, v0=1" in line
    assert line.endswith("and 3 more")
