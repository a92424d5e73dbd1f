"""A planned outage: nobody serves in place of a member, so its time is limited, wherever poolroll
is killed; when it is used up, that is told at once, and the way back begins."""

from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest

from controller.core.events import (
    AbortRequested,
    Event,
    Halted,
    Intended,
    MemberSet,
    Observation,
    OutageSpent,
    ResumeRequested,
    RunBegan,
)
from controller.core.outcome import Outcome
from controller.core.settings import OnFailure
from controller.core.steps import Course, RunStep, SetMember, Setting
from controller.journal.codec import PLAN, decode
from tests.promises.beats import outage as silent
from tests.promises.beats import scripted
from tests.support.fakes import Script
from tests.support.plays import Played, film, play, play_on
from tests.support.scenarios import QUICK, ROLLOUT, Beat, Scenario, ms, tells
from tests.support.sim import make_sim

BUDGET = ms(1500)
LATE = ms(100)
"""Time alone is noticed within 50 ms, and written then."""
ALONE = partial(make_sim, 1, instances=("lb1",))
POLICIES = replace(QUICK, outage=BUDGET, on_failure=OnFailure.ROLLBACK_MEMBER, gates=())
SCENARIO = Scenario(POLICIES, ALONE, steps=3, step_time=ms(200), has_rollback=True)
SLOW = replace(SCENARIO, step_time=ms(700))


def timed(played: Played) -> list[tuple[datetime, Event]]:
    records = played.world.journal.written(ROLLOUT)
    return [(one.wall, decode(one.kind, one.body)) for one in records if one.kind != PLAN]


def faults(played: Played) -> list[str]:
    """What breaks the promise, by the times in the journal alone."""
    found: list[str] = []
    since: datetime | None = None
    lives_since: datetime | None = None
    is_told = False
    for wall, event in timed(played):
        step = event.step if isinstance(event, Intended) else None
        match event, step:
            case RunBegan(), _:
                lives_since = wall
            case OutageSpent(percent=100), _:
                is_told = True
            case ResumeRequested(), _:
                since, is_told = (wall if since is not None else None), False
            case MemberSet(setting=Setting.RESTORE), _:
                since = None
            case _, SetMember(setting=Setting.PUT_BACK):
                since = None
            case _, SetMember(setting=Setting.DRAIN | Setting.REMOVE) if since is None:
                since, is_told = wall, False
        if since is None or lives_since is None or is_told:
            continue
        if wall - max(lives_since, since + BUDGET) > LATE:
            found.append(f"out since {since}, not told by {wall}")
        is_upgrade = isinstance(step, RunStep) and step.course is Course.UPGRADE
        if is_upgrade and wall - since > BUDGET + LATE:
            found.append(f"{wall}: a step is begun over budget")
    return found


def spent(played: Played) -> list[int]:
    return [event.percent for event in played.told(OutageSpent)]


def test_within_its_time() -> None:
    """It is counted from the take-out to the proof; the soak is none of it."""
    played = play(replace(SCENARIO, policies=replace(POLICIES, soak=ms(3000))))
    assert (played.broken, faults(played)) == ([], [])
    assert played.end.outcome is Outcome.DONE
    assert played.versions() == {"web1": "v2"}
    assert spent(played) == [0, 50]
    took = played.state.members["web1"].outage.took
    assert took is not None
    assert ms(600) < took < BUDGET


def test_used_up() -> None:
    """A step that runs is let end, and the next one is not begun: the member goes back."""
    played = play(SLOW)
    assert (played.broken, faults(played)) == ([], [])
    (halted,) = played.told(Halted)
    assert "used up" in halted.seen
    assert played.end.exit_code == 5
    assert played.versions() == {"web1": "v1"}
    assert spent(played) == [0, 50, 80, 100]
    assert [step.index for step in played.steps("web1", RunStep)] == [0, 1, 2, 0]
    assert played.state.members["web1"].placement.found is None


