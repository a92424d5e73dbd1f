"""The journal's JSON: everything comes back as it went, and a state is what its records make it."""

import json
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest

from controller.core import events as e
from controller.core.events import Event
from controller.core.gates.gate import Scope, TimingGate
from controller.core.outcome import Outcome
from controller.core.plan.abilities import ByHand
from controller.core.pool import Found, FoundLine, Incarnation, LineKey, Member, Occupant, Seat
from controller.core.settings import OnFailure
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.core.steps import (
    AskGuard,
    AskOperator,
    AskQuestions,
    ClosePool,
    Collect,
    Course,
    OpenPool,
    RunStep,
    SetMember,
    Setting,
    Step,
    Validate,
)
from controller.errors import StateError
from controller.journal.codec import KINDS, PLAN, decode, encode
from controller.journal.replay import replay
from controller.records import Record
from tests.promises.test_interrupted import HALTED, OTHERS, WELL
from tests.support.members import PARTS
from tests.support.plays import make_plan, play
from tests.support.scenarios import ROLLOUT, Scenario
from tests.support.virtual import EPOCH, run_virtually

FOUND = Found((FoundLine(LineKey("unix:/run/a.sock", "web"), 17, {"agent": "on"}),))
WORKER = Incarnation("4711", 1_700_000_000)
SEATS = (Seat(LineKey("lb1", "web"), Occupant("uid-1", "10.0.0.1", 80, "rev-2")),)
MONDAY = datetime(2026, 11, 30, 9, 0, 0, 123456, tzinfo=UTC)
WORDS = 'quoted "words", ünïcödé, new\nline, \t, 100 %, \x00 and \x7f'

STEPS: tuple[Step, ...] = (
    SetMember("web1", Setting.DRAIN, FOUND),
    SetMember("web1", Setting.CUT),
    SetMember("web1", Setting.PUT_BACK, FOUND, 10),
    AskGuard("web1", Course.ROLLBACK, 3),
    AskQuestions("web1", Course.UPGRADE, 2, SEATS),
    Collect("web1", Course.UPGRADE, 1, "web2", SEATS),
    RunStep("web1", Course.UPGRADE, 2, 1),
    Validate("web1", Course.UPGRADE),
    AskOperator("web1"),
    RunStep("web1", Course.UPGRADE, 0, 0, SEATS, FOUND),
    SetMember("web1", Setting.CHECK, FOUND, 100, SEATS),
    Validate("web1", Course.ROLLBACK, SEATS),
    Validate("web1", Course.ROLLBACK, SEATS, as_before=True),
    AskGuard("web1", Course.UPGRADE, 0, SEATS),
    OpenPool(),
    OpenPool(Course.ROLLBACK),
    OpenPool(None),
    ClosePool({"partition": "2"}),
    ClosePool({}),
)
EVENTS: tuple[Event, ...] = (
    e.RunBegan("me"),
    e.RunBegan("me", wall=EPOCH),
    e.RunBegan("me", ("web1", "web2"), True, {"errors": WORDS}),
    e.FileKept("abc"),
    e.FileKept("abc", "def"),
    e.MemberInherited("web1", FOUND),
    *(e.Intended(step) for step in STEPS),
    e.Halted(e.Cause.GATE, WORDS, "limit", "web1", "errors", ("web1", "web2")),
    e.Halted(e.Cause.FLOOR, "seen", "limit"),
    e.RollbackBegan(("web2", "web1")),
    e.Finished(Outcome.DONE, 0),
    e.Finished(Outcome.PAUSED, 7, WORDS, until="Mon 10:00 CET", opens=MONDAY),
    e.MemberSet("web1", Setting.PUT_BACK, {"lb1": WORKER}),
    e.SettingFailed("web1", Setting.HOLD, WORDS, True),
    e.GuardAnswered("web1", e.Answer.REFUSED, WORDS),
    e.Collected("web1", 1, "web2", "rpm -qa", WORDS, WORDS, 0.5),
    e.QuestionsAnswered("web1", e.Reply.UNREACHED, WORDS),
    e.StepEnded("web1", 0, 1, False, True, "detail", WORDS, 0.123456),
    e.Validated("web1", True, WORDS),
    e.OperatorAnswered("web1", False),
    e.MemberCalled("web1"),
    e.MemberStoodDown("web1"),
    e.MemberFoundOut("web1"),
    e.StepsUndone("web1", "another server"),
    e.MemberLeft("web1", WORDS),
    e.MemberReturned("web1"),
    e.RampEnded("web1"),
    e.OutageSpent("web1", 50, timedelta(minutes=5), timedelta(seconds=150.5)),
    e.RampRefused("web1", WORDS),
    e.SoakEnded("web1", "note"),
    e.MemberFailed("web1", WORDS),
    e.MemberKept("web1", WORDS),
    e.MemberStuck("web1"),
    e.RestoreBegan("web1"),
    e.InstanceRestarted("lb1", WORKER, Incarnation("4712", 1_700_000_100)),
    e.ForeignHandSeen("web1", "lb1"),
    e.CapacityShort(2, "web at lb1"),
    e.CapacityBack(3),
    e.RolesSeen({"db1": "standby", "db2": "active"}),
    e.GateSampled("errors", "web1", e.Verdict.FAIL, WORDS, 3, 10, 0.3, 0.01),
    e.GateSampled("pool", None, e.Verdict.INCONCLUSIVE, "no data", 0, 0, None, 0.01),
    e.StopRequested("SIGTERM", at_once=True),
    e.PauseRequested("me"),
    e.ResumeRequested("me", WORDS),
    e.AbortRequested("me", restore=True, request=7),
    e.LockLost("not renewed for 15 s"),
    e.JournalStalled("the disk is full"),
    e.MemberJoined(Member("web9", "10.0.0.9", 80, "host9", {"rack": "b"}), FOUND),
    e.MemberJoined(Member("web9", "", 0)),
    e.MemberGone("web1", WORDS),
    e.MemberMoved("web1", "10.0.0.1:80", SEATS),
    e.MemberRetired("web1"),
    e.MemberRelapsed("web1", "unix:/run/a.sock", FOUND),
    e.MemberRenewed("web1", FOUND),
    e.PoolOpened({"partition": "2"}),
    e.PoolClosed(),
    e.PoolStepFailed(WORDS, True),
)


