"""Several members in hand: what fails after the halt of another one goes out as well (S6)."""

import sys
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import (
    Cause,
    Event,
    Halted,
    MemberFailed,
    StepEnded,
)
from controller.core.phases import Phase
from controller.core.pool import Admin, Instant
from controller.core.settings import Amount, OnFailure, Policies, ReturnPolicy
from controller.core.steps import Setting
from controller.runner.loop import Runner
from tests.promises.beats import at, bad_v2, ended, foreign, later, scripted
from tests.support.fakes import Script
from tests.support.plays import Played, film, play, play_on
from tests.support.scenarios import QUICK, ROLLOUT, Act, Beat, Scenario, World, ms, tells
from tests.support.sim import App, make_sim


def moments(played: Played, kind: str) -> list[Instant]:
    return [one.at for one in played.world.journal.written(ROLLOUT) if one.kind == kind]


FIVE, SIX = partial(make_sim, 5), partial(make_sim, 6)
TWO = replace(QUICK, max_unavailable=Amount(2), min_available=Amount(2), soak=ms(2500))
RAMPED = replace(TWO, comeback=ReturnPolicy(ms(2000), (50,), ms(3000)))


def admins(played: Played) -> dict[str, Admin]:
    lines = played.world.sim.instances["lb1"].lines.values()
    return {line.app.name: line.admin for line in lines}


def failing_from(**first: int) -> Callable[[World], None]:
    """Members whose new version fails from its so many-th request on."""

    def fails(app: App, number: int) -> bool:
        return app.version == "v2" and number >= first.get(app.name, sys.maxsize)

    def prepare(world: World) -> None:
        world.sim.traffic.fails = fails

    return prepare


def step_fails_then(**first: int) -> Callable[[World], None]:
    """web1's step fails while others soak, whose new version fails from some request on."""

    def prepare(world: World) -> None:
        failing_from(**first)(world)
        scripted(Script(ms(1000), exit_code=1))(world)

    return prepare


LATE = Scenario(TWO, FIVE, step_fails_then(web2=6))


@pytest.mark.parametrize("policies", [TWO, RAMPED], ids=["soak", "ramp"])
def test_both_fail_and_both_go_out(policies: Policies) -> None:
    """Two that fail together are both taken out, in a ramp as in the soak."""
    played = play(Scenario(policies, FIVE, prepare=bad_v2()))
    ended(played, "halted", 4)
    assert {name: played.phases()[name] for name in ("web1", "web2")} == {
        "web1": "failed",
        "web2": "failed",
    }
    assert [admins(played)[name] for name in ("web1", "web2", "web3")] == [
        Admin.OUT,
        Admin.OUT,
        Admin.READY,
    ]


def test_one_that_fails_after_the_halt() -> None:
    """What fails only while the halt is watched goes out too; the first cause stands."""
    played = play(LATE)
    ended(played, "halted", 5)
    assert played.phases()["web2"] == "failed"
    assert played.state.members["web2"].why == "failed gate 'errors'"
    assert [(halt.cause, halt.member) for halt in played.told(Halted)] == [
        (Cause.MEMBER, "web1"),
        (Cause.GATE, "web2"),
    ]


def test_one_that_does_not_fail_stays() -> None:
    """One whose own gate has nothing against it ends in rotation, its soak cut short."""
    played = play(Scenario(TWO, FIVE, step_fails_then()))
    ended(played, "halted", 5)
    assert played.phases()["web2"] == "kept"
    assert played.state.members["web2"].why == "in rotation, its soak cut short by the halt"


def test_the_floor_keeps_the_second() -> None:
    """Where the floor allows one take-out only, the second stays, and the halt says so (S2)."""

    def down(world: World, runner: object) -> None:
        for name in ("web4", "web5", "web6"):
            world.sim.down(name)

    scenario = Scenario(TWO, SIX, bad_v2(), at("web2", Phase.SOAKING, down))
    played = play(scenario)
    ended(played, "halted", 4)
    kept = [m for m in played.state.members.values() if m.phase is Phase.KEPT]
    assert [m.name for m in kept] == ["web2"]
    assert "failed, but stays in rotation" in kept[0].why
    assert "min_available is 2" in kept[0].why


