"""abort: ends a rollout for good, and with --restore puts back what passes."""

from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import AbortRequested
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.settings import Amount
from controller.core.steps import Course, Validate
from controller.records import Verb
from tests.promises.beats import Like, at, both, ended, outage, recover, request, scripted, signal
from tests.support.fakes import Script
from tests.support.plays import Cut, Played, film, film_on, play, play_on
from tests.support.scenarios import (
    QUICK,
    ROLLOUT,
    Scenario,
    World,
    ms,
)
from tests.support.sim import make_sim

THREE = partial(make_sim, 3)


@pytest.mark.parametrize("phase", [Phase.DRAINING, Phase.OUT])
def test_abort_sends_back_what_only_drains(phase: Phase) -> None:
    """abort ends it for good; a member whose upgrade has not begun goes back as it was."""
    scenario = Scenario(
        sim=THREE,
        prepare=lambda world: setattr(world.sim.apps["web1"], "takes", ms(900)),
        beats=at("web1", phase, request(Verb.ABORT)),
    )
    played = play(scenario)
    assert played.broken == []
    assert (played.end.outcome, played.end.exit_code) == ("aborted", 7)


@both
def test_abort_of_a_running_step(like: Like) -> None:
    """The step ends, the member is validated and returned, nobody else goes."""
    played = play(like(Scenario(sim=THREE, beats=at("web1", Phase.UPGRADING, request(Verb.ABORT)))))
    ended(played, "aborted", 7)
    assert played.phases() == {"web1": "done", "web2": "waiting", "web3": "waiting"}


def test_abort_at_rest_leaves_what_is_out() -> None:
    """Without --restore a failed member stays out."""
    scenario = Scenario(sim=THREE, prepare=scripted(Script(exit_code=1)))
    halted = play(scenario)
    aborted = play_on(scenario, halted.world, AbortRequested("operator", restore=False))
    ended(aborted, "aborted", 7)
    assert aborted.phases()["web1"] == "failed"
    assert len(aborted.calls) == 0


def restored(scenario: Scenario, halted: Played) -> Played:
    return play_on(scenario, halted.world, AbortRequested("operator", restore=True))


@both
def test_abort_restores_what_passes(like: Like) -> None:
    """--restore validates what is out, and returns it as found."""
    scenario = like(Scenario(sim=THREE, prepare=scripted(Script(exit_code=1))))
    back = restored(scenario, play(scenario))
    ended(back, "aborted", 7)
    assert back.phases()["web1"] == "done"
    assert back.world.sim.instances["lb1"].of("web1")[0].admin is Admin.READY


def test_abort_restores_although_the_journal_is_late() -> None:
    """It waits for the journal, as every step does, and does not end without them."""
    scenario = Scenario(sim=THREE, prepare=scripted(Script(exit_code=1)))
    halted = play(scenario)
    journal, sim = halted.world.journal, halted.world.sim

    def hang(when: str, kind: str) -> None:
        if kind == "AbortRequested":
            journal.hangs_until = sim.now + ms(3000)

    journal.around.append(hang)
    back = restored(scenario, halted)
    ended(back, "aborted", 7)
    assert back.phases()["web1"] == "done"


@both
def test_abort_leaves_out_what_does_not_pass(like: Like) -> None:
    """--restore leaves out what its validation does not pass (S4)."""
    scenario = like(Scenario(sim=THREE, prepare=scripted(Script(exit_code=1, version=None))))
    back = restored(scenario, play(scenario))
    ended(back, "aborted", 7)
    assert back.phases()["web1"] == "failed"
    assert back.world.sim.instances["lb1"].of("web1")[0].admin is Admin.OUT


def test_abort_takes_out_what_the_balancer_does_not_pass() -> None:
    """Validated, but the balancer's check fails: out again, and the abort ends all the same."""

    def never_up(world: World, runner: object) -> None:
        world.sim.set_answers("web1", False)

    scenario = Scenario(
        sim=THREE,
        prepare=scripted(Script(exit_code=1)),
        beats=at("web1", Phase.CHECKING, never_up),
    )
    back = restored(scenario, play(scenario))
    ended(back, "aborted", 7)
    assert back.phases()["web1"] == "failed"


