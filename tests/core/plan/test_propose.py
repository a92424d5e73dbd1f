"""The plan: order, arithmetic, and every reason to refuse."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.gates.gate import CounterGate, Scope, TimingGate
from controller.core.plan.abilities import Abilities, ByHand
from controller.core.plan.machines import seats_of
from controller.core.plan.plan import CourseShape, Purpose
from controller.core.plan.propose import NO_MEMBERS, Proposal, propose
from controller.core.pool import Admin, Counters, Health, Incarnation, InstanceView, Line, Member
from controller.core.settings import (
    Amount,
    DrainPolicy,
    OnTimeout,
    Order,
    Policies,
    Selection,
    Settings,
)
from tests.core.gates.slow import Averaged
from tests.core.test_snapshot import line
from tests.support.lines import address_of

NAMES = ("a1", "a2", "b1", "b2")
DOORS = ("lb1", "lb2")
BY_HAND = ByHand("in {member}", "out {member}")


def views(*changed: Line, names: tuple[str, ...] = NAMES) -> list[InstanceView]:
    """Two balancers that agree, but for the lines given, which lb2 shows."""
    lines = {name: line(name) for name in names}
    other = {**lines, **{one.member: one for one in changed}}
    return [
        InstanceView(endpoint, timedelta(0), Incarnation("1", 1), tuple(shown.values()), True)
        for endpoint, shown in zip(DOORS, (lines, other), strict=True)
    ]


def proposal(
    seen: list[InstanceView] | None = None,
    *,
    selection: Selection | None = None,
    ours: tuple[str, ...] = (),
    backends: tuple[str, ...] = ("web",),
    policies: Policies | None = None,
    abilities: Abilities | None = None,
    purpose: Purpose = Purpose.UPGRADE,
    names: tuple[str, ...] = NAMES,
    upgraded: tuple[str, ...] | None = None,
) -> Proposal:
    settings = Settings(
        "web",
        None,
        selection if selection is not None else Selection(),
        policies if policies is not None else Policies(),
    )
    return propose(
        settings,
        {name: Member(name, "10.0.0.1", 80) for name in names},
        [replace(view, backends=dict.fromkeys(backends, Counters())) for view in seen or views()],
        ours=ours,
        upgrade=CourseShape(1),
        rollback=None,
        abilities=abilities or Abilities(),
        purpose=purpose,
        by_hand=BY_HAND,
        upgraded=upgraded,
    )


@pytest.mark.parametrize("purpose", [Purpose.UPGRADE, Purpose.ROLLBACK])
def test_a_canary_before_its_time(purpose: Purpose) -> None:
    """Refused where the pool would not let it go; on the way back any order will do."""
    selection = Selection(canaries=(NAMES[-1],))
    abilities = Abilities(ordered=NAMES, ordered_why="from the top down")
    made = proposal(selection=selection, abilities=abilities, purpose=purpose)
    refused = any("from the top down" in one for one in made.refusals)
    assert refused is (purpose is Purpose.UPGRADE)


def order(made: Proposal) -> list[str]:
    assert made.plan is not None, made.refusals
    return [member.name for member in made.plan.members]


def test_order_is_the_balancers_own() -> None:
    """Without canaries members go in the load balancer's order."""
    assert order(proposal()) == list(NAMES)


def test_canaries_come_first_as_listed() -> None:
    """Canaries in their own order, then the rest."""
    assert order(proposal(selection=Selection(canaries=("b2", "a2")))) == ["b2", "a2", "a1", "b1"]


def test_ours_that_are_out_come_before_all() -> None:
    """What poolroll itself left out earlier goes first, and is no reason to leave it (S8)."""
    seen = views(line("b1", admin=Admin.OUT))
    made = proposal(seen, ours=("b1",), selection=Selection(canaries=("b2",)))
    assert order(made) == ["b1", "b2", "a1", "a2"]
    assert made.plan is not None
    assert made.plan.left == {}


def test_globs_choose() -> None:
    """`include` and `exclude` are globs on the name."""
    assert order(proposal(selection=Selection(("a*", "b1"), ("a2",)))) == ["a1", "b1"]