def test_once_more_after_its_way_back() -> None:
    """It is counted from the take-out again: `before` is part of it."""
    played = play(SLOW)
    later = play_on(SLOW, played.world, ResumeRequested("me", "once more"))
    assert (later.broken, faults(later)) == ([], [])
    again = next(n for n, event in enumerate(later.events) if isinstance(event, ResumeRequested))
    counted = next(n for n in range(again, len(later.events)) if is_counted(later.events[n]))
    assert not any(map(is_a_step, later.events[again:counted]))


def is_counted(event: Event | Observation) -> bool:
    return isinstance(event, OutageSpent) and event.percent == 0


def is_a_step(event: Event | Observation) -> bool:
    return isinstance(event, Intended) and isinstance(event.step, RunStep)


def test_without_a_way_back_it_stays_out() -> None:
    policies = replace(POLICIES, on_failure=OnFailure.HALT)
    played = play(replace(SLOW, policies=policies))
    assert (played.broken, faults(played)) == ([], [])
    assert played.phases() == {"web1": "failed"}
    later = play_on(
        replace(SLOW, policies=policies, step_time=ms(10)),
        played.world,
        ResumeRequested("me", "seen to"),
        after=ms(60_000),
    )
    assert (later.broken, faults(later)) == ([], [])
    assert later.versions() == {"web1": "v2"}
    assert spent(later)[:5] == [0, 50, 80, 100, 0]


def test_one_after_another() -> None:
    """Each has a budget of its own."""
    sim = partial(make_sim, 3, instances=("lb1",))
    played = play(replace(SCENARIO, sim=sim))
    assert (played.broken, faults(played)) == ([], [])
    assert set(played.versions().values()) == {"v2"}
    assert [event.member for event in played.told(OutageSpent) if event.percent == 0] == [
        "web1",
        "web2",
        "web3",
    ]


@pytest.mark.parametrize("scenario", [SCENARIO, SLOW], ids=["well", "used up"])
def test_killed_anywhere(scenario: Scenario) -> None:
    """The budget goes on, also while no process runs: a long way off it is used up at once."""
    played, cuts = film(scenario)
    assert played.broken == []
    for number, cut in enumerate(cuts):
        if number % 10 == 0:
            soon = play_on(scenario, cut.world.fork(), at=cut.at)
            assert (soon.broken, faults(soon)) == ([], []), cut.label
        if number % 10 == 5:
            late = play_on(scenario, cut.world, at=cut.at, after=ms(5000))
            assert (late.broken, faults(late)) == ([], []), cut.label


def test_nobody_sees_it() -> None:
    """A load balancer that does not answer stops no budget."""
    beats = (Beat(tells(MemberSet, "web1"), silent("refuses", "lb1")),)
    policies = replace(POLICIES, lost_after=ms(60_000))
    played = play(replace(SCENARIO, policies=policies, beats=beats))
    assert faults(played) == []
    assert 100 in spent(played)


def test_a_stop_is_counted_too() -> None:
    """Left out by a stop while its step hung: the next run finds it over budget, and says so."""
    hangs = scripted(Script(takes=ms(4000)))
    beats = (Beat(tells(OutageSpent, "web1"), lambda world, runner: runner.stop("SIGTERM")),)
    scenario = replace(SCENARIO, prepare=hangs, beats=beats)
    played = play(scenario)
    assert (played.broken, faults(played)) == ([], [])
    assert played.end.outcome is Outcome.STOPPED
    later = play_on(scenario, played.world)
    assert (later.broken, faults(later)) == ([], [])
    assert 100 in spent(later)


def test_aborted_with_restore() -> None:
    """What is put back is in time once it has passed its validation, and no longer counted."""
    policies = replace(POLICIES, on_failure=OnFailure.HALT)
    played = play(replace(SLOW, policies=policies))
    later = play_on(SLOW, played.world, AbortRequested("me", restore=True), after=ms(5000))
    assert (later.broken, faults(later)) == ([], [])
    m = later.state.members["web1"]
    assert (m.placement.found, m.outage.since) == (None, None)
    assert m.outage.took is not None
    assert m.outage.took > ms(5000)
