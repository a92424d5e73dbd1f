"""The lines of a halt: true, whole, and with what to type next."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.events import Cause
from controller.core.plan.plan import CourseShape, Plan, Purpose
from controller.core.pool import Counters
from controller.core.settings import OnFailure
from controller.core.snapshot import lost
from controller.core.state.ours import Ours
from controller.core.state.parts import MemberState
from controller.core.state.state import Mode, State
from controller.core.steps import Course
from controller.report.run.about import About
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

ABOUT = About("v3", "ops, ext. 4711", "https://wiki/web")
ALL = shows(web1=OUT, web2=UP, web3=UP)
GATED = member("web1", "failed", why="failed gate 'errors'", disproven="failed gate 'errors'")


def lines(of: State, purpose: Purpose = Purpose.UPGRADE, **changes: Any) -> dict[str, list[str]]:
    """Label → its lines."""
    made = plan(purpose, **changes)
    found: dict[str, list[str]] = {}
    label = ""
    for text in halt_message(made, of, NOW, WALL, commands=commands(made), about=ABOUT):
        label = text[:10].strip() or label
        found.setdefault(label, []).append(text[10:])
    return found


def failing(seconds_ago: float, errors: int) -> dict[str, Any]:
    """The pool's counts: so many requests failed, so long ago."""
    then = NOW - timedelta(seconds=seconds_ago)
    points = ((NOW - timedelta(seconds=10), Counters(0, 100)), (then, Counters(errors, 200)))
    return {"points": points, "pool": replace(COUNTED, sum=Counters(errors, 200))}


def test_the_six_words_in_their_order() -> None:
    """Every halt has them, below a line that says which rollout this is, and whom to call above
    what to type."""
    found = lines(halted(plan(), member("web1", "failed"), seen=ALL))
    assert list(found) == [
        *("HALTED", "SEEN", "LIMIT", "MEMBERS", "USERS", "CAN WAIT", "CALL", "NEXT")
    ]
    assert found["HALTED"] == ["rollout web, upgrade to v3, at 2024-03-05 03:12:00 UTC"]
    assert found["CALL"] == ["ops, ext. 4711; runbook: https://wiki/web"]
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
        (
            {**failing(5, 4), "ours": Ours(40, 3)},
            "not failing now; at most 4 requests failed, 3 of them perhaps our own at 03:11:55 UTC",
        ),
    ],
)
def test_users(changes: dict[str, Any], users: str) -> None:
    """The pool's counters hold retries too: they are the most that users can have met."""
    of = halted(plan(), member("web1", "failed"), seen=ALL, **changes)
    assert lines(of)["USERS"] == [users]


def tallied(**errors: int) -> dict[str, Any]:
    """Server → how many of its requests failed since the run began."""
    tallies = {name: replace(COUNTED, sum=Counters(n, 100)) for name, n in errors.items()}
    return {**failing(5, sum(errors.values())), "tallies": tallies}


@pytest.mark.parametrize(
    ("errors", "named"),
    [
        ({"web1": 1, "old7": 9}, "9 of 10 failed at old7, which is not a member of this rollout"),
        ({"web1": 1, "web3": 9}, "9 of 10 failed at web3"),
        ({"web1": 9, "old7": 1}, ""),  # the halt names it
        ({"web2": 5, "old7": 5}, ""),
    ],
)
def test_the_server_that_fails_is_named(errors: dict[str, int], named: str) -> None:
    """Also where it is none of ours: whoever is called must not look in the wrong place."""
    [users] = lines(halted(plan(), seen=ALL, **tallied(**errors)))["USERS"]
    assert users.partition("; since this run began, ")[2] == named


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
    assert found == [f"{first}, the floor is {floor}", *rest]


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
        f"NOT KNOWN, treat it as NO: {B} does not answer",
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


def test_next_says_the_safest_first_and_what_each_does_to_users() -> None:
    """Wait, go back, end it, go on: each is a command that can be typed."""
    assert lines(halted(plan(), member("web1", "failed"), seen=ALL))["NEXT"] == [
        "to wait:    type nothing   (web1 stays out)",
        "            poolroll guard web",
        "            (keeps web1 out across reloads, as long as it runs)",
        "to go back: poolroll rollback /srv/web.yml",
        "            (one at a time, puts web1 before users with the former version)",
        f"to end it:  {ABORT}",
        "            (web1 stays out)",
        f"            {ABORT} --restore",
        "            (puts web1 before users again if it passes its validation)",
        f"to go on:   {RESUME}, then {RUN}",
        "            (takes up web1 where it stopped, and puts it with v3 before users once it is "
        "proven; goes on with web2, web3)",
    ]


def test_next_says_whom_users_go_on_meeting() -> None:
    """One that was left in rotation, upgraded and not proven."""
    found = lines(halted(plan(), member("web2", "kept"), seen=ALL))["NEXT"]
    assert found[0] == "to wait:    type nothing   (users go on meeting web2 with v3, not proven)"
    assert "            (judges web2 anew, before users; goes on with web1, web3)" in found