def test_abort_restores_one_after_the_other() -> None:
    """Two members that are out come back one by one; what was never changed without validation."""
    policies = replace(QUICK, max_unavailable=Amount(2))
    scenario = Scenario(
        policies,
        partial(make_sim, 4, instances=("lb1", "lb2")),
        prepare=lambda world: setattr(world.sim.apps["web2"], "takes", ms(1200)),
        beats=at("web1", Phase.UPGRADING, outage("refuses")),
    )
    halted = play(scenario)
    assert halted.phases()["web1"] == halted.phases()["web2"] == "failed"
    recover(halted.world)
    back = restored(scenario, halted)
    ended(back, "aborted", 7)
    assert back.phases()["web1"] == "done"
    assert back.phases()["web2"] == "waiting"


def test_abort_restores_a_member_between_two_steps() -> None:
    """One left between its steps by a stop is tried too, and stays out when it does not pass."""
    scenario = Scenario(
        sim=THREE,
        steps=2,
        prepare=scripted(Script(version=None)),
        beats=at("web1", Phase.UPGRADING, signal()),
    )
    back = restored(scenario, play(scenario))
    ended(back, "aborted", 7)
    assert back.phases()["web1"] == "failed"


def test_killed_abort_is_an_abort_still() -> None:
    """A process that dies in the midst of an abort does not make a later one go on."""
    scenario = Scenario(sim=THREE, prepare=scripted(Script(exit_code=1)))
    halted = play(scenario)
    aborted = restored(scenario, halted)
    ended(play_on(scenario, aborted.world), "aborted", 7)


def test_second_signal_ends_an_abort() -> None:
    """An operator who does not want to wait for the restoration is heard."""
    scenario = Scenario(sim=THREE, prepare=scripted(Script(exit_code=1)))
    halted = play(scenario)
    hasty = replace(scenario, beats=at("web1", Phase.CHECKING, signal(2)))
    back = play_on(hasty, halted.world, AbortRequested("operator", restore=True))
    ended(back, "aborted", 7)
    assert back.world.sim.instances["lb1"].of("web1")[0].admin is Admin.OUT


NOTHING_CHANGED = scripted(Script(exit_code=1, version=None))


def test_abort_restores_what_nothing_was_done_to() -> None:
    """A step that failed and changed nothing: the member passes as the former version, and goes
    back as it was found."""
    scenario = Scenario(sim=THREE, prepare=NOTHING_CHANGED, has_rollback=True)
    back = restored(scenario, play(scenario))
    ended(back, "aborted", 7)
    assert back.phases()["web1"] == "done"
    assert back.state.members["web1"].why.startswith("the former version passed")
    assert back.world.sim.instances["lb1"].of("web1")[0].admin is Admin.READY
    assert back.versions()["web1"] == "v1"
    assert [step.course for step in back.steps("web1", Validate)] == [Course.ROLLBACK]


@both
def test_abort_restores_the_new_version_after_a_failed_step(like: Like) -> None:
    """A step that failed and yet did its work: what does not pass as the former version may pass
    as the new one."""
    scenario = Scenario(sim=THREE, prepare=scripted(Script(exit_code=1)), has_rollback=True)
    scenario = like(scenario)
    back = restored(scenario, play(scenario))
    ended(back, "aborted", 7)
    assert (back.phases()["web1"], back.versions()["web1"]) == ("done", "v2")
    asked = [step.course for step in back.steps("web1", Validate)]
    assert asked == [Course.ROLLBACK, Course.UPGRADE]


def test_abort_restores_the_former_version_after_a_good_step() -> None:
    """Upgraded, failed, and brought back by hand: not the new version, but the former one."""
    scenario = Scenario(sim=THREE, faulty=("v2",), has_rollback=True)
    halted = play(scenario)
    assert halted.phases()["web1"] == "failed"
    halted.world.sim.apps["web1"].version = "v1"
    back = restored(scenario, halted)
    ended(back, "aborted", 7)
    assert back.phases()["web1"] == "done"
    asked = [step.course for step in back.steps("web1", Validate)]
    assert asked == [Course.UPGRADE, Course.UPGRADE, Course.ROLLBACK]


def test_abort_leaves_out_what_passes_as_neither() -> None:
    """Neither the one version nor the other: it stays out, after one try of each (S4)."""
    script = scripted(Script(exit_code=1, version="v0"))
    scenario = Scenario(sim=THREE, prepare=script, has_rollback=True)
    back = restored(scenario, play(scenario))
    ended(back, "aborted", 7)
    assert back.phases()["web1"] == "failed"
    assert len(back.steps("web1", Validate)) == 2
    assert back.world.sim.instances["lb1"].of("web1")[0].admin is Admin.OUT