@pytest.mark.parametrize(
    ("found", "how"),
    [
        (line("a2", admin=Admin.OUT), "is out (web at lb2)"),
        (line("a2", admin=Admin.DRAINING), "is draining (web at lb2)"),
        (line("a2", weight=0), "has weight 0 (web at lb2)"),
        (line("a2", is_unresolved=True), "has a name without an address (web at lb2)"),
    ],
)
def test_members_found_out_are_left(found: Line, how: str) -> None:
    """Out at one balancer alone is out: left as found, not upgraded, and noted (S8)."""
    made = proposal(views(found), policies=Policies(min_available=Amount(1)))
    assert order(made) == ["a1", "b1", "b2"]
    assert made.plan is not None
    assert made.plan.left == {"a2": how}
    assert f"a2 {how}: left out, not upgraded" in made.notes


def test_sick_members_are_noted() -> None:
    """A member that fails its check is selected all the same, and the plan says so."""
    made = proposal(views(line("a2", health=Health.FAILING)))
    assert order(made) == list(NAMES)
    assert "a2 fails its health check (web at lb2)" in made.notes


@pytest.mark.parametrize(
    ("selection", "words"),
    [
        (
            Selection(("x*",)),
            "no member is selected: include ['x*'], exclude [] match none of: a1, a2",
        ),
        (Selection(expect=3), "pool.members.expect is 3, but 4 were found: a1, a2, b1, b2"),
        (Selection(canaries=("x1",)), "canary 'x1' is not a selected member; they are: a1, a2"),
        (Selection(("a*",), only=("b1",)), "--only 'b1' is not a selected member; they are: a1"),
    ],
)
def test_selection_that_cannot_be(selection: Selection, words: str) -> None:
    """Each contradiction between what was asked for and what is there is a refusal."""
    made = proposal(selection=selection)
    assert made.plan is None
    assert any(words in reason for reason in made.refusals)


def test_all_reasons_at_once() -> None:
    """Every reason to refuse is told, not the first alone."""
    made = proposal(selection=Selection(expect=3, canaries=("x1",), only=("x2",)))
    assert len(made.refusals) == 3


def test_member_that_a_backend_lacks() -> None:
    """A member must be in every backend of every instance."""
    made = proposal(backends=("web", "api"), selection=Selection(("a1",)))
    assert made.plan is None
    assert [reason.partition(";")[0] for reason in made.refusals[:2]] == [
        "member 'a1' is not in backend 'api' at lb1",
        "member 'a1' is not in backend 'api' at lb2",
    ]


def test_everybody_found_out() -> None:
    """Nothing is left to do when all are out by another hand: refused, each with its state."""
    made = proposal(views(*(line(name, admin=Admin.OUT) for name in NAMES)))
    assert made.plan is None
    assert made.refusals[0].startswith(
        "every selected member was found out of rotation: a1 is out (web at lb2); a2"
    )


@pytest.mark.parametrize(
    ("policies", "most", "floor"),
    [
        (Policies(), 1, 3),
        (Policies(max_unavailable=Amount(2)), 2, 2),
        (Policies(max_unavailable=Amount(50, is_percent=True)), 2, 2),
        (Policies(max_unavailable=Amount(49, is_percent=True)), 1, 3),
        (Policies(max_unavailable=Amount(1, is_percent=True)), 1, 3),
        (Policies(min_available=Amount(2)), 1, 2),
        (Policies(min_available=Amount(51, is_percent=True)), 1, 3),
        (Policies(max_unavailable=Amount(9)), 9, 1),
        (Policies(max_unavailable=Amount(9), outage=timedelta(minutes=5)), 9, 0),
    ],
)
def test_capacity_arithmetic(policies: Policies, most: int, floor: int) -> None:
    """max_unavailable rounds down, at least 1; min_available rounds up, and is what serves less
    max_unavailable when left out."""
    made = proposal(policies=policies)
    assert made.plan is not None
    assert (made.plan.max_unavailable, made.plan.min_available) == (most, floor)


def test_floor_that_does_not_hold() -> None:
    """Too few serve to take one out: refused, with the figures."""
    floor = Policies(min_available=Amount(3))
    made = proposal(views(line("a2", health=Health.FAILING)), policies=floor)
    assert made.plan is None
    assert made.refusals == (
        "the floor does not hold: 3 serve (web at lb2), one less would be 2, "
        "and min_available is 3",
    )


