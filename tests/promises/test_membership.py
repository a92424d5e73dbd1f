"""Members come to the pool and leave it while the rollout is under way."""

from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import (
    Halted,
    MemberGone,
    MemberJoined,
    MemberRetired,
    RunBegan,
    SoakEnded,
    Validated,
)
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.settings import Amount, OnFailure, ReturnPolicy
from tests.promises.beats import WALK, at
from tests.support.plays import Played, film, kinds, play, play_on, sparse
from tests.support.scenarios import QUICK, ROLLOUT, Act, Beat, Scenario, World, ms, tells
from tests.support.sim import make_sim

SHORT = replace(QUICK, soak=ms(250))
THREE, FOUR = partial(make_sim, 3), partial(make_sim, 4)


def leaves(member: str) -> Act:
    return lambda world, runner: world.sim.leave(member)


def joins(member: str, admin: Admin = Admin.READY, version: str = "v1") -> Act:
    def act(world: World, runner: object) -> None:
        world.sim.join(member, admin, version)
        for one, line in world.sim.every_line(member):
            key = (one.name, line.backend, member)
            world.ledger.original[key] = (Admin.READY, line.weight, False)

    return act


def order(played: Played) -> list[str]:
    return [one.member for one in played.told(SoakEnded)]


def test_one_that_waits_and_leaves_is_not_missed() -> None:
    """Nothing was done to it: the rollout ends well without it, and says so."""
    two = replace(SHORT, min_available=Amount(2))
    scenario = Scenario(two, FOUR, beats=at("web1", Phase.OUT, leaves("web3")))
    played = play(scenario)
    assert (played.broken, played.end.outcome) == ([], "done")
    assert played.told(MemberGone) == [MemberGone("web3", "it is no longer in the pool")]
    assert played.phases()["web3"] == Phase.LEFT
    assert order(played) == ["web1", "web2", "web4"]


def test_one_that_one_balancer_alone_lacks_is_not_gone() -> None:
    """Half a change of the configuration is nothing to go on with."""
    two = partial(make_sim, 3, instances=("lb1", "lb2"))

    def half(world: World, runner: object) -> None:
        del world.sim.instances["lb2"].lines["web", "web3"]

    played = play(Scenario(SHORT, two, beats=at("web1", Phase.DRAINING, half)))
    assert played.told(MemberGone) == []
    assert played.end.exit_code == 5


def test_one_in_progress_that_leaves_halts() -> None:
    """It can never be seen as it was set."""
    scenario = Scenario(SHORT, THREE, beats=at("web1", Phase.UPGRADING, leaves("web1")))
    (halt,) = play(scenario).told(Halted)
    assert "no longer has web1" in halt.seen


def is_taken_away(member: str) -> Act:
    """By an autoscaler: nothing answers there any more, and no question finds it."""

    def act(world: World, runner: object) -> None:
        world.sim.leave(member)
        world.workshop.guards[member] = [1]
        world.sim.apps[member].answers = False

    return act


@pytest.mark.parametrize("phase", WALK)
@pytest.mark.parametrize("retires", [False, True])
def test_one_that_an_autoscaler_takes_away_is_not_missed(phase: Phase, retires: bool) -> None:
    """In whichever phase, be it while it is asked about, proven or set: the rollout goes on."""
    three = partial(make_sim, 3)
    within = ReturnPolicy(within=ms(1200))
    policies = replace(SHORT, min_available=Amount(1), comeback=within)
    scenario = Scenario(
        policies,
        three,
        has_guard=True,
        also={"joins": True, "retires": retires},
        beats=at("web2", phase, is_taken_away("web2")),
    )
    played = play(scenario)
    assert (played.broken, played.end.outcome) == ([], "done"), (played.end, played.told(Halted))
    assert played.phases()["web1"] == played.phases()["web3"] == Phase.DONE
    assert len(played.told(MemberGone)) + len(played.told(MemberRetired)) == 1


def test_one_that_comes_back_is_a_newcomer() -> None:
    """Scaled down and up again: whoever has the name then has its turn."""

    def flaps(world: World, runner: object) -> None:
        world.sim.leave("web2")
        world.sim.plans.append((world.sim.now + ms(2500), lambda sim: sim.join("web2")))
        for _, line in world.sim.every_line("web2"):
            world.ledger.original["lb1", line.backend, "web2"] = (Admin.READY, line.weight, False)

    scenario = Scenario(
        SHORT, THREE, has_guard=True, also={"joins": True}, beats=at("web2", Phase.OUT, flaps)
    )
    played = play(scenario)
    assert (played.broken, played.end.outcome) == ([], "done"), played.told(Halted)
    assert [one.member for one in played.told(MemberJoined)] == ["web2"]
    assert set(played.versions().values()) == {"v2"}