def test_judged_while_a_step_ends() -> None:
    """While the running step of a third member ends, who is in rotation is judged on: out it goes,
    long before that step has ended."""

    def prepare(world: World) -> None:
        step_fails_then(web2=6)(world)
        scripted(Script(ms(6000)), member="web3")(world)

    played = play(
        Scenario(replace(TWO, max_unavailable=Amount(3)), SIX, prepare, step_timeout=ms(9000))
    )
    ended(played, "halted", 5)
    assert played.phases()["web2"] == "failed"
    kinds = [(type(one), getattr(one, "member", "")) for one in played.events]
    assert kinds.index((Halted, "web2")) < kinds.index((StepEnded, "web3"))


def test_a_foreign_hand_after_the_halt_is_not_fought() -> None:
    """One that somebody else takes out while it is watched is left to them (S14)."""
    beats = (Beat(tells(Halted), foreign(Admin.OUT, "web2", None)),)
    played = play(Scenario(TWO, FIVE, step_fails_then(), beats))
    ended(played, "halted", 5)
    assert (
        played.state.members["web2"].why == "somebody else took it out; poolroll left it as it is"
    )
    assert played.calls.count(("take_out", "web2")) == 1


def out_while_another_ends(after: type[Event], then: Act, *first: Script) -> Scenario:
    """web1 is out, and changed; web2's first step takes long, and is let end. `then` happens when
    web1 has come so far."""

    def prepare(world: World) -> None:
        scripted(*first)(world)
        scripted(Script(ms(4000)), member="web2")(world)

    beats = (Beat(tells(after, "web1"), then),)
    return Scenario(TWO, FIVE, prepare, beats, steps=2, step_timeout=ms(9000))


def reload_soon(world: World, runner: Runner) -> None:
    later(ms(200), lambda sim: sim.reload("lb1"))(world, runner)


def nothing(world: World, runner: Runner) -> None: ...


def stop(world: World, runner: Runner) -> None:
    runner.stop("SIGTERM")


def stop_and_reload(world: World, runner: Runner) -> None:
    stop(world, runner)
    reload_soon(world, runner)


@pytest.mark.parametrize(
    ("scenario", "outcome", "exit_code"),
    [
        (out_while_another_ends(MemberFailed, reload_soon, Script(exit_code=1)), "halted", 5),
        (out_while_another_ends(StepEnded, stop_and_reload, Script(ms(50))), "stopped", 7),
    ],
    ids=["halt", "stop"],
)
def test_reload_while_a_step_is_let_end(scenario: Scenario, outcome: str, exit_code: int) -> None:
    """Whoever is out and not proven is held out once more, within a second (S4, S9)."""
    played = play(scenario)
    ended(played, outcome, exit_code)
    assert admins(played)["web1"] is Admin.OUT
    assert played.settings("web1") == [Setting.DRAIN, Setting.HOLD, Setting.HOLD]
    assert moments(played, "Intended")[-1] - moments(played, "InstanceRestarted")[0] < ms(1000)


@pytest.mark.parametrize("after", range(0, 5000, 450))
@pytest.mark.parametrize("name", ["a step fails", "a stop", "late failure"])
def test_reload_at_any_time(name: str, after: int) -> None:
    """Nobody meets who is not proven for longer than it takes to notice, before or after a halt."""
    scenario = {
        "a step fails": out_while_another_ends(MemberFailed, nothing, Script(exit_code=1)),
        "a stop": out_while_another_ends(StepEnded, stop, Script(ms(50))),
        "late failure": LATE,
    }[name]

    def prepare(world: World) -> None:
        scenario.prepare(world)
        world.sim.excuses_for = ms(1400)
        world.sim.plans.append((ms(1000 + after), lambda sim: sim.reload("lb1")))

    assert play(replace(scenario, prepare=prepare)).broken == []