def test_floor_that_holds_for_one_that_is_down() -> None:
    """One that does not serve costs no capacity: it may go first, and the others once it serves."""
    floor = Policies(min_available=Amount(3))
    down = views(line("a2", health=Health.FAILING))[1:] * 2
    made = proposal(down, policies=floor)
    assert made.plan is not None
    assert [member.name for member in made.plan.members] == ["a2", "a1", "b1", "b2"]
    listed = replace(floor, order=Order.LISTED)
    assert "one less would be 2" in proposal(down, policies=listed).refusals[0]
    assert proposal(down, policies=Policies(min_available=Amount(4))).refusals == (
        "the floor does not hold: 3 serve (web at lb2), and min_available is 4",
    )


@pytest.mark.parametrize("lost", [{"health": Health.FAILING}, {"admin": Admin.OUT}])
def test_percentage_floor_does_not_sink(lost: dict[str, Any]) -> None:
    """A percentage is one of all members, also of those that are down or out just now (S2)."""
    floor = Policies(min_available=Amount(50, is_percent=True))
    made = proposal(views(line("a2", **lost), line("b2", **lost)), policies=floor)
    assert made.plan is None
    assert made.refusals == (
        "the floor does not hold: 2 serve (web at lb2), one less would be 1, "
        "and min_available is 2",
    )


def test_a_floor_that_has_sunk_is_noted() -> None:
    """Counted from those that serve, the floor sinks with every member that is down: said so,
    unless the file gives one."""
    down = views(line("a2", health=Health.FAILING), line("b2", admin=Admin.OUT))
    note = (
        "2 of 4 members do not serve; the floor is 1, counted from those that serve now: set "
        "pool.min_available"
    )
    assert note in proposal(down).notes
    given = Policies(min_available=Amount(1))
    assert not any("min_available" in one for one in proposal(down, policies=given).notes)
    assert not any("min_available" in one for one in proposal().notes)


def test_ours_that_are_out_count_as_serving() -> None:
    """They come back before anybody else goes, so the floor reckons with them."""
    seen = views(line("b1", admin=Admin.OUT))
    made = proposal([replace(seen[0], lines=seen[1].lines), seen[1]], ours=("b1",))
    assert made.plan is not None
    assert (made.plan.serving, made.plan.min_available) == (4, 3)


def test_single_member_cannot_be_taken_out() -> None:
    """A single box has nobody to serve in its stead: refused unless the floor is put to 0."""
    seen = views(names=("a1",))
    alone = Selection(("a1",))
    assert proposal(seen, selection=alone).plan is None
    no_floor = Policies(min_available=Amount(0))
    assert proposal(seen, selection=alone, policies=no_floor).plan is not None


def test_amounts_read_as_written() -> None:
    """Counts and percentages print as in the file."""
    assert [str(Amount(2)), str(Amount(12.5, is_percent=True))] == ["2", "12.5%"]


def test_shape_of_the_way_back() -> None:
    """Without a rollback of its own the way back has the shape of the upgrade."""
    made = proposal()
    assert made.plan is not None
    assert made.plan.shape(is_back=True) == made.plan.upgrade
    back = replace(made.plan, rollback=CourseShape(2))
    assert back.shape(is_back=True).steps == 2


TIMED = Averaged().timing
NOT_COUNTED = Abilities(counts=False)


def test_gate_on_counters_is_refused_where_nothing_is_counted() -> None:
    """It could never pass; without such a gate nothing is refused (S5)."""
    gate = CounterGate("errors", Scope.MEMBER, 0.01)
    refused = proposal(policies=Policies(gates=(gate,)), abilities=NOT_COUNTED)
    assert refused.refusals == (
        "gate 'errors' needs requests that load balancers count, and none counts them here; "
        "use a gate on metrics",
    )
    assert proposal(policies=Policies(gates=()), abilities=NOT_COUNTED).plan is not None


