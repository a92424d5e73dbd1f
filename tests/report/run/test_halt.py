"""The lines of a halt: true, whole, and with what to type next."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.events import Cause
from controller.core.plan.plan import CourseShape, Purpose
from controller.core.pool import Counters
from controller.core.snapshot import lost
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.report.run.halt import halt_message, without_next
from tests.report.states import (
    BROKE,
    COUNTED,
    DOWN,
    GATE,
    NOW,
    OUT,
    UP,
    WALL,
    A,
    B,
    commands,
    halted,
    line,
    member,
    plan,
    shows,
    snapshots,
    view,
)

ALL = shows(web1=OUT, web2=UP, web3=UP)
GATED = member("web1", "failed", why="failed gate 'errors'", disproven="failed gate 'errors'")


def lines(of: State, purpose: Purpose = Purpose.UPGRADE, **changes: Any) -> dict[str, list[str]]:
    """Label → its lines."""
    made = plan(purpose, **changes)
    found: dict[str, list[str]] = {}
    label = ""
    for text in halt_message(made, of, NOW, WALL, commands=commands(made), contact="owner: ops"):
        label = text[:10].strip() or label
        found.setdefault(label, []).append(text[10:])
    return found


def failing(seconds_ago: float, errors: int) -> dict[str, Any]:
    """The pool's counts: so many requests failed, so long ago."""
    then = NOW - timedelta(seconds=seconds_ago)
    points = ((NOW - timedelta(seconds=10), Counters(0, 100)), (then, Counters(errors, 200)))
    return {"points": points, "pool": replace(COUNTED, sum=Counters(errors, 200))}


def test_the_six_words_in_their_order() -> None:
    """Every halt has them."""
    found = lines(halted(plan(), member("web1", "failed"), seen=ALL))
    assert list(found) == ["SEEN", "LIMIT", "MEMBERS", "USERS", "CAN WAIT", "NEXT"]
    assert (found["SEEN"], found["LIMIT"]) == ([BROKE.seen], [BROKE.limit])


def test_members_that_do_not_serve_stand_each_on_a_line() -> None:
    """They are usually the cause; those that are well are counted together."""
    seen = shows(web1=UP, web2=DOWN, web3=OUT, other=DOWN)
    assert lines(halted(plan(), seen=seen))["MEMBERS"] == [
        "web2: untouched, but DOWN (fails its health check)",
        "web3: untouched, but OUT OF ROTATION: not by this rollout",
        "other: not a member of this rollout, DOWN (fails its health check)",
        "web1: in rotation, untouched",
    ]


@pytest.mark.parametrize(
    ("changes", "users"),
    [
        ({}, "not failing; no failed request seen in the last 0s"),
        (
            failing(5, 4),
            "not failing now; at most 4 requests failed at 03:11:55 UTC",
        ),
        (failing(0.5, 1), "FAILING NOW, since 03:11:59 UTC: at most 1 request failed"),
    ],
)
def test_users(changes: dict[str, Any], users: str) -> None:
    """The pool's counters hold retries too: they are the most that users can have met."""
    of = halted(plan(), member("web1", "failed"), seen=ALL, **changes)
    assert lines(of)["USERS"] == [users]


RELOAD = "but do not reload a load balancer: that may put web1 back in rotation"


@pytest.mark.parametrize(
    ("of", "floor", "words"),
    [
        (halted(plan(), seen=shows(web1=UP, web2=UP, web3=UP)), 2, ["yes: 3 members serve"]),
        (halted(plan(), member("web1", "failed"), seen=ALL), 2, ["yes: 2 members serve", RELOAD]),
        (halted(plan(), member("web1", "failed"), seen=ALL), 3, ["NO: 2 members serve", RELOAD]),
        (
            # The look is older than the moment in which it was taken out.
            halted(plan(), member("web1", "failed"), seen=shows(web1=UP, web2=UP, web3=UP)),
            2,
            ["yes: 2 members serve", RELOAD],
        ),
        (
            halted(plan(), member("web1", "failed", begun=False), seen=ALL),
            2,
            ["yes: 2 members serve"],
        ),
        (
            halted(plan(), seen=shows(web1=UP, web2=UP, web3=UP), **failing(0.1, 9)),
            2,
            ["NO, users are failing: 3 members serve"],
        ),
    ],
)
def test_can_wait(of: State, floor: int, words: list[str]) -> None:
    """Counted without whom we have out; a reload may put a changed member back before users."""
    found = lines(of, min_available=floor)["CAN WAIT"]
    first, *rest = words
    assert found == [f"{first}, the floor is {floor}; owner: ops", *rest]


def test_what_a_load_balancer_remembers_no_reload_undoes() -> None:
    """So nobody is told not to reload it."""
    made = plan(remembers=True)
    of = halted(made, member("web1", "failed"), seen=ALL)
    assert RELOAD not in lines(of, remembers=True)["CAN WAIT"]


def test_a_load_balancer_that_does_not_answer() -> None:
    """What is not known is called that, and where members stand is dated."""
    seen = snapshots(view(A, line("web1", **OUT), line("web2")), view(B, line("web1", **OUT)))
    seen[B] = lost(replace(seen[B], at=NOW - timedelta(seconds=40)), NOW, "gone")
    found = lines(halted(plan(instances=(A, B)), member("web1", "failed"), seen=seen))
    assert found["MEMBERS"][0] == "as last seen at 03:11:20 UTC:"
    assert found["USERS"] == [f"NOT KNOWN: {B} does not answer"]
    assert found["CAN WAIT"] == [
        f"NOT KNOWN, treat it as NO: {B} does not answer; owner: ops",
        RELOAD,
    ]


