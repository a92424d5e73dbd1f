"""Gates: what fails, what is missing, who is taken out for it, and the way back."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from controller.core.events import Cause, Event, GateSampled, Halted, Intended, RunBegan, Verdict
from controller.core.gates.gate import Gate, Then
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.settings import Amount, OnFailure, Policies
from controller.core.steps import SetMember, Setting
from tests.promises.beats import at, bad_v2, ended, scripted, signal
from tests.support.fakes import Script
from tests.support.plays import play, play_on
from tests.support.scenarios import (
    MEMBER_GATE,
    POOL_GATE,
    QUICK,
    ROLLOUT,
    Beat,
    Scenario,
    World,
    enters,
    ms,
)
from tests.support.sim import App, Sim, make_sim

THREE, FOUR, FIVE = (partial(make_sim, n) for n in (3, 4, 5))
POOL_ONLY = replace(QUICK, gates=(POOL_GATE,), soak=ms(2500))
BACK_MEMBER = replace(QUICK, on_failure=OnFailure.ROLLBACK_MEMBER)
BACK_ALL = replace(QUICK, on_failure=OnFailure.ROLLBACK_ALL)


def admin_of(sim: Sim, member: str) -> Admin:
    return sim.instances["lb1"].of(member)[0].admin


# --- member gates ----------------------------------------------------------------------------


def test_member_gate_takes_its_member_out() -> None:
    """A failing member goes out again, to MAINT, within one sample; exit 4; nobody else is touched
    (S6)."""
    played = play(Scenario(sim=THREE, prepare=bad_v2()))
    ended(played, "halted", 4)
    assert played.phases() == {"web1": "failed", "web2": "waiting", "web3": "waiting"}
    assert admin_of(played.world.sim, "web1") is Admin.OUT
    assert {member for _, member in played.calls} == {"web1"}
    assert played.told(Halted)[0].gate == "errors"


def test_member_gate_where_the_floor_forbids_it() -> None:
    """Where too few others serve the failing member stays, and the halt says so (S2)."""

    def down(world: World, runner: object) -> None:
        world.sim.down("web2")

    scenario = Scenario(
        sim=THREE, prepare=bad_v2(), beats=(Beat(enters("web1", Phase.SOAKING), down),)
    )
    played = play(scenario)
    ended(played, "halted", 4)
    assert played.phases()["web1"] == "kept"
    assert admin_of(played.world.sim, "web1") is Admin.READY
    assert "min_available is 2" in played.state.members["web1"].why


def test_two_in_hand_are_treated_alike() -> None:
    """When one fails, the other in hand comes to rest as well, and nobody goes next."""
    policies = replace(QUICK, max_unavailable=Amount(2))
    played = play(Scenario(policies, FOUR, prepare=bad_v2("web1")))
    ended(played, "halted", 4)
    assert played.phases()["web1"] == "failed"
    assert played.phases()["web2"] == "failed"
    assert [played.phases()[name] for name in ("web3", "web4")] == ["waiting", "waiting"]


@pytest.mark.parametrize("gate", [MEMBER_GATE, POOL_GATE], ids=["member", "pool"])
def test_nobody_unproven_is_left_to_users(gate: Gate) -> None:
    """When v2 fails at two members and one is to blame, both are out again: after the halt nobody
    would watch the other. Who is to blame for a pool gate may show only after the halt."""
    policies = replace(QUICK, max_unavailable=Amount(2), gates=(gate,), soak=ms(2500))
    played = play(Scenario(policies, FIVE, prepare=bad_v2()))
    ended(played, "halted", 4)
    phases = played.phases()
    assert [phases[name] for name in ("web1", "web2", "web3")] == ["failed", "failed", "waiting"]
    assert {admin_of(played.world.sim, name) for name in ("web1", "web2")} == {Admin.OUT}
    blamed = next(one.member for one in played.told(Halted) if one.condemned)
    other = "web2" if blamed == "web1" else "web1"
    members = played.state.members
    assert members[str(blamed)].why == f"failed gate {gate.name!r}"
    assert members[other].why == f"not proven when {blamed} failed gate {gate.name!r}"


def test_quiet_member_passes() -> None:
    """A member that served a single request, well, passes, and the note says how quiet it was."""

    def prepare(world: World) -> None:
        world.sim.traffic.gap = ms(400)

    played = play(Scenario(prepare=prepare))
    ended(played, "done", 0)
    assert played.state.members["web1"].why.startswith("quiet: ")


def test_member_without_any_request_halts() -> None:
    """Not one request is no evidence: held, then halted (S5)."""

    def prepare(world: World) -> None:
        world.sim.traffic.stops_at = ms(700)

    played = play(Scenario(prepare=prepare))
    ended(played, "halted", 4)
    assert "has been inconclusive for 1.5s: no data" in played.end.why
    assert played.phases()["web2"] == "waiting"


@pytest.mark.parametrize("gate", [MEMBER_GATE, POOL_GATE], ids=["member", "pool"])
def test_missing_evidence_may_be_let_pass(gate: Gate) -> None:
    """`then: pass` goes on after the hold, and a member without a request is not called quiet."""

    def prepare(world: World) -> None:
        world.sim.traffic.stops_at = ms(0)

    lenient = replace(gate, then=Then.PASS)
    played = play(Scenario(replace(QUICK, gates=(lenient,)), prepare=prepare))
    ended(played, "done", 0)
    assert played.state.members["web1"].why == "0 requests: passed without evidence"


def test_override_goes_on_in_spite_of_a_gate() -> None:
    """An overridden gate is sampled, and stops nothing."""
    begin = RunBegan("tester", overrides={"errors": "known noise"})
    played = play(Scenario(prepare=bad_v2(), begin=begin))
    ended(played, "done", 0)
    assert Verdict.FAIL in {sample.verdict for sample in played.told(GateSampled)}


def test_few_errors_halt_only_in_a_row() -> None:
    """With `failures: 3` a gate trips at the third failing sample in a row."""
    slow = replace(MEMBER_GATE, failures=3)
    played = play(Scenario(replace(QUICK, gates=(slow,), soak=ms(3000)), prepare=bad_v2()))
    ended(played, "halted", 4)
    verdicts = [sample.verdict for sample in played.told(GateSampled)]
    assert verdicts[: verdicts.index(Verdict.FAIL) + 3][-3:] == [Verdict.FAIL] * 3


# --- pool gates ------------------------------------------------------------------------------


def test_pool_gate_without_traffic_is_refused() -> None:
    """A pool gate that has nothing to judge never lets the first member go: exit 3 (S5)."""

    def prepare(world: World) -> None:
        world.sim.traffic.stops_at = ms(0)

    played = play(Scenario(POOL_ONLY, prepare=prepare))
    ended(played, "refused", 3)
    assert played.calls == []


def test_evidence_that_goes_missing_after_the_call() -> None:
    """A member that was called is not taken out once the pool gate has nothing to say (S5)."""

    def prepare(world: World) -> None:
        world.workshop.thinks = ms(2600)
        world.sim.traffic.stops_at = ms(2900)

    played = play(Scenario(POOL_ONLY, has_guard=True, prepare=prepare))
    ended(played, "refused", 3)
    assert played.calls == []


def test_failing_pool_is_refused() -> None:
    """A pool that is failing already is not touched: exit 3."""

    def prepare(world: World) -> None:
        world.sim.traffic.fails = lambda app, number: number % 3 == 0

    ended(play(Scenario(POOL_ONLY, prepare=prepare)), "refused", 3)


def sick_from(moment: timedelta) -> Callable[[World], None]:
    """One request in four fails from then on, whoever serves it."""

    def prepare(world: World) -> None:
        def fails(app: App, number: int) -> bool:
            return world.sim.now > moment and number % 4 == 0

        world.sim.traffic.fails = fails

    return prepare


@pytest.mark.parametrize("then", [Then.HALT, Then.PASS])
def test_half_a_second_of_a_pool_says_nothing(then: Then) -> None:
    """A sick pool that looked well for a moment is not touched: a pool gate watches for the whole
    of its (short) window before it says pass for the first time, whatever may be let pass."""
    gate = replace(POOL_GATE, then=then, hold=ms(300))
    policies = replace(POOL_ONLY, gates=(gate,))
    played = play(Scenario(policies, FOUR, prepare=sick_from(ms(1200))))
    ended(played, "refused", 3)
    assert played.calls == []
    samples = played.told(GateSampled)
    assert Verdict.PASS not in {one.verdict for one in samples}
    assert any(one.reason.startswith("too early: none of ") for one in samples)


def test_seen_tells_the_span_that_was_watched() -> None:
    """A halt names the span that its figures are of, not the window that was not over yet."""
    policies = replace(POOL_ONLY, gates=(replace(POOL_GATE, window=ms(60_000)),))
    played = play(Scenario(policies, FOUR, prepare=sick_from(ms(1200))))
    ended(played, "refused", 3)
    assert re.search(r"in the pool, over the last (0\.\d|1(\.\d)?)s", played.end.why)


def test_long_window_is_watched_for_five_seconds() -> None:
    """Whatever the window, the first pass comes after five seconds, and the first drain with it."""
    policies = replace(POOL_ONLY, gates=(replace(POOL_GATE, window=ms(60_000)),))
    played = play(Scenario(policies))
    ended(played, "done", 0)
    moments = [record.at for record in played.world.journal.written(ROLLOUT)]
    drained = next(at for at, one in zip(moments[1:], played.events, strict=True) if _drains(one))
    assert ms(5000) <= drained - moments[0] < ms(5500)


def _drains(event: Event) -> bool:
    return isinstance(event, Intended) and isinstance(event.step, SetMember)


def test_resumed_run_watches_the_pool_anew() -> None:
    """What a former process saw of the pool is gone: nobody goes on it (S5)."""
    scenario = Scenario(POOL_ONLY, FOUR, beats=at("web1", Phase.UPGRADING, signal()))
    stopped = play(scenario)
    ended(stopped, "stopped", 7)
    sick_from(stopped.world.sim.now + ms(600))(stopped.world)
    resumed = play_on(replace(scenario, beats=()), stopped.world)
    ended(resumed, "halted", 4)
    assert {name for verb, name in resumed.calls if verb == "drain"} <= {"web1"}


def test_pool_gate_takes_out_the_member_that_is_worse() -> None:
    """The member in hand fails more than those not yet upgraded: it goes out again."""
    played = play(Scenario(POOL_ONLY, FOUR, prepare=bad_v2()))
    ended(played, "halted", 4)
    assert played.phases()["web1"] == "failed"
    assert played.told(Halted)[-1].member == "web1"


def test_pool_gate_whose_first_failures_tell_little() -> None:
    """It stops the rollout at its first failures, and the member to blame for them is found, and
    goes out again, by those that follow."""

    def prepare(world: World) -> None:
        world.sim.traffic.fails = lambda app, number: app.version == "v2"
        world.sim.traffic.gap = ms(150)

    policies = replace(POOL_ONLY, gates=(replace(POOL_GATE, min_requests=5),))
    played = play(Scenario(policies, THREE, prepare=prepare))
    ended(played, "halted", 4)
    assert (played.phases()["web1"], admin_of(played.world.sim, "web1")) == ("failed", Admin.OUT)
    first, second = played.told(Halted)
    assert (first.condemned, second.condemned) == ((), ("web1",))
    assert played.state.halt == first
    assert "web1 fails more of its requests" in second.seen


def test_pool_gate_leaves_somebody_elses_incident_alone() -> None:
    """Everybody fails alike: the rollout stops and no capacity is taken away."""

    def prepare(world: World) -> None:
        world.sim.traffic.fails = lambda app, number: world.sim.now > ms(3500) and number % 2 == 0

    scenario = Scenario(POOL_ONLY, FOUR, prepare=prepare)
    played = play(scenario)
    ended(played, "halted", 4)
    assert played.phases()["web1"] == "kept"
    assert admin_of(played.world.sim, "web1") is Admin.READY


def test_pool_gate_while_draining() -> None:
    """A pool gate that fails before the upgrade has begun sends the member back as it was."""

    def prepare(world: World) -> None:
        world.sim.apps["web1"].takes = ms(5000)
        world.sim.traffic.fails = lambda app, number: world.sim.now > ms(3000) and number % 2 == 0

    played = play(Scenario(POOL_ONLY, FOUR, prepare=prepare))
    ended(played, "halted", 4)
    assert played.phases()["web1"] == "waiting"
    assert played.versions()["web1"] == "v1"


def test_pool_gate_during_a_step() -> None:
    """A running step ends by itself, then its member stays out."""

    def prepare(world: World) -> None:
        scripted(Script(ms(1800)))(world)
        world.sim.traffic.fails = lambda app, number: world.sim.now > ms(3000) and number % 2 == 0

    played = play(Scenario(POOL_ONLY, FOUR, prepare=prepare))
    ended(played, "halted", 4)
    assert played.phases()["web1"] == "failed"
    assert played.versions()["web1"] == "v2"


# --- the way back ----------------------------------------------------------------------------


@pytest.mark.parametrize("policies", [BACK_MEMBER, BACK_ALL], ids=["member", "all"])
def test_rollback_of_the_failed_member(policies: Policies) -> None:
    """The failed member is rolled back, validated and returned; still exit 4."""
    played = play(Scenario(policies, THREE, prepare=bad_v2(), has_rollback=True))
    ended(played, "halted", 4)
    assert set(played.versions().values()) == {"v1"}
    assert played.phases()["web1"] == "done"


def test_rollback_of_all_newest_first() -> None:
    """Every upgraded member goes back, the failed one first, then the newest first, one by one."""
    played = play(Scenario(BACK_ALL, FOUR, prepare=bad_v2("web3"), has_rollback=True))
    ended(played, "halted", 4)
    assert set(played.versions().values()) == {"v1"}
    jobs = [job.argv[1] for job in played.world.workshop.jobs.values() if job.argv[0] == "rollback"]
    assert jobs == ["web3", "web2", "web1"]


def test_rollback_of_the_failed_member_leaves_the_others() -> None:
    """`rollback_member` leaves what was upgraded well where it is."""
    played = play(Scenario(BACK_MEMBER, FOUR, prepare=bad_v2("web3"), has_rollback=True))
    ended(played, "halted", 4)
    assert list(played.versions().values()) == ["v2", "v2", "v1", "v1"]


def test_rollback_that_fails_is_stuck() -> None:
    """A member whose rollback fails too is stuck: out, named, for a human; the cause stands."""

    def prepare(world: World) -> None:
        bad_v2()(world)
        world.workshop.scripts["rollback", "web1", "0"] = [Script(exit_code=1, version=None)]

    played = play(Scenario(BACK_MEMBER, THREE, prepare=prepare, has_rollback=True))
    ended(played, "halted", 4)
    assert played.phases()["web1"] == "stuck"
    assert admin_of(played.world.sim, "web1") is Admin.OUT
    assert [halt.cause for halt in played.told(Halted)] == [Cause.GATE, Cause.MEMBER]


def test_rollback_after_a_failed_step() -> None:
    """A failed step is rolled back too, and ends with exit 5."""
    scenario = Scenario(
        BACK_MEMBER, THREE, prepare=scripted(Script(exit_code=1)), has_rollback=True
    )
    played = play(scenario)
    ended(played, "halted", 5)
    assert played.phases()["web1"] == "done"
    assert played.versions()["web1"] == "v1"


def test_rollback_with_a_guard_skips_who_is_there() -> None:
    """A member that is at the former version already is not rolled back."""

    def prepare(world: World) -> None:
        scripted(Script(exit_code=1, version=None))(world)

    played = play(Scenario(BACK_MEMBER, THREE, prepare=prepare, has_rollback=True, has_guard=True))
    ended(played, "halted", 5)
    assert played.phases()["web1"] == "done"
    assert not any(job.argv[0] == "rollback" for job in played.world.workshop.jobs.values())


def test_rollback_of_a_member_that_was_kept() -> None:
    """One that S2 kept in rotation is rolled back as soon as the floor allows it."""

    def down(world: World, runner: object) -> None:
        world.sim.down("web2")
        world.sim.plans.append(
            (world.sim.now + ms(2500), lambda sim: sim.set_answers("web2", True))
        )

    scenario = Scenario(
        BACK_MEMBER,
        THREE,
        prepare=bad_v2(),
        has_rollback=True,
        beats=at("web1", Phase.SOAKING, down),
    )
    played = play(scenario)
    ended(played, "halted", 4)
    assert played.versions()["web1"] == "v1"
    assert played.phases()["web1"] == "done"


def test_no_rollback_for_somebody_elses_doing() -> None:
    """A lost balancer or another hand is no reason to roll back."""

    def out(world: World, runner: object) -> None:
        world.sim.plans.append((world.sim.now + ms(30), lambda sim: sim.foreign("web1", Admin.OUT)))

    played = play(
        Scenario(BACK_ALL, THREE, has_rollback=True, beats=at("web1", Phase.SOAKING, out))
    )
    ended(played, "halted", 5)
    assert Setting.DRAIN not in played.settings("web1")[1:]
    assert "rollback" not in {job.argv[0] for job in played.world.workshop.jobs.values()}