def test_gate_on_response_times_where_nobody_measures_them() -> None:
    """One that nobody wrote is left out; one that somebody wrote would see nothing."""
    written, builtin = (
        TimingGate("latency", Scope.MEMBER, is_builtin=is_builtin) for is_builtin in (False, True)
    )
    refused = proposal(policies=Policies(gates=(written, builtin)))
    assert refused.refusals == (
        "gate 'latency' needs to know how long requests take, and no load balancer measures that "
        "here (in mode tcp there are no requests); remove it",
    )
    left = proposal(policies=Policies(gates=(builtin,))).plan
    assert left is not None
    assert left.policies.gates == ()
    first, *others = views()
    timed = replace(first, lines=tuple(replace(one, timing=TIMED) for one in first.lines))
    kept = proposal([timed, *others], policies=Policies(gates=(written, builtin))).plan
    assert kept is not None
    assert kept.policies.gates == (written, builtin)


def test_gate_on_waiting_where_nobody_waits() -> None:
    """It could never fail."""
    gate = TimingGate("queue", Scope.MEMBER, measure="queue")
    first, *others = views()
    timed = replace(first, lines=tuple(replace(one, timing=TIMED) for one in first.lines))
    refused = proposal([timed, *others], policies=Policies(gates=(gate,)))
    assert refused.refusals == (
        "gate 'queue' needs requests that wait for a member, and no load balancer makes them wait "
        "here (no server has a limit of connections); remove it",
    )
    limited = replace(timed, lines=tuple(replace(one, waiting=TIMED) for one in timed.lines))
    assert proposal([limited, *others], policies=Policies(gates=(gate,))).plan is not None


def test_gate_on_what_nobody_counts() -> None:
    """It would see nothing."""
    gate = CounterGate("away", Scope.MEMBER, 0.01, measure="status", happened="went away")
    refused = proposal(policies=Policies(gates=(gate,)))
    assert refused.refusals == (
        "gate 'away' needs status, which no load balancer counts here (in mode tcp there are no "
        "statuses); remove it",
    )
    first, *others = views()
    counted = tuple(replace(one, measures={"status": Counters()}) for one in first.lines)
    seen = [replace(first, lines=counted), *others]
    assert proposal(seen, policies=Policies(gates=(gate,))).plan is not None


def test_cut_is_refused_where_nothing_can_be_cut() -> None:
    """A drain that would end in nothing is no plan."""
    policies = Policies(drain=DrainPolicy(on_timeout=OnTimeout.CUT))
    assert proposal(policies=policies, abilities=Abilities(cuts=False)).refusals == (
        "drain.on_timeout is cut, and sessions of this pool cannot be closed; set it to halt",
    )
    assert proposal(policies=policies).plan is not None


def test_rehearsal_is_refused_where_only_an_upgrade_takes_a_member_out() -> None:
    """It would touch nothing, and prove nothing."""
    abilities = Abilities(holds_out=False)
    refused = proposal(abilities=abilities, purpose=Purpose.REHEARSAL)
    assert refused.refusals == (
        "a rehearsal takes every member out and upgrades nothing; here only an upgrade takes a "
        "member out",
    )
    assert proposal(abilities=abilities).plan is not None


@pytest.mark.parametrize(("own", "floor"), [(None, 2), (1, 2), (3, 3)])
def test_floor_of_the_pool_itself(own: int | None, floor: int) -> None:
    """The higher floor holds, and a note says whose it is where it is not ours."""
    policies = Policies(min_available=Amount(2))
    made = proposal(policies=policies, abilities=Abilities(floor=own))
    assert made.plan is not None
    assert made.plan.min_available == floor
    note = "the floor that the pool itself sets is 3: above min_available, which is 2"
    assert (note in made.notes) is (floor == 3)


def test_floor_of_the_pool_itself_that_does_not_hold() -> None:
    """Refused, with both figures."""
    made = proposal(policies=Policies(min_available=Amount(2)), abilities=Abilities(floor=4))
    assert made.refusals == (
        "the floor does not hold: 4 serve (web at lb1), one less would be 3, and the floor that "
        "the pool itself sets is 4 (min_available is 2)",
    )


