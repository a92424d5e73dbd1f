"""What happened to the world while nobody watched: between a kill and the next run."""

from dataclasses import replace
from functools import partial

import pytest

from controller.core.events import InstanceRestarted, Intended
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.steps import Setting
from controller.journal.codec import decode
from tests.promises.beats import ended, slow_requests
from tests.support.plays import Cut, film, play_on
from tests.support.scenarios import POOL_GATE, QUICK, ROLLOUT, Scenario, ms
from tests.support.sim import make_sim

THREE = partial(make_sim, 3)


def right_after(scenario: Scenario, setting: Setting, kind: str = "Intended") -> Cut:
    """The world when the first such setting of web1 was intended, or confirmed (`MemberSet`)."""
    _, cuts = film(scenario)
    for cut in cuts:
        last = cut.world.journal.written(ROLLOUT)[-1]
        if f"after {kind}" not in cut.label:
            continue
        event = decode(last.kind, last.body)
        step = event.step if isinstance(event, Intended) else event
        if getattr(step, "setting", None) is setting:
            return cut
    raise AssertionError(f"never: {setting}")


def test_reload_meanwhile_is_noticed() -> None:
    """A balancer that was reloaded while nobody watched has a former worker all the same: the step
    waits until it has ended what it serves (S9)."""
    scenario = Scenario(sim=THREE, prepare=slow_requests(ms(1500)))
    cut = right_after(scenario, Setting.DRAIN, "MemberSet")
    cut.world.sim.advance(cut.at)
    cut.world.sim.reload("lb1")
    played = play_on(scenario, cut.world, after=ms(20), at=cut.at)
    ended(played, "done", 0)
    assert len(played.told(InstanceRestarted)) == 1


def test_evidence_gone_meanwhile() -> None:
    """A take-out that was meant and not done is thought over: without evidence it is not done
    (S5)."""
    scenario = Scenario(replace(QUICK, gates=(POOL_GATE,)), THREE)
    cut = right_after(scenario, Setting.DRAIN)
    cut.world.sim.traffic.stops_at = cut.at
    played = play_on(scenario, cut.world, after=ms(300), at=cut.at)
    assert played.broken == []
    assert "drain" not in {verb for verb, _ in played.calls}
    assert played.end.exit_code == 4


def test_partner_lost_meanwhile() -> None:
    """A drain is not done once more when a partner was lost meanwhile: ours goes back (S2)."""
    scenario = Scenario(sim=THREE, prepare=slow_requests(ms(900)))
    cut = right_after(scenario, Setting.DRAIN, "MemberSet")
    cut.world.sim.down("web3")
    played = play_on(scenario, cut.world, after=ms(300), at=cut.at)
    ended(played, "halted", 5)
    assert played.settings("web1") == [Setting.DRAIN, Setting.RESTORE]
    assert played.phases()["web1"] == "waiting"


def test_member_fell_ill_meanwhile() -> None:
    """A return that was meant and not done is not done on an old word of the health check (S4)."""
    scenario = Scenario(sim=THREE)
    cut = right_after(scenario, Setting.PUT_BACK)
    cut.world.sim.set_answers("web1", False)
    played = play_on(scenario, cut.world, after=ms(900), at=cut.at)
    ended(played, "halted", 5)
    assert "put_back" not in {verb for verb, _ in played.calls}
    assert played.phases()["web1"] == "failed"


@pytest.mark.parametrize("setting", [Setting.DRAIN, Setting.HOLD, Setting.CHECK])
def test_put_in_rotation_meanwhile(setting: Setting) -> None:
    """Another hand at the very worker that confirmed our setting is noticed afterwards (S14)."""
    scenario = Scenario(sim=THREE, prepare=slow_requests(ms(300)))
    cut = right_after(scenario, setting, "MemberSet")
    cut.world.sim.foreign("web1", Admin.READY)
    cut.world.sim.advance(cut.at + ms(1000))
    played = play_on(scenario, cut.world, after=ms(1500), at=cut.at)
    ended(played, "halted", 5)
    assert played.state.halt is not None
    assert played.state.halt.cause == "another hand"
    assert played.phases()["web1"] == ("kept" if setting is Setting.CHECK else Phase.WAITING)
