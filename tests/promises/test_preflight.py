"""`preflight` in a rollout: each member is asked just before it is taken out, and one that does not
answer as it must is not touched."""

from dataclasses import replace
from functools import partial
from typing import Final

import pytest

from controller.core.events import (
    Halted,
    MemberLeft,
    QuestionsAnswered,
    Reply,
    ResumeRequested,
    RollbackBegan,
)
from controller.core.outcome import Outcome
from controller.core.pool import Admin
from controller.core.settings import Amount, OnFailure
from controller.core.steps import AskQuestions
from tests.promises.beats import ended
from tests.support.plays import Played, film, play, play_on
from tests.support.scenarios import QUICK, Beat, Scenario, World, ms, tells
from tests.support.sim import make_sim

THREE: Final = partial(make_sim, 3)
POLICIES: Final = replace(QUICK, soak=ms(250))
ASKING: Final = Scenario(POLICIES, THREE, has_questions=True)
TWICE: Final = replace(POLICIES, max_unavailable=Amount(2))


def fills_up(name: str, room: int = 3) -> Scenario:
    """Once the rollout is under way: before it, `preflight` held."""
    return replace(ASKING, prepare=lambda world: world.workshop.room.update({name: room}))


def is_untouched(played: Played, name: str) -> bool:
    lines = [line for _, line in played.world.sim.every_line(name)]
    return (
        not played.settings(name)
        and not played.world.workshop.runs_of("upgrade", name, "0")
        and all(line.admin is Admin.READY and line.weight == 100 for line in lines)
    )


def test_each_is_asked_before_its_drain() -> None:
    """And `unless`, where there is one, before that; who is there already is not asked."""
    played = play(replace(ASKING, has_guard=True, policies=TWICE))
    ended(played, "done", 0)
    assert {one.reply for one in played.told(QuestionsAnswered)} == {Reply.HOLDS}
    assert [len(played.steps(f"web{n}", AskQuestions)) for n in (1, 2, 3)] == [1, 1, 1]


def test_disk_fills_up_half_way() -> None:
    """The rollout halts, and that member was never touched. Once there is room, it goes on."""
    played = play(fills_up("web2"))
    ended(played, "halted", 5)
    assert is_untouched(played, "web2")
    (halt,) = played.told(Halted)
    assert halt.seen == "web2: `preflight web2` printed 3, and must print at least 20"
    assert played.versions() == {"web1": "v2", "web2": "v1", "web3": "v1"}
    still = play_on(ASKING, played.world.fork(), ResumeRequested("me", "I looked"))
    ended(still, "halted", 5)
    played.world.workshop.room.clear()
    ended(play_on(ASKING, played.world, ResumeRequested("me", "mended")), "done", 0)


def test_before_anything_was_touched() -> None:
    """The first member: then it is a refusal."""
    played = play(fills_up("web1"))
    ended(played, "refused", 3)
    assert all(is_untouched(played, name) for name in played.phases())


@pytest.mark.parametrize("policy", [OnFailure.ROLLBACK_MEMBER, OnFailure.ROLLBACK_ALL])
@pytest.mark.parametrize("has_questions", [True, False])
def test_nobody_is_rolled_back_for_it(policy: OnFailure, has_questions: bool) -> None:
    """The others run a version that nothing speaks against. `unless` is no other case."""
    scenario = replace(
        fills_up("web2") if has_questions else ASKING,
        policies=replace(POLICIES, on_failure=policy),
        has_rollback=True,
        has_questions=has_questions,
        has_guard=not has_questions,
    )
    if not has_questions:
        scenario = replace(scenario, prepare=lambda world: world.workshop.guards.update(web2=[2]))
    played = play(scenario)
    ended(played, "halted", 5)
    assert played.told(RollbackBegan) == []
    assert played.versions()["web1"] == "v2"
    assert is_untouched(played, "web2")


def test_the_way_back_is_not_asked() -> None:
    """Whoever failed goes back, be the disk full or not."""
    scenario = replace(
        ASKING,
        policies=replace(POLICIES, on_failure=OnFailure.ROLLBACK_ALL),
        has_rollback=True,
        faulty=("v2",),
        beats=(Beat(tells(RollbackBegan), lambda world, _: full(world)),),
    )
    played = play(scenario)
    ended(played, "halted", 5)
    assert set(played.versions().values()) == {"v1"}
    assert Outcome.HALTED is played.end.outcome


def full(world: World) -> None:
    world.workshop.room.update(dict.fromkeys(world.sim.apps, 0))


def test_nobody_answers_there() -> None:
    """Told apart from an answer that fails, and skipped where the file allows it."""
    skipping = replace(fills_up("web2", -1), policies=replace(POLICIES, skips=Amount(1)))
    played = play(skipping)
    ended(played, "done", 0)
    assert is_untouched(played, "web2")
    (left,) = played.told(MemberLeft)
    assert left.is_unreached
    assert "nobody answers" in left.why
    ended(play(fills_up("web2", -1)), "halted", 5)
    ended(play(replace(skipping, prepare=fills_up("web2").prepare)), "halted", 5)


def test_killed_anywhere() -> None:
    """Whoever takes over asks again before it takes a member out (S7), and finds the full disk."""
    scenario = fills_up("web3")
    _, cuts = film(scenario)
    for cut in cuts[::4]:
        later = play_on(scenario, cut.world)
        assert later.broken == [], cut.label
        assert (later.end.outcome, later.end.exit_code) in {
            ("halted", 5),
            ("refused", 3),
        }, cut.label
        assert is_untouched(later, "web3"), cut.label
