"""Gates on metrics systems: no sequence of samples without a pass lets a next member go (S5)."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from typing import Never, Self, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from controller.config import parse
from controller.core.events import GateSampled, Halted, MemberCalled, SoakEnded, Verdict
from controller.core.gates.evidence import (
    Alert,
    AlertRule,
    Freshness,
    Missing,
    Query,
    Reading,
    Reduce,
)
from controller.core.gates.gate import (
    AlertGate,
    AskedGate,
    CounterGate,
    Gate,
    Matcher,
    MetricGate,
    Then,
)
from controller.core.phases import Phase
from controller.core.pool import Admin
from controller.core.settings import Policies
from controller.preflight.gates import ask_gates
from controller.runner.loop import Runner
from tests.config.pages import page
from tests.promises.beats import (
    at,
    back_after,
    bad_v2,
    ended,
    later,
    scripted,
    signal,
    three_behind_two,
)
from tests.promises.told import (
    ALERTS,
    BAD,
    GONE,
    GOOD,
    MEMBER,
    POOL,
    Say,
    Told,
    sampler,
)
from tests.support.fakes import Script
from tests.support.plays import Played, play, play_on
from tests.support.scenarios import (
    MEMBER_GATE,
    QUICK,
    ROLLOUT,
    Act,
    Beat,
    Scenario,
    World,
    enters,
    ms,
    tells,
)
from tests.support.sim import make_sim
from tests.support.virtual import stand_still

THREE = partial(make_sim, 3)
PATIENT = replace(QUICK, soak=ms(3000))
LATE = frozenset({Missing.TOO_EARLY, Missing.STALE})


def by(*gates: Gate, policies: Policies = QUICK) -> Policies:
    return replace(policies, gates=gates)


def now(source: Told, say: Say | None) -> Act:
    """From now on it says this to everything."""

    def act(world: World, runner: Runner) -> None:
        source.now = say

    return act


def samples(played: Played, gate: str, member: str | None) -> list[GateSampled]:
    found = played.told(GateSampled)
    return [one for one in found if (one.gate, one.member) == (gate, member)]


# --- whatever is said ------------------------------------------------------------------------

TAKES = st.sampled_from([ms(5), ms(150), ms(700)])
NO_NUMBER = st.builds(Say, st.sampled_from([*Missing, None]), TAKES)
STALE = st.builds(Say, st.sampled_from([0.0, 0.001, 0.5]), TAKES, st.just(ms(400)))
NUMBER = st.builds(Say, st.sampled_from([0.0, 0.001, 0.5]), TAKES)
NO_PASS = st.lists(st.one_of(NO_NUMBER, STALE, st.just(BAD)), min_size=1, max_size=12)
MOSTLY_GOOD = st.one_of(st.just(GOOD), st.just(GOOD), NUMBER, STALE, NO_NUMBER)
ANYTHING = st.lists(MOSTLY_GOOD, min_size=1, max_size=12)


@settings(max_examples=50)
@given(member=NO_PASS, pool=ANYTHING)
def test_nothing_but_a_pass_lets_the_next_member_go(member: list[Say], pool: list[Say]) -> None:
    """Whatever else is said of the first member, and of the pool: the second stays untouched."""
    source = Told({"web1": member, "pool": pool})
    scenario = Scenario(by(MEMBER, POOL), THREE, sampler=lambda: sampler(a=source))
    played = play(scenario)
    assert played.broken == []
    assert (played.end.outcome, played.end.exit_code) in {("halted", 4), ("refused", 3)}
    assert {name for _, name in played.calls} <= {"web1"}
    assert played.phases()["web2"] == "waiting"


@settings(max_examples=50)
@given(st.fixed_dictionaries(dict.fromkeys(("web1", "web2", "web3", "pool"), ANYTHING)))
def test_every_step_onwards_rests_on_a_pass(scripts: dict[str, list[Say]]) -> None:
    """A member is called only while the pool's last sample is a pass, and its soak ends only while
    its own is one as well; a pass is never of what has no number, is stale or too early."""
    source = Told(scripts)
    scenario = Scenario(by(MEMBER, POOL), THREE, sampler=lambda: sampler(a=source))
    played = play(scenario)
    assert played.broken == []
    last: dict[tuple[str, str | None], Verdict] = {}
    for event in played.events:
        match event:
            case GateSampled():
                last[event.gate, event.member] = event.verdict
                if event.verdict is Verdict.PASS:
                    assert event.value is not None
                    assert event.value <= 0.01
                    assert not event.reason.startswith(tuple(LATE))
            case MemberCalled() | SoakEnded():
                assert last["pool-ratio", None] is Verdict.PASS
                if isinstance(event, SoakEnded):
                    assert last["ratio", event.member] is Verdict.PASS


# --- one by one ------------------------------------------------------------------------------


def test_passes() -> None:
    """Where all is well everybody goes, each after samples that were too early for a pass."""
    played = play(Scenario(by(MEMBER, POOL), THREE, sampler=lambda: sampler(a=Told())))
    ended(played, "done", 0)
    for member in ("web1", "web2", "web3"):
        found = samples(played, "ratio", member)
        assert found[0].reason.startswith("too early: 0.1 %")
        assert found[-1].verdict is Verdict.PASS


@pytest.mark.parametrize("gate", [MEMBER, POOL], ids=["member", "pool"])
def test_then_pass(gate: Gate) -> None:
    """Missing evidence is let pass only where the file says so, and only after the hold."""
    source = Told()
    source.now = GONE
    lenient = by(replace(gate, then=Then.PASS))
    played = play(Scenario(lenient, sampler=lambda: sampler(a=source)))
    ended(played, "done", 0)
    assert played.took >= gate.hold
    verdicts = {one.verdict for one in played.told(GateSampled)}
    assert verdicts == {Verdict.INCONCLUSIVE}


def test_then_pass_is_no_licence_to_fail() -> None:
    """A number above the limit halts in spite of it."""
    lenient = by(replace(MEMBER, then=Then.PASS))
    played = play(Scenario(lenient, sampler=lambda: sampler(a=Told({"web1": [GONE, BAD]}))))
    ended(played, "halted", 4)
    assert played.phases() == {"web1": "failed", "web2": "waiting"}


def test_a_bad_version_is_seen_as_soon_as_that_counts() -> None:
    """Two scrapes after its return, however seldom the gate is sampled."""
    seldom = replace(MEMBER, every=ms(60_000), hold=ms(90_000))
    source = Told({"web1": [BAD]})
    played = play(Scenario(by(seldom), THREE, sampler=lambda: sampler(a=source)))
    ended(played, "halted", 4)
    assert played.took < ms(10_000)
    assert [one.verdict for one in samples(played, "ratio", "web1")] == [
        Verdict.INCONCLUSIVE,
        Verdict.FAIL,
    ]


def test_then_halt() -> None:
    """The member in hand is finished and stays, the next is not begun, and the words tell why."""
    source = Told({"web1": [GONE]})
    played = play(Scenario(by(MEMBER), sampler=lambda: sampler(a=source)))
    ended(played, "halted", 4)
    assert played.phases() == {"web1": "kept", "web2": "waiting"}
    assert played.end.why.endswith("has been inconclusive for 1.5s: unreachable: as told")


@pytest.mark.parametrize("gate", [MEMBER, POOL], ids=["member", "pool"])
def test_hold_stands_still_while_a_balancer_is_away(gate: Gate) -> None:
    """Evidence is missing for twice its hold, and for all that time a load balancer is away."""
    source = Told()
    away = ms(3000)
    beats = (
        *at("web1", Phase.SOAKING, back_after(away)),
        *at("web1", Phase.SOAKING, now(source, GONE)),
        *at("web1", Phase.SOAKING, later(away, lambda _: setattr(source, "now", None))),
    )
    policies = replace(by(gate), lost_after=ms(9000))
    scenario = Scenario(policies, three_behind_two, beats=beats, sampler=lambda: sampler(a=source))
    played = play(scenario)
    ended(played, "done", 0)
    assert played.took > away


def test_refused_in_the_midst_of_it() -> None:
    """A query that the server will not answer any more is missing evidence, not a crash."""
    played = play(Scenario(by(MEMBER), sampler=lambda: sampler(a=Told({"web1": [Say(None)]}))))
    ended(played, "halted", 4)
    assert "cannot be read: http://metrics.test: a typo; the query is: of web1" in played.end.why


async def test_refusal_ends_what_is_asked_beside_it() -> None:
    """One server refuses: the other is not waited for, and nothing of the sample runs on."""
    ended_early: list[str] = []

    class Slow(Told):
        async def read(
            self, query: str, *, reduce: Reduce | None = None, at: datetime | None = None
        ) -> Reading:
            try:
                return await super().read(query, reduce=reduce, at=at)
            except asyncio.CancelledError:
                ended_early.append(query)
                raise

    slow = Slow({"web1": [Say(0.0, takes=ms(60_000))]})
    asking = sampler(a=Told({"web1": [Say(None)]}), b=slow)
    async with asyncio.timeout(60):
        sample = await asking.sample(MEMBER, "web1", ms(1000))
    assert sample.verdict is Verdict.INCONCLUSIVE
    assert sample.reason.startswith("cannot be read: ")
    assert ended_early == ["of web1"]
    assert asyncio.all_tasks() == {asyncio.current_task()}


@pytest.mark.parametrize("gate", [MEMBER, ALERTS], ids=["query", "alerts"])
async def test_one_time_limit_for_a_whole_sample(gate: AskedGate) -> None:
    """However many questions it takes, in however many rounds."""

    class Limiting(Told):
        def for_one_sample(self) -> Self:
            begun.append(one := Told())
            return cast("Self", one)

        async def read(self, *_: object, **__: object) -> Never:
            raise AssertionError("asked outside of a sample")

        alerts = rules = freshness = freshness_of = read

    begun: list[Told] = []
    sample = await sampler(a=Limiting()).sample(gate, "web1", ms(1000))
    assert (sample.verdict, len(begun)) == (Verdict.PASS, 1)


@pytest.mark.parametrize(
    ("gate", "expected"), [(MEMBER, [ms(1000), ms(0)]), (POOL, [None, None])], ids=["own", "pool"]
)
async def test_no_target_of_a_member_is_hidden(
    gate: MetricGate, expected: list[timedelta | None]
) -> None:
    """Each that has shown it since its return must go on; a member's own may be down while it is
    upgraded, so a gate on the pool cannot ask for that."""
    told: list[timedelta | None] = []

    class Noting(Told):
        async def freshness_of(
            self, query: str, *, at: datetime | None = None, since: timedelta | None = None
        ) -> Freshness | None:
            told.append(since)
            return Freshness(query, ms(50), ms(100), is_derived=True)

    plain = replace(gate, queries={Query.VALUE: "of "})
    asking = sampler(a=Noting())
    sample = await asking.sample(plain, "web1", ms(1000))
    (before,) = await ask_gates([plain], "web1", asking)
    assert (sample.verdict, before.refusal, told) == (Verdict.PASS, None, expected)


def test_pool_fails_during_a_step() -> None:
    """The running step ends by itself, and its member stays out; nobody else is touched."""
    source = Told()
    scenario = Scenario(
        by(POOL),
        THREE,
        prepare=scripted(Script(ms(1800))),
        beats=at("web1", Phase.UPGRADING, now(source, BAD)),
        sampler=lambda: sampler(a=source),
    )
    played = play(scenario)
    ended(played, "halted", 4)
    assert played.versions() == {"web1": "v2", "web2": "v1", "web3": "v1"}
    assert played.phases() == {"web1": "failed", "web2": "waiting", "web3": "waiting"}
    assert played.world.sim.instances["lb1"].of("web1")[0].admin is Admin.OUT
    assert len(played.world.workshop.jobs) == 1


def test_silence_during_a_step_that_ends_in_time() -> None:
    """Evidence that was missing while a step ran, and is back before the hold, stops nothing."""
    source = Told()
    beats = (
        *at("web1", Phase.UPGRADING, now(source, GONE)),
        *at("web1", Phase.SOAKING, now(source, None)),
    )
    played = play(Scenario(by(MEMBER, POOL), beats=beats, sampler=lambda: sampler(a=source)))
    ended(played, "done", 0)
    missing = [one for one in samples(played, "pool-ratio", None) if "as told" in one.reason]
    assert missing


@pytest.mark.parametrize(
    ("other", "outcome", "why"),
    [
        (GONE, "inconclusive", "metrics.test: unreachable: as told"),
        (BAD, "fail", "metrics.test: 50 %, above 1 %"),
        (GOOD, "pass", ""),
    ],
    ids=["silent", "bad", "good"],
)
def test_several_servers(other: Say, outcome: str, why: str) -> None:
    """The worst of them counts."""
    two = partial(sampler, a=Told(), b=Told({"web1": [other]}))
    played = play(Scenario(by(MEMBER), sampler=two))
    ended(played, *(("done", 0) if outcome == "pass" else ("halted", 4)))
    assert samples(played, "ratio", "web1")[-1].verdict == outcome
    assert why in (played.told(Halted)[0].seen if played.told(Halted) else "")


def test_a_server_that_hangs_holds_up_nobody_else() -> None:
    """While one gate waits for its answer, another that fails acts at once (S6)."""
    source = Told({"web1": [Say(0.001, takes=ms(60_000))]})
    policies = by(MEMBER_GATE, MEMBER, policies=PATIENT)
    played = play(Scenario(policies, prepare=bad_v2(), sampler=lambda: sampler(a=source)))
    ended(played, "halted", 4)
    assert played.told(Halted)[0].gate == "errors"
    assert samples(played, "ratio", "web1") == []
    assert played.took < ms(10_000)


ASKED = "{name: ratio, prometheus: {url: 'http://a.test', query: 'of ${member.name}'}, max: 1%}"
LEFT_OUT = "{name: errors, builtin: false}"


@pytest.mark.parametrize(
    ("gates", "outcome"),
    [(f"[{ASKED}]", ("halted", 4)), (f"[{ASKED}, {LEFT_OUT}]", ("done", 0))],
    ids=["on", "off"],
)
def test_builtin_gate_beside_one_that_sees_nothing(gates: str, outcome: tuple[str, int]) -> None:
    """The load balancer's own counters stop a bad version that Prometheus takes for a good one,
    unless the file leaves them out."""
    written = parse(page(f"gates: {gates}"), "FILE").settings.policies.gates
    taken = [replace(gate, every=ms(100)) for gate in written if isinstance(gate, CounterGate)]
    policies = by(*taken, MEMBER)
    played = play(Scenario(policies, prepare=bad_v2(), sampler=lambda: sampler(a=Told())))
    ended(played, *outcome)
    halts = [(one.gate, one.condemned) for one in played.told(Halted)]
    assert halts == ([("errors", ("web1",))] if outcome[0] == "halted" else [])


# --- alerts ----------------------------------------------------------------------------------

OLD, NEW = Alert("Old", {"alertname": "Old"}), Alert("New", {"alertname": "New"})


def test_alerts() -> None:
    """What fired before the first sample counts for nothing; what fires anew halts."""
    source = Told()
    source.fire(OLD)

    def fire(world: World, runner: Runner) -> None:
        source.fire(OLD, NEW)

    beats = (Beat(enters("web2", Phase.SOAKING), fire),)
    played = play(Scenario(by(ALERTS), THREE, beats=beats, sampler=lambda: sampler(a=source)))
    ended(played, "halted", 4)
    assert played.told(Halted)[0].seen == "gate 'alerts': firing: New in the pool"
    assert played.phases() == {"web1": "done", "web2": "kept", "web3": "waiting"}


def test_alerts_of_before_are_known_after_a_kill() -> None:
    """A process that takes over does not take what began meanwhile for old."""
    source = Told()
    source.fire(OLD)
    beats = (Beat(tells(MemberCalled, "web1"), signal()),)
    scenario = Scenario(by(ALERTS), beats=beats, sampler=lambda: sampler(a=source))
    first = play(scenario)
    ended(first, "stopped", 7)
    source.fire(OLD, NEW)
    later = play_on(scenario, first.world)
    ended(later, "refused", 3)
    assert later.told(Halted)[0].seen == "gate 'alerts': firing: New in the pool"
    assert first.calls + later.calls == []


def test_an_alert_that_was_resolved_is_new_when_it_fires_again() -> None:
    """What fired before is forgiven until it is seen resolved."""
    source = Told()
    source.fire(OLD)

    def resolve(world: World, runner: Runner) -> None:
        source.fire()

    def fire(world: World, runner: Runner) -> None:
        source.fire(OLD)

    beats = (
        Beat(enters("web1", Phase.SOAKING), resolve),
        Beat(enters("web2", Phase.SOAKING), fire),
    )
    played = play(Scenario(by(ALERTS), THREE, beats=beats, sampler=lambda: sampler(a=source)))
    ended(played, "halted", 4)
    assert played.told(Halted)[0].seen == "gate 'alerts': firing: Old in the pool"


OTHER = AlertRule("Other", {"severity": "info"})
PAGES = replace(ALERTS, matchers=(Matcher("severity", "=", "page"),))


@pytest.mark.parametrize(
    ("rules", "gate", "outcome"),
    [
        ((), ALERTS, ("refused", 3)),
        ((OTHER,), PAGES, ("refused", 3)),
        ((OTHER,), replace(PAGES, assumes_rules=True), ("done", 0)),
        ((OTHER,), ALERTS, ("done", 0)),
    ],
    ids=["none", "another", "assumed", "any"],
)
def test_silence_that_nothing_could_break(
    rules: tuple[AlertRule, ...], gate: AlertGate, outcome: tuple[str, int]
) -> None:
    """Without a rule that could fire, silence lets no member go (S5), unless the file says that
    rules cannot be listed."""
    source = Told()
    source.set_rules(*rules)
    played = play(Scenario(by(gate), sampler=lambda: sampler(a=source)))
    ended(played, *outcome)
    assert bool(played.calls) is (outcome[0] == "done")


@pytest.mark.parametrize("values", [("page",), ()], ids=["in the series", "nowhere"])
def test_a_label_that_comes_from_the_series(values: tuple[str, ...]) -> None:
    """A label that no rule sets may come from its series, if one has that value."""
    source = Told()
    source.set_rules(AlertRule("Plain", {}))
    source.set_values("severity", *values)
    played = play(Scenario(by(PAGES), sampler=lambda: sampler(a=source)))
    ended(played, *(("done", 0) if values else ("refused", 3)))


def test_rules_that_vanish_hold_the_rollout() -> None:
    """A server that lost its rules meanwhile proves nothing any more."""
    source = Told()

    def lose(world: World, runner: Runner) -> None:
        source.set_rules()

    beats = (Beat(enters("web1", Phase.SOAKING), lose),)
    played = play(Scenario(by(ALERTS), THREE, beats=beats, sampler=lambda: sampler(a=source)))
    ended(played, "halted", 4)
    assert "it has no alerting rule" in played.told(Halted)[0].seen
    assert played.phases()["web2"] == "waiting"


@pytest.mark.parametrize("then_says", [BAD, GOOD], ids=["fails", "passes"])
def test_a_process_that_is_stopped_for_a_while(then_says: Say) -> None:
    """What a gate said before lets nobody go afterwards, and the soak did not go on, but for the
    two seconds for which a look is good (S5)."""
    source = Told()

    def stop(world: World, runner: Runner) -> None:
        asyncio.get_running_loop().call_later(1, stopped)

    def stopped() -> None:
        stand_still(ms(30_000))
        source.now = replace(then_says, takes=ms(300))

    policies = replace(by(MEMBER, POOL), soak=ms(4000))
    scenario = Scenario(
        policies, THREE, beats=at("web1", Phase.SOAKING, stop), sampler=lambda: sampler(a=source)
    )
    played = play(scenario)
    if then_says is BAD:
        ended(played, "halted", 4)
        assert played.phases() == {"web1": "failed", "web2": "waiting", "web3": "waiting"}
    else:
        ended(played, "done", 0)
        records = played.world.journal.written(ROLLOUT)
        back, over = (
            next(one.at for one in records if one.kind == kind)
            for kind in ("MemberReturned", "SoakEnded")
        )
        assert ms(27_900) < over - back - policies.soak < ms(31_000)
