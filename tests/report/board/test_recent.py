"""What the board remembers, and the time that is left."""

from dataclasses import replace
from datetime import timedelta

import pytest

from controller.core import events as e
from controller.core.events import Verdict
from controller.core.gates.gate import (
    AlertGate,
    CounterGate,
    Gate,
    MetricGate,
    Scope,
    TimingGate,
)
from controller.core.gates.tally import Tally
from controller.core.phases import Phase
from controller.core.plan.plan import Plan
from controller.core.pool import Counters, Incarnation, InstanceView
from controller.core.settings import DrainPolicy, Policies
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.core.steps import SetMember, Setting
from controller.report.board.eta import Left, left_words, time_left
from controller.report.board.recent import (
    COUNTS,
    SAMPLES,
    TURNS,
    FailurePeriod,
    Recent,
    remember,
    share_of_limit,
)
from tests.report.board.boards import INSTANCE, NOW, ago, member, plan, scene, state

LOOKED = e.Looked(InstanceView(INSTANCE, NOW, Incarnation("77", 1), (), is_full=True))


def seconds(*values: float) -> tuple[timedelta, ...]:
    return tuple(timedelta(seconds=value) for value in values)


def of(phase: Phase) -> State:
    return state(plan(), member("web1", phase))


def sampled(errors: int, total: int, name: str | None = "web1") -> e.GateSampled:
    value = errors / total if total else None
    return e.GateSampled("errors", name, Verdict.PASS, "", errors, total, value, 0.01)


# --- the past ----------------------------------------------------------------------------------


def test_turns_are_measured() -> None:
    """From the first touch to the end; one that was put back as it was tells nothing."""
    drain = e.Intended(SetMember("web1", Setting.DRAIN))
    due, draining, done = of(Phase.DUE), of(Phase.DRAINING), of(Phase.DONE)
    past = remember(Recent(), plan(), drain, due, draining, ago(50))
    assert past.began == {"web1": ago(50)}
    out = remember(past, plan(), drain, draining, of(Phase.OUT), ago(40))
    assert out.began == {"web1": ago(50)}
    ended = remember(out, plan(), e.SoakEnded("web1", ""), of(Phase.SOAKING), done, NOW)
    assert (ended.began, ended.took) == ({}, seconds(50))
    back = e.MemberSet("web1", Setting.RESTORE, {})
    restored = remember(out, plan(), back, of(Phase.RESTORING), of(Phase.WAITING), NOW)
    assert (restored.began, restored.took) == ({}, ())
    full = replace(out, took=seconds(*range(TURNS)))
    last = remember(full, plan(), e.SoakEnded("web1", ""), of(Phase.SOAKING), done, NOW)
    assert last.took == seconds(*range(1, TURNS), 50)


def test_samples_are_bounded() -> None:
    """The last ones of the member in soak; those of a former one go when the next is judged."""
    soaking = of(Phase.SOAKING)
    past = Recent()
    for i in range(SAMPLES + 5):
        past = remember(past, plan(), sampled(i % 2, 100), soaking, soaking, NOW)
    assert len(past.marks["errors", "web1"]) == SAMPLES
    other = state(plan(), member("web1", Phase.DONE), member("web2", Phase.SOAKING))
    past = remember(past, plan(), sampled(0, 1, "web2"), other, other, NOW)
    assert list(past.marks) == [("errors", "web2")]


def test_samples_begin_anew_with_a_return() -> None:
    """What a gate said before a member was returned once more is not of this return."""
    soaking = of(Phase.SOAKING)
    past = remember(Recent(), plan(), sampled(0, 9), soaking, soaking, NOW)
    assert remember(past, plan(), e.MemberReturned("web1"), soaking, soaking, NOW).marks == {}


def test_a_gate_of_another_file_is_ignored() -> None:
    """A sample of a gate that the plan does not have changes nothing."""
    soaking = of(Phase.SOAKING)
    event = replace(sampled(0, 9), gate="other")
    assert remember(Recent(), plan(), event, soaking, soaking, NOW) == Recent()


def test_counts_in_flight() -> None:
    """Twice a second at most, of members in hand alone, a few of them."""
    draining = state(plan(), member("web1", Phase.DRAINING), out={"web1": 7})
    past = Recent()
    for i in range(40):
        past = remember(past, plan(), LOOKED, draining, draining, ago(10 - i / 4))
    assert past.in_flight == {"web1": (7,) * COUNTS}
    again = remember(past, plan(), LOOKED, draining, draining, ago(0.3))
    assert again is past
    done = of(Phase.DONE)
    assert remember(past, plan(), LOOKED, done, done, NOW + timedelta(seconds=1)).in_flight == {}


def pooled(errors: int) -> State:
    return replace(state(plan()), pool=Tally(Counters(errors, 1000)))


