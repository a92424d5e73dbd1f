"""Kill it anywhere: scenarios are cut before and after their records, half-way through a setting
and right after the start of a step, taken up again from the journal, and must end safely (S7). A
sample of these places; all of them with POOLROLL_TEST_FAULTS=all."""

from collections import Counter
from dataclasses import replace
from functools import partial
from zlib import crc32

import pytest

from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.settings import Amount, DrainPolicy, OnFailure, OnTimeout, ReturnPolicy
from tests.promises.beats import (
    at,
    bad_v2,
    foreign,
    guarded,
    on_places,
    outage,
    reload_one,
    scripted,
    signal,
    slow_requests,
    static,
    three_behind_two,
)
from tests.support.fakes import Script
from tests.support.plays import IS_ALL, Cut, Played, film, film_on, play_on
from tests.support.scenarios import QUICK, Scenario, ms, of_places
from tests.support.sim import CLASSIC, make_sim

SHORT = replace(QUICK, soak=ms(250))
CUTTING = replace(SHORT, drain=DrainPolicy(ms(900), ms(300), OnTimeout.CUT))
MEMBER_BACK = replace(SHORT, on_failure=OnFailure.ROLLBACK_MEMBER)
ALL_BACK = replace(SHORT, on_failure=OnFailure.ROLLBACK_ALL)
TWO_AT_ONCE = replace(SHORT, max_unavailable=Amount(2))
THREE = partial(make_sim, 3)
two_behind_two = partial(make_sim, 2, instances=("lb1", "lb2"))

LONG_RAMP = replace(SHORT, comeback=ReturnPolicy(ms(2000), (10,), ms(3000)))
RAMPED = replace(SHORT, comeback=ReturnPolicy(ms(2000), (10, 50), ms(150)))

WELL = {
    "ramp": Scenario(RAMPED),
    "ramp that is refused": Scenario(RAMPED, prepare=static),
    "reload while ramping": Scenario(
        RAMPED, two_behind_two, beats=at("web1", Phase.RAMPING, reload_one)
    ),
    "plain": Scenario(SHORT),
    "two at once, two balancers": Scenario(
        TWO_AT_ONCE, partial(make_sim, 3, instances=("lb1", "lb2"))
    ),
    "guard and two steps": Scenario(SHORT, steps=2, has_guard=True),
    "sticky": Scenario(SHORT, sticky=("web",)),
    "cut": Scenario(CUTTING, prepare=slow_requests(ms(60_000))),
    "lost step": Scenario(SHORT, prepare=scripted(Script(lost=True), Script())),
    "lost step with a guard": Scenario(SHORT, has_guard=True, prepare=scripted(Script(lost=True))),
    **{
        f"reload while {phase}": replace(
            guarded(phase, reload_one, policies=SHORT), sim=two_behind_two
        )
        for phase in (Phase.DRAINING, Phase.UPGRADING, Phase.CHECKING, Phase.SOAKING)
    },
}

WELL |= on_places(
    WELL,  # neither a ramp nor sessions that can be cut
    without=("ramp", "ramp that is refused", "reload while ramping", "cut"),
)

HALTED = {
    "failed step": (5, Scenario(SHORT, prepare=scripted(Script(exit_code=1)))),
    "failed validation": (5, Scenario(SHORT, faulty=("v2",))),
    "failing member": (4, Scenario(SHORT, THREE, prepare=bad_v2())),
    "failing in its ramp": (4, Scenario(LONG_RAMP, THREE, prepare=bad_v2())),
    "rollback of the member": (
        4,
        Scenario(MEMBER_BACK, THREE, prepare=bad_v2(), has_rollback=True),
    ),
    "rollback of all": (
        4,
        Scenario(ALL_BACK, prepare=bad_v2("web2"), has_rollback=True),
    ),
}

HALTED |= {
    f"{name}, places": (exit_code, of_places(scenario))
    for name, (exit_code, scenario) in HALTED.items()
    if name != "failing in its ramp"
}

