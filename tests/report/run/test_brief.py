"""The end of a run in one line."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core.events import Finished, JournalSeen
from controller.core.gates.tally import Tally
from controller.core.outcome import Outcome
from controller.core.plan.plan import Purpose
from controller.core.pool import Counters, Incarnation
from controller.core.state.ours import Ours
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.report.run.brief import brief, duration, figures
from tests.report.states import NOW, OUT, UP, WALL, commands, member, plan, shows, state

READ = {("unix:/a", "web"): (Incarnation("1", 1), Counters())}


def counted(errors: int, total: int) -> Tally:
    return Tally(Counters(errors, total), READ)


def ended(
    outcome: Outcome,
    *members: MemberState,
    pool: Tally | None = None,
    took: float = 62,
    touched: bool = True,
) -> State:
    shown = {f"web{i}": UP for i in range(1, 4)} | {m.name: OUT for m in members if m.is_away}
    made = state(plan(), *members, seen=shows(**shown), finished=Finished(outcome, 0))
    began = NOW - timedelta(seconds=took)
    return replace(made, pool=pool or Tally(), began_at=began, touched=touched)


DONE = (member("web1", "done"), member("web2", "done"), member("web3", "skipped"))


@pytest.mark.parametrize(
    ("pool", "words"),
    [
        (counted(0, 12_345), "0 of 12 345 requests failed"),
        (counted(1_002, 1_234_567), "1 002 of 1 234 567 requests failed"),
        (counted(0, 0), "no requests came"),
        (Tally(), "requests not counted"),
        (replace(counted(0, 5), uncounted=frozenset({("b", "web")})), "requests not counted"),
    ],
)
def test_figures(pool: Tally, words: str) -> None:
    """Requests, members and time; what nobody counted is not given as none."""
    made = figures(plan(), ended(Outcome.DONE, *DONE, pool=pool), NOW)
    assert made == f"{words}, 2 upgraded, 1 already there, 1 m 02 s"


def test_figures_of_a_night() -> None:
    """What poolroll sent through the load balancer is no user's."""
    of = replace(ended(Outcome.DONE, *DONE, pool=counted(1, 90)), ours=Ours(80))
    assert figures(plan(), of, NOW).startswith("1 of 90 requests (80 of them our own) failed, 2")
    late = replace(of, ours=Ours(92))
    assert figures(plan(), late, NOW).startswith("1 of 90 requests (90 of them our own) failed, 2")


def test_figures_of_a_way_back() -> None:
    """A rehearsal upgrades nobody."""
    made = plan(Purpose.REHEARSAL)
    assert "2 out and back" in figures(made, ended(Outcome.DONE, *DONE), NOW)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0.42, "0.4 s"), (45, "45 s"), (60, "1 m 00 s"), (62, "1 m 02 s"), (3900, "1 h 05 m")],
)
def test_durations(seconds: float, words: str) -> None:
    """As people write them."""
    assert duration(timedelta(seconds=seconds)) == words


def lines(of: State) -> list[str]:
    return list(brief(plan(), of, None, NOW, WALL, commands(plan())))


def test_one_line_where_all_went_well() -> None:
    """Also after the canaries, where the next run goes on anyway."""
    of = ended(Outcome.DONE, *DONE, pool=counted(0, 7))
    told = "0 of 7 requests failed, 2 upgraded, 1 already there, 1 m 02 s"
    assert lines(of) == [f"web: done: {told}"]
    of = replace(of, finished=Finished(Outcome.PARTLY_DONE, 0))
    assert lines(of) == [f"web: partly done: {told}"]


def test_not_a_word_where_there_was_nothing_to_do() -> None:
    """Every night but one."""
    skipped = [member(f"web{i}", "skipped") for i in range(1, 4)]
    assert lines(ended(Outcome.DONE, *skipped, touched=False)) == []


def test_what_somebody_has_to_act_on_is_said_in_full() -> None:
    """A member that stayed out, a journal that was not written, and whatever did not go well."""
    left = ended(Outcome.DONE, member("web1", "done"), member("web2", "failed"))
    assert any("web2 stays out" in line for line in lines(left))
    unwritten = replace(
        ended(Outcome.DONE, *DONE), journal=JournalSeen(fault="disk full", is_unwritten=True)
    )
    assert "disk full" in lines(unwritten)[1]
    stopped = ended(Outcome.STOPPED, *DONE)
    assert len(lines(stopped)) > 3