@pytest.mark.parametrize("event", EVENTS, ids=lambda event: type(event).__name__)
def test_event_comes_back(event: Event) -> None:
    """Every event is the same after a round through its JSON, kinds of steps included."""
    kind, body = encode(event)
    again = decode(kind, body)
    assert again == event
    assert type(again) is type(event)
    if isinstance(event, e.Intended):
        assert isinstance(again, e.Intended)
        assert type(again.step) is type(event.step)


def test_file_is_remembered() -> None:
    """The fingerprint of the rollout file is part of the state."""
    played = play(Scenario(), e.FileKept("abc"))
    assert played.state.fingerprint == "abc"


def test_every_kind_is_tried() -> None:
    """The table above leaves out no kind of event and no kind of step."""
    assert {type(event) for event in EVENTS} == set(get_args(Event))
    assert {type(step) for step in STEPS} == set(get_args(Step))
    assert set(KINDS) == {kind.__name__ for kind in get_args(Event)} | {PLAN}


def test_plan_comes_back() -> None:
    """A plan is the same after a round through its JSON."""
    scenario = Scenario(canaries=("web2",), sticky=("web",), has_rollback=True, has_guard=True)
    plan = run_virtually(make_plan(scenario, scenario.world()))
    gates = (*plan.policies.gates, TimingGate("latency", Scope.MEMBER, times=2.5, failures=2))
    plan = replace(plan, policies=replace(plan.policies, gates=gates))
    assert decode(*encode(plan)) == plan
    assert plan.policies.on_failure is OnFailure.HALT


def test_plan_of_an_older_version_comes_back() -> None:
    """Fields that it did not write yet have their defaults: nothing settles, no pace, and no word
    of what to type by hand."""
    scenario = Scenario()
    plan = run_virtually(make_plan(scenario, scenario.world()))
    kind, body = encode(plan)
    older = {k: v for k, v in json.loads(body).items() if k not in ("settle", "pace", "by_hand")}
    assert decode(kind, json.dumps(older)) == replace(plan, by_hand=ByHand())


@pytest.mark.parametrize(
    ("kind", "body", "words"),
    [
        ("MemberTeleported", "{}", "unknown kind, 'MemberTeleported'"),
        ("MemberCalled", "{", "cannot be read"),
        ("MemberCalled", '{"who": "web1"}', "cannot be read"),
        ("Halted", '{"cause": "moon", "seen": "", "limit": ""}', "cannot be read"),
    ],
)
def test_what_cannot_be_read(kind: str, body: str, words: str) -> None:
    """A line of another version, or a broken one, is an error for people, not a traceback."""
    with pytest.raises(StateError, match=words):
        decode(kind, body)


def line(kind: str, body: str) -> Record:
    return Record(1, ROLLOUT, EPOCH, timedelta(0), kind, body)


@pytest.mark.parametrize("records", [[], [line(*encode(e.MemberCalled("web1")))]])
def test_journal_without_a_plan(records: list[Record]) -> None:
    """Without its plan a rollout cannot be taken up, and that is said."""
    with pytest.raises(StateError, match="plan"):
        replay(records)


SEEN_ONLY = {
    State: {
        "members",
        "snapshots",
        "known",
        "tallies",
        "pool",
        "points",
        "flows",
        "fronts",
        "measured",
        "races",
        "queues",
        "unseen",
        "unseen_since",
    },
    MemberState: {
        "quiet",
        "arrivals",
        "came_when_out",
        "persistent",
        "warmed_at",
        "mark",
        "peers_mark",
        "mark_at",
        "seen_at",
    },
}
"""Fields that say what was seen since, and are gone after a crash."""


def journalled(value: State | MemberState) -> dict[str, Any]:
    found = {field.name: getattr(value, field.name) for field in fields(value)}
    if isinstance(value, MemberState):
        for part in PARTS:
            one = found.pop(part)
            found |= {field.name: getattr(one, field.name) for field in fields(one)}
    return {name: found[name] for name in found.keys() - SEEN_ONLY[type(value)]}


@pytest.mark.parametrize(
    "scenario", [*WELL.values(), *(one for _, one in HALTED.values()), *OTHERS.values()]
)
def test_state_is_what_the_records_make_it(scenario: Scenario) -> None:
    """After each record, the replayed state and the live one agree in all that is journalled."""
    lived: list[State] = []

    def narrate(event: object, before: State, after: State) -> None:
        if not isinstance(event, e.Looked | e.LookFailed):
            lived.append(after)

    played = play(scenario, narrate=narrate)
    records = played.world.journal.written(ROLLOUT)
    assert len(lived) == len(records) - 1
    for count in range(1, len(records), 3):
        plan, state = replay(records[: count + 1])
        assert plan == played.plan
        assert journalled(state) == journalled(lived[count - 1])
        for name, m in state.members.items():
            assert journalled(m) == journalled(lived[count - 1].members[name])