KNOWN = {
    "no rollback": (
        Scenario(sim=THREE, prepare=NOTHING_CHANGED, before="v1"),
        [(Course.UPGRADE, False), (Course.ROLLBACK, True)],
    ),
    "a stale rollback": (
        Scenario(
            sim=THREE,
            prepare=NOTHING_CHANGED,
            has_rollback=True,
            goes_back_to="v0",
            before="v1",
        ),
        [(Course.ROLLBACK, False), (Course.UPGRADE, False), (Course.ROLLBACK, True)],
    ),
}


@pytest.mark.parametrize("known", KNOWN)
def test_abort_restores_what_ran_before(known: str) -> None:
    """Neither version that the file names runs there, but the one that an earlier rollout left:
    it comes back as that, and it is said."""
    scenario, tried = KNOWN[known]
    back = restored(scenario, play(scenario))
    ended(back, "aborted", 7)
    assert (back.phases()["web1"], back.versions()["web1"]) == ("done", "v1")
    assert back.state.members["web1"].why.startswith("runs v1 as before the rollout")
    assert back.world.sim.instances["lb1"].of("web1")[0].admin is Admin.READY
    asked = [(step.course, step.as_before) for step in back.steps("web1", Validate)]
    assert asked == tried


@pytest.mark.parametrize("known", KNOWN)
def test_abort_leaves_out_what_is_changed_by_half(known: str) -> None:
    """Whatever ran before, what is there now must pass as it (S4)."""
    scenario, tried = KNOWN[known]
    half = scripted(Script(exit_code=1, version="v1.5"))
    scenario = replace(scenario, prepare=half)
    back = restored(scenario, play(scenario))
    ended(back, "aborted", 7)
    assert back.phases()["web1"] == "failed"
    assert len(back.steps("web1", Validate)) == len(tried)
    assert back.world.sim.instances["lb1"].of("web1")[0].admin is Admin.OUT


def test_what_ran_before_counts_only_for_an_abort() -> None:
    """A member on which nothing was changed fails as the new version, as long as the rollout is to
    upgrade it."""
    prepare = scripted(Script(version=None))
    played = play(Scenario(sim=THREE, prepare=prepare, before="v1"))
    ended(played, "halted", 5)
    assert [step.as_before for step in played.steps("web1", Validate)] == [False]
    assert played.world.sim.instances["lb1"].of("web1")[0].admin is Admin.OUT


@pytest.mark.parametrize("before", ["", "v1"], ids=["", "known"])
@pytest.mark.parametrize("version", [None, "v2"], ids=["unchanged", "changed"])
def test_killed_restoration(version: str | None, before: str) -> None:
    """Wherever an `abort --restore` is killed, the next process ends it in the same way (S7)."""
    script = scripted(Script(exit_code=1, version=version))
    goes_back_to = "v0" if before else "v1"
    scenario = Scenario(
        sim=THREE, prepare=script, has_rollback=True, before=before, goes_back_to=goes_back_to
    )
    halted = play(scenario)
    cut = Cut("halted", halted.world, halted.world.sim.now)
    whole, cuts = film_on(scenario, cut, AbortRequested("operator", restore=True))
    ended(whole, "aborted", 7)
    for later in cuts:
        if "AbortRequested" not in [one.kind for one in later.world.journal.written(ROLLOUT)]:
            continue
        played = play_on(scenario, later.world, at=later.at)
        ended(played, "aborted", 7)
        assert played.phases() == whole.phases(), later.label


@pytest.mark.parametrize("restore", [False, True])
@pytest.mark.parametrize("has_guard", [False, True])
def test_abort_starts_nothing(restore: bool, has_guard: bool) -> None:
    """Wherever a rollout was cut, its abort runs no step: also not one that was about to begin, nor
    one whose end was lost."""
    scenario = Scenario(
        replace(QUICK, soak=ms(250)),
        has_guard=has_guard,
        has_rollback=True,
        prepare=scripted(Script(lost=True, version=None), Script()),
    )
    for cut in film(scenario)[1][::2]:
        ran = set(cut.world.workshop.jobs)
        abort = AbortRequested("operator", restore)
        played = play_on(scenario, cut.world, abort, after=ms(1000), at=cut.at)
        ended(played, "aborted", 7)
        assert set(played.world.workshop.jobs) == ran, cut.label
