"""Windows: members in hand come to their end, nobody is begun who would not be done, and the next
run in a window goes on; also when the run is killed, halted or stopped meanwhile."""

from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from controller.core.events import Intended
from controller.core.outcome import Outcome
from controller.core.phases import Phase
from controller.core.settings import Amount, OnFailure
from controller.core.steps import SetMember, Setting
from controller.journal.codec import PLAN, decode
from controller.records import Verb
from controller.runner.loop import Runner
from controller.windows.calendar import Calendar, Freeze
from controller.windows.timetable import Timetable
from tests.promises.beats import at, bad_v2, reload_one
from tests.support.plays import Played, film, play, play_on
from tests.support.scenarios import QUICK, ROLLOUT, Scenario, World, ms
from tests.support.sim import make_sim
from tests.support.virtual import EPOCH

FOUR = partial(make_sim, 4)
SHORT = replace(QUICK, soak=ms(250))
CLOSES, OPENS = ms(4000), ms(60_000)
TAKES = ms(1500)


def windows(takes: timedelta = TAKES, *, is_measured: bool = True) -> Timetable:
    frozen = Freeze("of the test", EPOCH + CLOSES, EPOCH + OPENS)
    return Timetable(Calendar(freezes=(frozen,)), None, takes, is_measured)


SCENARIO = Scenario(SHORT, FOUR, timetable=windows())


def drained(played: Played) -> list[tuple[str, timedelta]]:
    """Who was taken out, and when."""
    found = []
    for record in played.world.journal.written(ROLLOUT):
        event = None if record.kind == PLAN else decode(record.kind, record.body)
        step = event.step if isinstance(event, Intended) else None
        if isinstance(step, SetMember) and step.setting is Setting.DRAIN:
            found.append((step.member, record.at))
    return found


def in_time(played: Played) -> bool:
    """Nobody was taken out in the freeze, nor so late that it would have run into it."""
    return all(at <= CLOSES - TAKES or at >= OPENS for _, at in drained(played))


def test_it_pauses_and_the_next_run_goes_on() -> None:
    """Whoever was begun is done; the others are left as they are until the next window."""
    played = play(SCENARIO)
    assert played.broken == []
    assert (played.end.outcome, played.end.exit_code) == (Outcome.PAUSED, 7)
    assert played.end.until == "Mon 2024-01-01 00:01 UTC"
    assert "freeze of the test" in played.end.why
    done = [name for name, phase in played.phases().items() if phase == Phase.DONE]
    assert 0 < len(done) < 4
    assert set(played.phases().values()) == {Phase.DONE, Phase.WAITING}
    assert in_time(played)
    later = play_on(SCENARIO, played.world, at=OPENS)
    assert later.broken == []
    assert later.end.outcome is Outcome.DONE
    assert set(later.versions().values()) == {"v2"}
    assert in_time(later)
    assert [name for name, _ in drained(later)] == ["web1", "web2", "web3", "web4"]


def test_members_at_once() -> None:
    """Each of those that are out at once is asked for itself."""
    two = replace(SCENARIO, policies=replace(SHORT, max_unavailable=Amount(2)))
    played = play(two)
    assert played.broken == []
    assert in_time(played)
    assert play_on(two, played.world, at=OPENS).end.outcome is Outcome.DONE


def test_nothing_fits_from_the_beginning() -> None:
    """Nothing is touched: that is a refusal."""
    played = play(replace(SCENARIO, timetable=windows(timedelta(hours=1))))
    assert (played.end.outcome, played.end.exit_code) == (Outcome.REFUSED, 3)
    assert drained(played) == []


def test_what_members_take_is_measured() -> None:
    """Timeouts allow one member alone; the first shows that it takes less."""
    long = windows(CLOSES - ms(1000), is_measured=False)
    assert len(drained(play(replace(SCENARIO, timetable=long)))) > 1
    believed = replace(long, is_measured=True)
    assert len(drained(play(replace(SCENARIO, timetable=believed)))) == 1


def test_rollback_waits_for_no_window() -> None:
    """What fails at the end of a window is brought back although it is over."""
    policies = replace(QUICK, soak=ms(2500), on_failure=OnFailure.ROLLBACK_ALL)
    late = bad_v2()
    scenario = Scenario(
        policies, FOUR, prepare=late, has_rollback=True, timetable=windows(ms(3400))
    )
    played = play(scenario)
    assert played.broken == []
    assert played.end.exit_code == 4
    assert set(played.versions().values()) == {"v1"}


def test_operators_pause_stands() -> None:
    """A run that the operator pauses waits for the operator, and not for the next window."""
    said = CLOSES + ms(10_000)

    def pause(world: World, runner: Runner) -> None:
        world.requests.put(ROLLOUT, Verb.PAUSE, "", "tester")
        go_on = partial(world.requests.put, ROLLOUT, Verb.RESUME, "seen", "tester")
        world.sim.plans.append((said, lambda sim: void(go_on())))

    def void(_: object) -> None: ...

    played = play(replace(SCENARIO, beats=at("web1", Phase.SOAKING, pause)))
    assert played.broken == []
    assert played.end.outcome is Outcome.PAUSED
    assert played.took > ms(10_000)
    assert [name for name, _ in drained(played)] == ["web1"]


@pytest.mark.parametrize("reload", [False, True])
def test_killed_anywhere(reload: bool) -> None:
    """The next run in a window goes on from wherever a kill has left it (S7)."""
    scenario = SCENARIO
    if reload:
        scenario = replace(scenario, beats=at("web2", Phase.SOAKING, reload_one))
    _, cuts = film(scenario)
    assert len(cuts) > 20
    for cut in cuts[:: 5 if not reload else 11]:
        later = play_on(scenario, cut.world, at=OPENS)
        assert later.broken == [], cut.label
        assert later.end.outcome is Outcome.DONE, cut.label
        assert set(later.versions().values()) == {"v2"}, cut.label