@pytest.mark.parametrize(
    ("policy", "told"),
    [
        (OnFailure.ROLLBACK_MEMBER, "web1 is rolled back then, by itself; web2 stays out"),
        (
            OnFailure.REVERT_MEMBER,
            "web1 goes back to its snapshot then, by itself; web2 stays out",
        ),
    ],
)
def test_early_lines_say_who_goes_back_by_itself(policy: OnFailure, told: str) -> None:
    """Nobody is told that a member stays out which this run takes back next."""
    policies = replace(plan().policies, on_failure=policy)
    made = replace(plan(), policies=policies, rollback=CourseShape(1))
    saved = member("web1", "failed", saved=1)
    others = (member("web2", "failed", begun=False), member("web3"))
    one = replace(halted(made, saved, *others), mode=Mode.HALTED, finished=None)
    assert f"type nothing   ({told})" in early(made, one)
    rolling = replace(one, mode=Mode.ROLLING_BACK, rolling=("web1",))
    assert f"type nothing   ({told})" in early(made, rolling)
    alone = replace(one, members={**one.members, "web2": member("web2")})
    assert f"type nothing   ({told.partition(';')[0]})" in early(made, alone)
    over = halt_message(made, one, NOW, WALL, commands=commands(made))
    assert "(web1, web2 stay out)" in "\n".join(over)


def early(made: Plan, state: State) -> str:
    lines = halt_message(made, state, NOW, WALL, commands=commands(made), is_early=True)
    return "\n".join(lines)


def test_next_says_who_is_upgraded_again() -> None:
    """What went back is not left aside by `resume`."""
    back = member("web1", "done", course=Course.ROLLBACK)
    told = "\n".join(lines(halted(plan(), back, member("web2")))["NEXT"])
    assert "(upgrades web1 again; goes on with web2, web3)" in told


def test_next_where_nobody_was_touched() -> None:
    """Nothing is to be put back."""
    found = lines(halted(plan(), seen=ALL))["NEXT"]
    assert found[:3] == [
        "to wait:    type nothing   (all members stay as they are)",
        f"to end it:  {ABORT}",
        "            (all members stay as they are)",
    ]
    over = lines(halted(plan(), *(member(f"web{n}", "done") for n in (1, 2, 3)), seen=ALL))
    assert over["NEXT"][-1] == "            (takes up what is left)"


def test_no_way_back_where_nothing_was_upgraded() -> None:
    """A member that went back as it was is no reason for one."""
    found = lines(halted(plan(), seen=ALL))["NEXT"]
    assert [line for line in found if line.startswith("to go back")] == []


def test_next_says_what_does_not_run_again() -> None:
    """Its steps ended well, and its validation did not."""
    of = halted(plan(), member("web1", "failed", step=1), seen=ALL)
    assert lines(of)["NEXT"][-4:] == [
        f"to go on:   {RESUME}, then {RUN}",
        "            (validates web1 and puts it with v3 before users again; the steps of web1 "
        "that ended well do not run again; goes on with web2, web3)",
        f"to install again: {RUN} --new",
        "            (the steps run again, also on web1)",
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
    found = lines(halted(plan(), of, seen=ALL))["NEXT"]
    wanted = [f"to install again: {RUN} --new", f"            ({told})"] if told else []
    assert found[len(found) - len(wanted) :] == wanted
    assert told or not [line for line in found if "install" in line]


def test_a_guard_decides_whether_it_is_installed_again() -> None:
    """It may say that the version of that name is there."""
    of = halted(plan(), member("web1", "failed", step=1), seen=ALL)
    guarded: dict[str, Any] = {"upgrade": CourseShape(1, has_guard=True)}
    assert lines(of, **guarded)["NEXT"][-1] == (
        "            (where `unless` says that it is needed, also on web1)"
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
    assert "to go back" not in str(lines(of, purpose, **changes)["NEXT"])


def test_no_way_back_while_a_command_may_still_run() -> None:
    """A rollback would be refused then."""
    of = halted(plan(), member("web1", "upgrading"), seen=ALL)
    assert "to go back" not in str(lines(of)["NEXT"])


def test_restore_is_warned_of_after_a_gate() -> None:
    """Its validation was green when users failed: it proves nothing."""
    found = lines(halted(plan(), GATED, seen=ALL, halt=GATE))["NEXT"]
    assert found[found.index(f"            {ABORT} --restore") + 1] == (
        "            (CAUTION: puts web1 with v3 before users again: validation passed, but it "
        "failed gate 'errors')"
    )
    too = member("web2", "failed", disproven="not proven when web1 failed gate 'errors'")
    both = lines(halted(plan(), too, GATED, seen=ALL, halt=GATE))["NEXT"]
    assert "puts web1, web2 with v3 before users again: validation passed, but web1 failed" in str(
        both
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
    found = lines(halted(plan(), member("web1", phase), seen=seen, halt=foreign))["NEXT"]
    assert ("(put web1 back first, by hand: it is out" in str(found)) is told
    weightless = shows(web1=UP | {"weight": 0}, web2=UP, web3=UP)
    found = lines(halted(plan(), member("web1", phase), seen=weightless, halt=foreign))["NEXT"]
    assert ("(put web1 back first, by hand: it has weight 0" in str(found)) is (phase == "kept")
    either = member("web1", phase, unsure=True)
    found = lines(halted(plan(), either, seen=seen, halt=foreign))["NEXT"]
    assert ("takes it that the run before took web1 out" in str(found)) is told
    assert "by hand" not in str(found)
