"""Load balancers that count nothing: what is not known is never taken for zero (S5)."""

from dataclasses import replace

import pytest

from controller.core.events import GateSampled, Halted, SoakEnded, Verdict
from controller.core.gates.gate import CounterGate
from controller.core.plan.plan import Purpose
from controller.report.run.halt import halt_message
from controller.report.run.next_commands import NextCommands
from tests.promises.beats import ended, scripted, three_behind_two
from tests.support.fakes import Script
from tests.support.plays import Played, film, play, play_on
from tests.support.scenarios import (
    MEMBER_GATE,
    POOL_GATE,
    QUICK,
    Scenario,
    World,
    of_places,
)
from tests.support.virtual import EPOCH

NOBODY = "no load balancer counts requests here"


def halt_of(played: Played) -> dict[str, str]:
    """Label of a halt line → its text."""
    now = played.world.sim.now
    ways = NextCommands("web", Purpose.UPGRADE, "/srv/web.yml")
    lines = halt_message(played.plan, played.state, now, EPOCH + now, commands=ways)
    return {line[:8].strip(): line[10:] for line in lines}


def test_a_halt_says_that_users_are_not_known() -> None:
    """Never "not failing": USERS and CAN WAIT of a rollout that was played to its halt."""
    played = play(of_places(Scenario(QUICK, three_behind_two, scripted(Script(exit_code=1)))))
    ended(played, "halted", 5)
    said = halt_of(played)
    assert said["USERS"] == f"NOT KNOWN: {NOBODY}"
    figures = "2 members serve, the floor is 2"
    assert said["CAN WAIT"].startswith(f"NOT KNOWN, treat it as NO: {NOBODY}; {figures}")


def test_the_end_of_a_soak_claims_no_count() -> None:
    """Not "0 requests": they were not counted."""
    played = play(of_places(Scenario()))
    ended(played, "done", 0)
    notes = {event.note for event in played.told(SoakEnded)}
    assert notes == {"requests are not counted at lb1"}


@pytest.mark.parametrize("gate", [MEMBER_GATE, POOL_GATE], ids=["member", "pool"])
@pytest.mark.parametrize("blind", [("lb1", "lb2"), ("lb2",)], ids=["no one", "one of two"])
def test_a_gate_on_counters_never_passes_there(gate: CounterGate, blind: tuple[str, ...]) -> None:
    """A plan that has one all the same, and one of two load balancers that counts: what the one
    counts is not all, so it is inconclusive, in so many words, then the rollout halts."""

    def prepare(world: World) -> None:
        for name in blind:
            world.sim.instances[name].counts = False

    policies = replace(QUICK, gates=(gate,))
    played = play(Scenario(policies, three_behind_two, prepare))
    assert played.broken == []
    assert played.end.exit_code in (3, 4)
    sampled = played.told(GateSampled)
    assert {one.verdict for one in sampled} == {Verdict.INCONCLUSIVE}
    where = ", ".join(blind)
    assert {one.reason for one in sampled} == {f"no data: requests are not counted at {where}"}
    assert "web2" not in {member for _, member in played.calls}


def test_a_failed_sample_is_not_forgotten_by_a_kill() -> None:
    """Killed between a failing sample and its halt: the next process halts at once (S6, S7)."""
    scenario = Scenario(QUICK, three_behind_two, fails_always)
    _, cuts = film(scenario)
    cut = next(one for one in cuts if "before Halted" in one.label)
    cut.world.sim.traffic.fails = lambda app, number: False
    played = play_on(scenario, cut.world, at=cut.at)
    ended(played, "halted", 4)
    assert (played.phases()["web1"], len(played.told(Halted))) == ("failed", 1)


def fails_always(world: World) -> None:
    world.sim.traffic.fails = lambda app, number: app.version == "v2"
