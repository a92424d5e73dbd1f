"""Snapshots of members: made once before anything is changed, and reverted to after a failure."""

import asyncio
from collections import Counter
from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import Halted, Intended, ResumeRequested, RollbackBegan, StopRequested
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.settings import OnFailure
from controller.core.steps import SNAPSHOT, RunStep
from controller.journal.saved import SavedMember, saved
from controller.runner.loop import Runner
from tests.promises.beats import at, bad_v2, ended, scripted, signal
from tests.support.fakes import Script
from tests.support.plays import Played, film, play, play_on
from tests.support.scenarios import NAME, QUICK, Beat, Scenario, World, ms, tells
from tests.support.sim import make_sim

REVERT = replace(QUICK, soak=ms(250), on_failure=OnFailure.REVERT_MEMBER)
THREE = partial(make_sim, 3)
SAVED = Scenario(REVERT, THREE, saves=True)
BAD = {
    "its gate fails": replace(SAVED, prepare=bad_v2("web1")),
    "its validation fails": replace(SAVED, faulty=("v2",)),
    "a step fails": replace(SAVED, steps=2, prepare=scripted(Script(exit_code=1), step="1")),
}


def unmade(world: World) -> None:
    """The snapshot of web1 cannot be made at first."""
    world.workshop.scripts["snapshot", "web1", "0"] = [Script(exit_code=1, version=None)]


def verbs(played: Played, member: str = "web1") -> list[str]:
    """What was run at a member, in turn."""
    jobs = [one for one in played.world.workshop.jobs.values() if one.argv[1] == member]
    return [" ".join(job.argv[::2]) for job in sorted(jobs, key=lambda one: one.started)]


def snapshots(played: Played) -> list[SavedMember]:
    """As the journal notes them."""
    return asyncio.run(saved(played.world.journal, NAME))


def noted(played: Played) -> list[tuple[str, str]]:
    return [(one.member, str(one.state)) for one in snapshots(played)]


def places(played: Played) -> set[Admin]:
    return {line.admin for _, line in played.world.sim.every_line()}


def test_made_before_the_first_step() -> None:
    """Of every member, once it is out and idle, and noted with who made it."""
    played = play(replace(SAVED, steps=2, has_guard=True))
    ended(played, "done", 0)
    for name in ("web1", "web2", "web3"):
        assert verbs(played, name) == ["snapshot 0", "upgrade 0", "upgrade 1"]
    assert noted(played) == [(name, "made") for name in ("web1", "web2", "web3")]
    assert {one.by for one in snapshots(played)} == {"tester"}
    assert len({one.id for one in snapshots(played)}) == 3


@pytest.mark.parametrize("name", BAD)
def test_reverted_after_a_failure(name: str) -> None:
    """The failed member goes back to its snapshot, is validated and returned; no user meets its new
    version from then on, and the rollout is halted all the same."""
    met: list[int] = []

    def count(world: World, runner: Runner) -> None:
        met.append(world.sim.apps["web1"].requests.get("v2", 0))

    played = play(replace(BAD[name], beats=(Beat(tells(RollbackBegan), count),)))
    ended(played, "halted", 4 if name == "its gate fails" else 5)
    assert verbs(played)[:: len(verbs(played)) - 1] == ["snapshot 0", "revert 0"]
    assert played.phases() == {"web1": "done", "web2": "waiting", "web3": "waiting"}
    assert set(played.versions().values()) == {"v1"}
    assert places(played) == {Admin.READY}
    assert noted(played) == [("web1", "reverted")]
    assert met == [played.world.sim.apps["web1"].requests.get("v2", 0)]


def test_nothing_is_changed_without_its_snapshot() -> None:
    """One that cannot be made is a failed step before anything was changed: the member goes back as
    it was, and the next try has a number of its own."""
    scenario = replace(SAVED, prepare=unmade)
    played = play(scenario)
    ended(played, "halted", 5)
    assert verbs(played) == ["snapshot 0"]
    assert (played.phases()["web1"], places(played)) == ("waiting", {Admin.READY})
    assert noted(played) == [("web1", "failed")]
    later = play_on(scenario, played.world, ResumeRequested("tester", "mended"))
    ended(later, "done", 0)
    assert verbs(later) == ["snapshot 0", "snapshot 1", "upgrade 0"]
    assert Counter(noted(later))["web1", "made"] == 1


def test_not_noted_is_not_made() -> None:
    """A snapshot that nobody would know of is not begun."""
    scenario = replace(SAVED, beats=at("web1", Phase.UPGRADING, _unnotable))
    played = play(scenario)
    ended(played, "halted", 5)
    assert (verbs(played), noted(played)) == ([], [])
    assert played.phases()["web1"] == "waiting"