def test_put_back_by_another_hand_while_a_step_is_let_end() -> None:
    """It is left to them (S14)."""
    scenario = out_while_another_ends(
        MemberFailed, foreign(Admin.READY, "web1", "lb1"), Script(exit_code=1)
    )
    played = play(scenario)
    ended(played, "halted", 5)
    assert admins(played)["web1"] is Admin.READY
    assert played.settings("web1") == [Setting.DRAIN, Setting.HOLD]


@pytest.mark.parametrize("policy", [OnFailure.ROLLBACK_MEMBER, OnFailure.ROLLBACK_ALL])
def test_each_failed_one_is_rolled_back(policy: OnFailure) -> None:
    """Both that failed are rolled back, validated and returned."""
    policies = replace(TWO, on_failure=policy)
    played = play(Scenario(policies, FIVE, bad_v2(), has_rollback=True))
    ended(played, "halted", 4)
    assert set(played.versions().values()) == {"v1"}
    assert set(admins(played).values()) == {Admin.READY}


@pytest.mark.parametrize(
    "scenario",
    [
        Scenario(TWO, FIVE, bad_v2()),
        Scenario(RAMPED, FIVE, bad_v2()),
        LATE,
        Scenario(
            replace(TWO, on_failure=OnFailure.ROLLBACK_MEMBER), FIVE, bad_v2(), has_rollback=True
        ),
    ],
    ids=["soak", "ramp", "late", "rollback"],
)
def test_killed_anywhere(scenario: Scenario) -> None:
    """Wherever it is killed, the next run leaves none in rotation that fails its gate (S6, S7).
    Half of the places are enough, beside those of `test_interrupted`."""
    whole, cuts = film(scenario)
    assert whole.broken == []
    for number, cut in enumerate(cuts[::2]):
        away = ms(40) if number % 2 else ms(2500)
        played = play_on(scenario, cut.world, after=away, at=cut.at)
        assert played.broken == [], cut.label
        assert played.end.exit_code in (4, 5), cut.label
        serving = [name for name, admin in admins(played).items() if admin is Admin.READY]
        bad = [name for name in serving if played.versions()[name] == "v2"]
        assert bad == [], cut.label


SPARED = replace(TWO, soak=ms(800))


BREAKS = scripted(Script(ms(1500), exit_code=1))
"""The step of web1, long after that of web2."""


def answers(is_so: bool) -> Act:
    return lambda world, runner: world.sim.set_answers("web2", is_so)


ON_ITS_WAY = (*at("web2", Phase.CHECKING, answers(False)), Beat(tells(Halted), answers(True)))
"""web2 was validated, and its health check passes only after the halt."""


def test_one_that_was_validated_goes_back() -> None:
    """The halt is over another one, which failed before any user met it: the validated one goes
    back and is proven before the halt is told."""
    played = play(Scenario(SPARED, FIVE, BREAKS, beats=ON_ITS_WAY))
    ended(played, "halted", 5)
    assert played.phases()["web1"] == "failed"
    assert played.phases()["web2"] == "done"
    assert admins(played)["web2"] is Admin.READY


def test_one_that_goes_back_and_fails_goes_out() -> None:
    """It is judged like any other."""

    def prepare(world: World) -> None:
        failing_from(web2=1)(world)
        BREAKS(world)

    played = play(Scenario(SPARED, FIVE, prepare, beats=ON_ITS_WAY))
    ended(played, "halted", 5)
    assert played.phases()["web2"] == "failed"
    assert admins(played)["web2"] is Admin.OUT


def test_nobody_is_spared_where_all_goes_back() -> None:
    """It would go out again at once."""
    back = replace(SPARED, on_failure=OnFailure.ROLLBACK_ALL)
    played = play(Scenario(back, FIVE, BREAKS, beats=ON_ITS_WAY))
    assert Setting.PUT_BACK not in played.settings("web2")[:4]