def test_a_load_balancer_that_was_never_seen() -> None:
    """No moment is claimed at which it was."""
    seen = snapshots(view(A, line("web1")))
    seen[B] = replace(seen[A], instance=B, at=None, lines={})
    found = lines(halted(plan(instances=(A, B)), seen=seen))
    assert found["MEMBERS"][0] == "according to the journal:"


RUN, RESUME, ABORT = (
    "poolroll run /srv/web.yml",
    "poolroll resume web --reason '…'",
    "poolroll abort web",
)


def test_next_says_how_to_go_on_to_end_it_and_to_go_back() -> None:
    """Each is a command that can be typed."""
    assert lines(halted(plan(), member("web1", "failed"), seen=ALL))["NEXT"] == [
        f"to go on:  {RESUME}, then {RUN}",
        f"to end it: {ABORT}   (--restore also puts back members that pass their validation)",
        "to go back: poolroll rollback /srv/web.yml",
    ]


def test_no_way_back_where_nothing_was_upgraded() -> None:
    """A member that went back as it was is no reason for one."""
    found = lines(halted(plan(), seen=ALL))["NEXT"]
    assert [line for line in found if line.startswith("to go back")] == []


def test_next_says_what_does_not_run_again() -> None:
    """Its steps ended well, and its validation did not."""
    of = halted(plan(), member("web1", "failed", step=1), seen=ALL)
    assert lines(of)["NEXT"][:2] == [
        f"to go on:  {RESUME}, then {RUN}   (the steps of web1 that ended well do not run again)",
        f"to install again: {RUN} --new   (the steps run again, also on web1)",
    ]


@pytest.mark.parametrize(
    ("of", "told"),
    [
        # One that had to stay in rotation is not installed again by `resume` either.
        (member("web1", "kept", step=1), "the steps run again, also on web1"),
        (member("web1", "failed"), ""),
        (member("web1", "failed", step=1, may_run="a child"), ""),
    ],
)
def test_next_says_how_to_install_again(of: MemberState, told: str) -> None:
    """A version that was mended under the same name, where `resume` would not do it."""
    found = [line for line in lines(halted(plan(), of, seen=ALL))["NEXT"] if "install" in line]
    assert found == [f"to install again: {RUN} --new   ({told})"] * bool(told)


def test_a_guard_decides_whether_it_is_installed_again() -> None:
    """It may say that the version of that name is there."""
    of = halted(plan(), member("web1", "failed", step=1), seen=ALL)
    guarded: dict[str, Any] = {"upgrade": CourseShape(1, has_guard=True)}
    assert lines(of, **guarded)["NEXT"][1] == (
        f"to install again: {RUN} --new   (where `unless` says that it is needed, also on web1)"
    )


@pytest.mark.parametrize(
    ("purpose", "changes"),
    [
        (Purpose.ROLLBACK, {}),
        (Purpose.REHEARSAL, {}),
        (Purpose.UPGRADE, {"rollback": None}),
    ],
)
def test_no_way_back_is_named_where_there_is_none(
    purpose: Purpose, changes: dict[str, Any]
) -> None:
    """Only an upgrade whose file has a `rollback`."""
    of = halted(plan(purpose), member("web1", "failed"), seen=ALL)
    assert len(lines(of, purpose, **changes)["NEXT"]) == 2


def test_no_way_back_while_a_command_may_still_run() -> None:
    """A rollback would be refused then."""
    of = halted(plan(), member("web1", "upgrading"), seen=ALL)
    assert len(lines(of)["NEXT"]) == 2


def test_restore_is_warned_of_after_a_gate() -> None:
    """Its validation was green when users failed: it proves nothing."""
    found = lines(halted(plan(), GATED, seen=ALL, halt=GATE))["NEXT"][1]
    assert found == (
        f"to end it: {ABORT}   (CAUTION: --restore puts back web1: validation passed, but it "
        "failed gate 'errors')"
    )
    too = member("web2", "failed", disproven="not proven when web1 failed gate 'errors'")
    assert lines(halted(plan(), too, GATED, seen=ALL, halt=GATE))["NEXT"][1].endswith(
        "puts back web1, web2: validation passed, but web1 failed gate 'errors')"
    )


def test_no_line_moves_a_terminal() -> None:
    """What a command printed last stands in SEEN: without its control sequences."""
    ugly = replace(BROKE, seen="web1: step 1 failed: \x1b[31mE:\x1b[0m no\nspace")
    of = halted(plan(), member("web1", "failed"), seen=ALL, halt=ugly)
    assert lines(of)["SEEN"] == ["web1: step 1 failed: E: no␊space"]


def test_what_was_to_be_typed_can_be_left_out() -> None:
    """And nothing else is."""
    message = [
        "SEEN      x",
        "MEMBERS   a",
        "          b",
        "NEXT      c",
        "          d",
        "ROLLOUT e",
    ]
    assert without_next(message) == ["SEEN      x", "MEMBERS   a", "          b", "ROLLOUT e"]


@pytest.mark.parametrize(
    ("phase", "is_out", "told"),
    [("kept", True, True), ("kept", False, False), ("failed", True, False)],
)
def test_a_member_that_somebody_else_took_out(phase: str, is_out: bool, told: bool) -> None:
    """Going on as it stands would only halt again."""
    seen = shows(web1=OUT if is_out else UP, web2=UP, web3=UP)
    foreign = replace(BROKE, cause=Cause.FOREIGN)
    [going_on, *_] = lines(halted(plan(), member("web1", phase), seen=seen, halt=foreign))["NEXT"]
    assert ("   (put web1 back first, by hand: it is out" in going_on) is told
    either = member("web1", phase, unsure=True)
    [going_on, *_] = lines(halted(plan(), either, seen=seen, halt=foreign))["NEXT"]
    assert ("   (takes it that the run before took web1 out" in going_on) is told
    assert "by hand" not in going_on