def test_spells_of_failures() -> None:
    """Failures close to each other are one spell; after a while without any, it is another."""
    past = Recent()
    for at, before, after in ((20, 0, 2), (15, 2, 5), (14, 5, 5), (3, 5, 6)):
        past = remember(past, plan(), LOOKED, pooled(before), pooled(after), ago(at))
        if at == 14:
            assert past.failing == FailurePeriod(ago(20), ago(15), 5)
    assert past.failing == FailurePeriod(ago(3), ago(3), 1)


SHARES: list[tuple[Gate, float | None, float | None, float | None]] = [
    (CounterGate("errors", Scope.MEMBER, 0.01), 0.01, None, 0.5),
    (CounterGate("errors", Scope.MEMBER, 0.01), None, None, None),
    (CounterGate("errors", Scope.MEMBER, 0.0), 0.01, None, 1.0),
    (CounterGate("errors", Scope.MEMBER, 0.0), 0.0, None, 0.0),
    (AlertGate("errors", Scope.POOL), 2.0, None, 1.0),
    (TimingGate("errors", Scope.MEMBER), 0.3, 0.1, 1.0),
    (MetricGate("errors", Scope.POOL, {}, maximum=4.0), 1.0, None, 0.125),
    (MetricGate("errors", Scope.POOL, {}, minimum=4.0), 8.0, None, 1.0),
    (MetricGate("errors", Scope.POOL, {}, max_increase=1.0), 3.0, 2.0, 0.5),
    (MetricGate("errors", Scope.POOL, {}), 3.0, 6.0, 0.25),
]


@pytest.mark.parametrize(("gate", "value", "baseline", "share"), SHARES)
def test_share_of_limit(
    gate: Gate, value: float | None, baseline: float | None, share: float | None
) -> None:
    """Half is the limit, for every kind of limit; nothing where there is no value."""
    event = e.GateSampled("errors", None, Verdict.PASS, "", 0, 0, value, None, baseline)
    assert share_of_limit(gate, event) == share


# --- the time that is left -----------------------------------------------------------------------

POLICIES = Policies(soak=timedelta(seconds=30), drain=DrainPolicy(sticky=timedelta(seconds=5)))


def four(together: int = 1, canaries: tuple[str, ...] = ()) -> Plan:
    return plan(4, max_unavailable=together, canaries=canaries, policies=POLICIES)


def left(
    which: Plan, *members: MemberState, past: Recent | None = None, commands: float | None = 10
) -> Left:
    at = scene(which, state(which, *members)).at
    took = timedelta(seconds=commands) if commands is not None else None
    return time_left(at, past if past is not None else Recent(), took)


def lasting(value: float, *, is_least: bool = False) -> Left:
    return Left(timedelta(seconds=value), is_least)


def test_before_the_first() -> None:
    """The waits that the file asks for, and the commands as they were the last time: four times,
    or twice where two go at once. Where these are not known, it is the least that it takes."""
    assert left(four()) == lasting(160)
    assert left(four(2)) == lasting(80)
    assert left(four(8)) == lasting(40)
    assert left(four(), commands=None) == lasting(120, is_least=True)


def test_canaries_come_first() -> None:
    """The others wait for the canary, however many might go at once."""
    assert left(four(4, ("web1",))) == lasting(80)
    busy = member("web1", Phase.UPGRADING)
    past = Recent(began={"web1": ago(15)})
    assert left(four(4, ("web1",)), busy, past=past) == lasting(30 + 40)


def test_those_done_tell_how_long_one_takes() -> None:
    """Their mean, less what the one in hand has behind it; what the file asks for is the least."""
    past = Recent(took=seconds(50, 70), began={"web3": ago(20)})
    done = [member(name, Phase.DONE) for name in ("web1", "web2")]
    busy = member("web3", Phase.UPGRADING)
    assert left(four(), *done, busy, past=past, commands=None) == lasting(40 + 60)
    soaking = member("web3", Phase.SOAKING, warmed_at=ago(3))
    late = replace(past, began={"web3": ago(300)})
    assert left(four(), *done, soaking, past=late, commands=None) == lasting(27 + 60)
    assert left(four(), *done, busy, past=late) == lasting(30 + 60, is_least=True)
    ramping = member("web3", Phase.RAMPING)
    assert left(four(), *done, ramping, past=late) == lasting(30 + 60)


def test_sticky_clients_are_waited_for() -> None:
    """The wait of one whose turn has just come."""
    sticky = replace(four(), sticky={"web": "cookie SRV"}, members=four().members[:1])
    assert left(sticky, commands=0) == lasting(35)
    assert left(sticky, member("web1", Phase.DUE), commands=0) == lasting(35)


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (lasting(-4), "about 5s left"),
        (lasting(11), "about 15s left"),
        (lasting(91), "about 2 min left"),
        (lasting(3541), "about 1h00 left"),
        (lasting(7300, is_least=True), "at least 2h05 left"),
    ],
)
def test_left_words(value: Left, said: str) -> None:
    """Rounded up to what can be read at a glance."""
    assert left_words(value) == said