OTHERS = {
    **{
        f"lost balancer while {phase}": guarded(phase, outage("refuses"), policies=SHORT)
        for phase in (Phase.DRAINING, Phase.UPGRADING, Phase.CHECKING, Phase.RETURNING)
    },
    **{
        f"foreign hand while {phase}": guarded(phase, foreign(Admin.READY), policies=SHORT)
        for phase in (Phase.DRAINING, Phase.UPGRADING, Phase.VALIDATING, Phase.CHECKING)
    },
    **{
        f"{count} signals while {phase}": Scenario(
            SHORT, three_behind_two, beats=at("web1", phase, signal(count))
        )
        for phase in (Phase.DRAINING, Phase.UPGRADING, Phase.CHECKING)
        for count in (1, 2)
    },
    "drain deadline": Scenario(SHORT, prepare=slow_requests(ms(5000))),
}

OTHERS |= on_places(  # nobody sees that a drain ends late; a running check has passed already
    OTHERS, without=("drain deadline", "foreign hand while checking")
)
"""How these end hangs on when the kill came."""

STRIDES = {
    "plain": 1,
    "guard and two steps": 1,
    "two at once, two balancers": 2,
    "rollback of all": 2,
}
"""These are cut at every place, or at every second. Most records of the others are the same, so
that they are cut at every fifth (the `OTHERS` at every third), and behind the second kind of load
balancer, where each run takes longer, at half as many, from another place on in each."""


def some(name: str, scenario: Scenario, cuts: list[Cut]) -> list[Cut]:
    """Where a scenario is cut."""
    usual = 3 if name in OTHERS else 5
    stride = STRIDES.get(name, usual if scenario.manner is CLASSIC else 2 * usual)
    return cuts if IS_ALL else cuts[crc32(name.encode()) % stride :: stride]


def resumed(scenario: Scenario, cut: Cut, number: int) -> Played:
    """By a process that comes at once, or when the world has moved on."""
    away = ms(40) if number % 2 else ms(2500)
    played = play_on(scenario, cut.world, after=away, at=cut.at)
    assert played.broken == [], cut.label
    return played


@pytest.mark.parametrize("name", WELL)
def test_ends_well(name: str) -> None:
    """Wherever it was cut, the next run ends the rollout: all upgraded, nobody left out, and no
    finished step repeated."""
    scenario = WELL[name]
    whole, cuts = film(scenario)
    assert whole.broken == []
    assert len(cuts) > 30
    for number, cut in enumerate(some(name, scenario, cuts)):
        played = resumed(scenario, cut, number)
        assert played.end.outcome == "done", cut.label
        assert set(played.versions().values()) == {"v2"}, cut.label
        lines = [line for _, line in played.world.sim.every_line()]
        assert {line.admin for line in lines} == {Admin.READY}, cut.label


@pytest.mark.parametrize("name", HALTED)
def test_halts_all_the_same(name: str) -> None:
    """Wherever it was cut, the next run comes to the same halt, and leaves the same members out."""
    exit_code, scenario = HALTED[name]
    whole, cuts = film(scenario)
    assert (whole.end.exit_code, whole.broken) == (exit_code, [])
    for number, cut in enumerate(some(name, scenario, cuts)):
        played = resumed(scenario, cut, number)
        assert played.end.exit_code == exit_code, cut.label
        assert played.phases() == whole.phases(), cut.label
        assert played.versions() == whole.versions(), cut.label


@pytest.mark.parametrize("name", OTHERS)
def test_ends_safely(name: str) -> None:
    """Wherever it was cut, the next run ends in one of the ways that it may, all promises kept."""
    scenario = OTHERS[name]
    whole, cuts = film(scenario)
    assert whole.broken == []
    ends = Counter(
        resumed(scenario, cut, n).end.exit_code for n, cut in enumerate(some(name, scenario, cuts))
    )
    assert set(ends) <= {0, 3, whole.end.exit_code}
    assert ends[whole.end.exit_code] > 0


@pytest.mark.parametrize("name", ["guard and two steps", "two at once, two balancers"])
def test_cut_twice(name: str) -> None:
    """A run that was cut and taken up is cut again, and taken up once more."""
    scenario = WELL[name]
    _, cuts = film(scenario)
    for number, cut in enumerate(cuts[::7]):
        again, later = film_on(scenario, cut)
        assert again.broken == []
        second = later[(number * 13) % len(later)]
        assert resumed(scenario, second, number).end.outcome == "done", second.label