def test_machines_of_the_plan() -> None:
    """Who was there is kept of every member, selected or not, line by line."""
    made = proposal(selection=Selection(("a1",)))
    assert made.plan is not None
    assert made.plan.seats["b1"] == seats_of("b1", views())
    assert (made.plan.member("a1"), made.plan.member("b1")) == (made.plan.members[0], None)


def test_one_name_that_is_two_machines() -> None:
    """Refused, with both places and addresses; who is not selected does not matter."""
    seen = views(line("a2", address="10.0.0.9"))
    home = address_of("a2")
    assert proposal(seen, selection=Selection(("a*",))).refusals == (
        f"a2 is two machines: {home}:80 (web at lb1) and 10.0.0.9:80 (web at lb2); a name must "
        "lead to the same machine at every load balancer and in every backend: correct the "
        "addresses there, or exclude it; one machine behind NAT: give it one address everywhere",
    )
    assert proposal(seen, selection=Selection(("b*",))).refusals == ()


ANYWAY = Policies(min_available=Amount(1))


@pytest.mark.parametrize("selection", [Selection(), Selection(("a1",))], ids=["both", "one"])
def test_one_machine_under_two_names(selection: Selection) -> None:
    """Refused once for each pair: users of the second name would meet it during its upgrade."""
    same = line("a2", address=address_of("a1"))
    made = proposal(views(same), selection=selection, policies=ANYWAY)
    (refused,) = (one for one in made.refusals if "two machines" not in one)
    assert refused.startswith(f"a2 (web at lb2) has the address of a1, {address_of('a1')}:80: it")


@pytest.mark.parametrize(
    ("changes", "why"),
    [({"admin": Admin.OUT}, "is out"), ({"is_backup": True}, "is a backup")],
)
def test_second_name_that_nobody_is_sent_to(changes: dict[str, Any], why: str) -> None:
    """A backup, or a line that is out, is only noted."""
    same = line("a2", address=address_of("a1"), **changes)
    made = proposal(views(same), selection=Selection(("a1",)), policies=ANYWAY)
    assert made.refusals == ()
    assert any(f"10.0.98.1:80, and {why}: it is not held out" in note for note in made.notes)


def test_nobody_known_is_no_second_name() -> None:
    """Lines without an address have nothing in common."""
    seen = views(line("a1", occupant=None), line("a2", occupant=None))
    assert proposal(seen, policies=ANYWAY).refusals == ()


def test_only_what_was_upgraded_is_rolled_back() -> None:
    """And what poolroll has out; the others are left as they are, and that is said."""
    seen = views(line("b1", admin=Admin.OUT))
    made = proposal(seen, ours=("b1",), upgraded=("a2",), purpose=Purpose.ROLLBACK)
    assert order(made) == ["b1", "a2"]
    assert "a1 was not upgraded, so it is not rolled back: left as it is" in made.notes


def test_nothing_to_roll_back() -> None:
    """Nobody was upgraded, and nobody is out."""
    made = proposal(upgraded=(), purpose=Purpose.ROLLBACK)
    assert made.refusals == ("no member was upgraded: there is nothing to roll back",)


@pytest.mark.parametrize(
    ("lingering", "uptime", "note"),
    [
        (True, 400, "lb2 was reloaded, and a lingering worker still serves its last connections"),
        (None, 40, "no member is taken out for another 4m20s (drain.timeout is 5m)"),
        (None, 300, None),
        (None, None, None),
        (False, 40, None),
    ],
)
def test_reload_before_the_run_is_a_note(
    lingering: bool | None, uptime: int | None, note: str | None
) -> None:
    """Who reloaded a load balancer just now is told what the rollout will wait for (S9)."""
    up = timedelta(seconds=uptime) if uptime is not None else None
    first, second = views()
    made = proposal([first, replace(second, lingering=lingering, uptime=up)])
    assert made.plan is not None
    assert [one for one in made.notes if "lingering worker" in one] == [
        one for one in made.notes if note is not None and note in one
    ]
    assert bool(made.notes) is (note is not None)


def test_a_pool_of_backups_has_no_member() -> None:
    """That is why nobody was selected."""
    made = proposal(names=())
    assert made.plan is None
    assert NO_MEMBERS in made.refusals
    assert not any("no member is selected" in reason for reason in made.refusals)