def _unnotable(world: World, runner: Runner) -> None:
    world.journal.notes_fault = "no room for notes"


def test_stopped_while_it_is_made() -> None:
    """The member goes back as it was, and serves users: the next run makes a new one, since what
    was saved is no longer what is there."""
    scenario = replace(SAVED, beats=at("web1", Phase.UPGRADING, signal()))
    played = play(scenario)
    ended(played, "stopped", 7)
    assert (verbs(played), played.phases()["web1"]) == (["snapshot 0"], "waiting")
    assert places(played) == {Admin.READY}
    later = play_on(replace(scenario, beats=()), played.world)
    ended(later, "done", 0)
    assert verbs(later) == ["snapshot 0", "snapshot 1", "upgrade 0"]


def test_once_for_a_member_that_stays_out() -> None:
    """Going on after a halt is no reason for another one: the first is from before the first step,
    and it is what is reverted to in the end."""
    policies = replace(REVERT, on_failure=OnFailure.HALT)
    broken = scripted(Script(exit_code=1, version=None), Script())
    scenario = replace(SAVED, policies=policies, prepare=broken)
    played = play(scenario)
    ended(played, "halted", 5)
    later = play_on(scenario, played.world, ResumeRequested("tester", "mended"))
    ended(later, "done", 0)
    assert verbs(later) == ["snapshot 0", "upgrade 0", "upgrade 0"]


def test_a_new_one_after_a_revert() -> None:
    """What comes next is saved anew, and the former one is still listed."""
    scenario = BAD["its validation fails"]
    played = play(scenario)
    later = play_on(replace(scenario, faulty=()), played.world, ResumeRequested("tester", "mended"))
    ended(later, "done", 0)
    assert verbs(later) == ["snapshot 0", "upgrade 0", "revert 0", "snapshot 1", "upgrade 0"]
    assert noted(later)[:2] == [("web1", "reverted"), ("web1", "made")]


def test_a_revert_that_fails() -> None:
    """The member stays out, for a person."""

    def prepare(world: World) -> None:
        bad_v2("web1")(world)
        world.workshop.scripts["revert", "web1", "0"] = [Script(exit_code=1, version=None)]

    played = play(replace(SAVED, prepare=prepare))
    ended(played, "halted", 4)
    assert played.phases()["web1"] == "stuck"
    assert noted(played) == [("web1", "made")]


@pytest.mark.parametrize(("failing", "is_reverted"), [("0", True), ("1", False), ("2", False)])
def test_no_way_back_from_an_irreversible_step(failing: str, is_reverted: bool) -> None:
    """Once it has begun, nothing is reverted: the member stays out. Before it, all is as ever."""
    prepare = scripted(Script(exit_code=1), step=failing)
    played = play(replace(SAVED, steps=3, irreversible=1, prepare=prepare))
    ended(played, "halted", 5)
    assert played.phases()["web1"] == ("done" if is_reverted else "failed")
    assert ("revert 0" in verbs(played)) is is_reverted


@pytest.mark.parametrize("name", [*BAD, "it cannot be made", "all is well"])
def test_killed_anywhere(name: str) -> None:
    """Wherever the process is killed, the next one comes to the same end: no snapshot is made
    twice, nor reverted to twice, and each is noted."""
    others = {"it cannot be made": replace(SAVED, prepare=unmade), "all is well": SAVED}
    scenario = BAD.get(name) or others[name]
    whole, cuts = film(scenario)
    assert whole.broken == []
    for number, cut in enumerate(cuts[1::6]):
        played = play_on(scenario, cut.world, after=ms(40 if number % 2 else 1500), at=cut.at)
        assert (played.broken, played.end.exit_code) == ([], whole.end.exit_code), cut.label
        assert played.phases() == whole.phases(), cut.label
        assert played.versions() == whole.versions(), cut.label
        assert verbs(played) == verbs(whole), cut.label
        assert noted(played) == noted(whole), cut.label


def test_the_intent_names_the_snapshot() -> None:
    """The journal says which one is made and which is reverted to."""
    played = play(BAD["its gate fails"])
    steps = [one.step for one in played.told(Intended) if isinstance(one.step, RunStep)]
    assert [(one.index, one.snapshot) for one in steps] == [(SNAPSHOT, 0), (0, None), (0, 0)]
    assert played.told(StopRequested) == []
    assert len(played.told(Halted)) == 1