def test_newcomers_do_not_belong_to_most_rollouts() -> None:
    """A server that is added meanwhile is none of ours where the balancer does not say so."""
    scenario = Scenario(SHORT, beats=at("web1", Phase.DRAINING, joins("web9")))
    played = play(scenario)
    assert (played.end.outcome, played.told(MemberJoined)) == ("done", [])
    assert "web9" not in played.phases()


JOINS = Scenario(SHORT, also={"joins": True})


def test_one_that_comes_in_rotation_is_upgraded_last() -> None:
    """What an autoscaler made meanwhile is a member like any other."""
    played = play(replace(JOINS, beats=at("web1", Phase.DRAINING, joins("web9"))))
    assert (played.broken, played.end.outcome) == ([], "done"), played.told(Halted)
    assert order(played) == ["web1", "web2", "web9"]


def test_one_that_is_there_already_is_skipped() -> None:
    """It came with the new version: the guard says so."""
    beats = at("web1", Phase.DRAINING, joins("web9", version="v2"))
    played = play(replace(JOINS, has_guard=True, beats=beats))
    assert played.phases()["web9"] == Phase.SKIPPED


def spare(world: World, runner: object) -> None:
    joins("web9", Admin.OUT, "v2")(world, runner)  # type: ignore[arg-type]


SURGE = replace(JOINS, has_guard=True, beats=(Beat(tells(RunBegan), spare),))


def test_one_that_comes_out_of_rotation_goes_first() -> None:
    """It came out because of us: it proves itself before anybody is taken out, and then serves."""
    played = play(SURGE)
    assert (played.broken, played.end.outcome) == ([], "done"), played.told(Halted)
    assert order(played) == ["web9", "web1", "web2"]
    first = played.told(Validated)[0]
    assert (first.member, first.passed) == ("web9", True)
    assert all(line.admin is Admin.READY for _, line in played.world.sim.every_line("web9"))


def two_spares(world: World, runner: object) -> None:
    """Who follows has come into rotation: whoever kept newcomers out was killed meanwhile."""
    joins("web8", Admin.OUT, "v2")(world, runner)  # type: ignore[arg-type]
    joins("web9", Admin.READY, "v2")(world, runner)  # type: ignore[arg-type]


def test_newcomers_of_the_bad_version_go_back_too() -> None:
    """The one that failed, and the one that waited for its turn, one after the other."""
    scenario = Scenario(
        replace(SHORT, on_failure=OnFailure.ROLLBACK_ALL, comeback=ReturnPolicy(within=ms(900))),
        partial(make_sim, 3),
        has_guard=True,
        has_rollback=True,
        also={"joins": True, "opens": True},
        faulty=("v2",),
        beats=(Beat(tells(RunBegan), two_spares),),
    )
    played = play(scenario)
    assert (played.broken, played.end.outcome) == ([], "halted")
    assert set(played.versions().values()) == {"v1"}, played.phases()
    assert played.phases()["web8"] == played.phases()["web9"] == Phase.DONE


def test_wherever_it_is_cut_it_ends_with_the_newcomer() -> None:
    """S7: who joined is in the journal, and so is that it was out because of us (S8)."""
    whole, cuts = film(SURGE)
    assert whole.broken == []
    for number, cut in enumerate(sparse(cuts, lambda one: "SoakEnded" in kinds(one))):
        played = play_on(SURGE, cut.world, after=ms(40 if number % 2 else 2500), at=cut.at)
        assert (played.broken, played.end.outcome) == ([], "done"), cut.label


def test_a_place_that_its_upgrade_gives_up_is_done() -> None:
    """The last old one has no successor: nothing of it is validated or returned."""

    def gives_up(world: World, runner: object) -> None:
        world.sim.plans.append((world.sim.now + ms(100), lambda sim: sim.leave("web2")))

    scenario = replace(JOINS, also={"retires": True}, beats=at("web2", Phase.UPGRADING, gives_up))
    played = play(scenario)
    assert (played.broken, played.end.outcome) == ([], "done")
    assert played.told(MemberRetired) == [MemberRetired("web2")]
    assert played.phases()["web2"] == Phase.DONE
    assert played.world.journal.out_by(ROLLOUT) == []


@pytest.mark.parametrize("also", [{"joins": True}, {"retires": True}, {"opens": True}])
def test_abilities_change_nothing_that_does_not_happen(also: dict[str, bool]) -> None:
    """The same rollout, step for step, whatever might have come."""
    plain, able = play(Scenario(SHORT)), play(Scenario(SHORT, also=also))
    assert (able.broken, able.phases()) == ([], plain.phases())
