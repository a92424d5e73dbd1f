"""How a member stands: what was done to it, and where the last looks show it."""

from datetime import timedelta
from typing import Any

import pytest

from controller.core.events import Answer
from controller.core.phases import Phase
from controller.core.plan.plan import Purpose
from controller.core.pool import Incarnation
from controller.core.state.member import RETIRED
from controller.core.steps import Course, Setting
from controller.report.members.status import RELOADED, left_status, member_status, non_members
from tests.report.states import (
    BROKE,
    DOWN,
    FOUND,
    GATE,
    NOW,
    OUT,
    UP,
    A,
    B,
    halted,
    line,
    member,
    plan,
    shows,
    snapshots,
    state,
    view,
)

NAMELESS = {**DOWN, "is_unresolved": True}
SICK = "DOWN (fails its health check)"
BACK = f" — NOW IN ROTATION at {A}, though it should be out"
ROLLED: dict[str, Any] = {"course": Course.ROLLBACK}


@pytest.mark.parametrize(
    ("deed", "look", "words"),
    [
        ("untouched", UP, "in rotation, untouched"),
        ("untouched", None, "untouched"),
        ("untouched", DOWN, f"untouched, but {SICK}"),
        ("untouched", OUT, "untouched, but OUT OF ROTATION: not by this rollout"),
        ("untouched", {"weight": 0}, "untouched, but OUT OF ROTATION: not by this rollout"),
        ("skipped", UP, "in rotation, was already there"),
        ("skipped", OUT, "was already there, but OUT OF ROTATION: not by this rollout"),
        ("done", UP, "upgraded, in rotation"),
        ("done", None, "upgraded, in rotation"),
        ("done", DOWN, f"upgraded, but {SICK}"),
        ("done", OUT, "upgraded, but OUT OF ROTATION: not by this rollout"),
        ("done", NAMELESS, "upgraded, but OUT OF ROTATION: its name has no address"),
        (
            "soaking",
            NAMELESS,
            "upgraded, soak not finished, OUT OF ROTATION: its name has no address",
        ),
        ("kept", UP, "upgraded, IN ROTATION, not proven: cut short"),
        ("kept", None, "upgraded, IN ROTATION, not proven: cut short"),
        ("kept", DOWN, f"upgraded, IN ROTATION, not proven, {SICK}: cut short"),
        ("kept", OUT, "upgraded, TAKEN OUT BY SOMEBODY ELSE, not proven: cut short"),
        ("soaking", UP, "upgraded, in rotation, soak not finished"),
        ("soaking", OUT, "upgraded, soak not finished, OUT OF ROTATION: not by this rollout"),
        ("failed", OUT, "OUT OF ROTATION: it broke"),
        ("failed", None, "OUT OF ROTATION: it broke"),
        ("failed", UP, f"OUT OF ROTATION: it broke{BACK}"),
        ("failed", DOWN, f"OUT OF ROTATION: it broke{BACK}"),
        ("stuck", OUT, "OUT OF ROTATION, rollback failed: a person must repair it"),
        ("upgrading", OUT, "OUT OF ROTATION (upgrading), its command may still run"),
        ("upgrading", UP, f"OUT OF ROTATION (upgrading), its command may still run{BACK}"),
    ],
)
def test_the_look_is_believed(deed: str, look: dict[str, Any] | None, words: str) -> None:
    """What was done to it and where it is seen are both said; without a look nothing is claimed
    that the journal does not know."""
    made = plan()
    seen = None if look is None else shows(web1=look)
    now = state(made, member("web1", deed), seen=seen)
    assert member_status(made, now, now.members["web1"]) == words


@pytest.mark.parametrize(
    ("purpose", "deed", "changes", "words"),
    [
        (Purpose.REHEARSAL, "done", {}, "out and back, in rotation"),
        (Purpose.REHEARSAL, "soaking", {}, "out and back, in rotation, soak not finished"),
        (Purpose.REHEARSAL, "kept", {}, "out and back, IN ROTATION, not proven: cut short"),
        (Purpose.ROLLBACK, "done", {}, "rolled back, in rotation"),
        (Purpose.ROLLBACK, "kept", {}, "rolled back, IN ROTATION, not proven: cut short"),
        (Purpose.UPGRADE, "done", ROLLED, "rolled back, in rotation"),
        (Purpose.UPGRADE, "untouched", ROLLED, "upgraded, in rotation, NOT rolled back"),
        (Purpose.UPGRADE, "done", {"step": 0}, "its upgrade NOT finished, in rotation"),
        (
            Purpose.UPGRADE,
            "done",
            {"step": 0, "attempt": 1, "answer": Answer.PRESENT},
            "upgraded, in rotation",
        ),
        (
            Purpose.UPGRADE,
            "done",
            {"exits": (0,), "answer": Answer.PRESENT},
            "upgraded, in rotation",
        ),
        (
            Purpose.UPGRADE,
            "done",
            {"answer": Answer.PRESENT},
            "was already there, returned, in rotation",
        ),
        (
            Purpose.ROLLBACK,
            "done",
            {"answer": Answer.PRESENT},
            "was already there, returned, in rotation",
        ),
        (
            Purpose.UPGRADE,
            "soaking",
            {"answer": Answer.PRESENT},
            "was already there, in rotation, soak not finished",
        ),
        (Purpose.UPGRADE, "done", {"why": "9 requests"}, "upgraded, in rotation: 9 requests"),
        (
            Purpose.UPGRADE,
            "done",
            {"disproven": "failed gate 'errors'", "why": "in rotation, cut short"},
            "upgraded, back in rotation though it failed gate 'errors'",
        ),
        (
            Purpose.UPGRADE,
            "done",
            {"disproven": "not proven when web2 failed gate 'errors'"},
            "upgraded, back in rotation though it was not proven when web2 failed gate 'errors'",
        ),
        (
            Purpose.UPGRADE,
            "done",
            {"disproven": "the address of web1 at lb1 changed from A to B"},
            "upgraded, back in rotation though it was taken out again: the address of web1 at lb1 "
            "changed from A to B",
        ),
        (
            Purpose.UPGRADE,
            "done",
            {"disproven": "web1: the body lacks 'v2'"},
            "upgraded, back in rotation though it was taken out again: the body lacks 'v2'",
        ),
        (
            Purpose.UPGRADE,
            "done",
            {"disproven": "web1 fails the health check of lb1 in its soak"},
            "upgraded, back in rotation though it fails the health check of lb1 in its soak",
        ),
        (
            Purpose.UPGRADE,
            "kept",
            {"begun": False, "why": "somebody else put it in rotation"},
            "untouched, IN ROTATION: somebody else put it in rotation",
        ),
    ],
)
def test_what_was_done(purpose: Purpose, deed: str, changes: dict[str, Any], words: str) -> None:
    """Never more than was done: a rehearsal upgrades nothing, a failed step has not upgraded, a
    rollback that never began has not rolled back."""
    made = plan(purpose)
    now = state(made, member("web1", deed, **changes), seen=shows(web1=UP))
    assert member_status(made, now, now.members["web1"]) == words


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"found": FOUND}, "OUT OF ROTATION since an earlier rollout"),
        ({"found": FOUND, "attempt": 1}, "OUT OF ROTATION since an earlier run"),
        ({"found": FOUND, **ROLLED}, "OUT OF ROTATION, NOT rolled back: step 1 failed"),
        ({"phase": Phase.FAILED, "begun": True}, "OUT OF ROTATION: step 1 failed"),
        ({"phase": Phase.DRAINING}, "OUT OF ROTATION (draining)"),
        ({"phase": Phase.LEFT, "why": "weight 0"}, "left as found: weight 0"),
    ],
)
def test_out_of_rotation_has_a_reason(changes: dict[str, Any], words: str) -> None:
    """A member that was taken out again has its reason from the halt where it has none itself."""
    made = plan()
    now = halted(made, member("web1", **changes), seen=shows(web1=OUT))
    assert member_status(made, now, now.members["web1"]) == words


def test_what_another_hand_took_out_is_known_without_a_look() -> None:
    """The journal has it."""
    made = plan()
    now = state(made, member("web1", "kept", kept_out=True))
    assert member_status(made, now, now.members["web1"]) == (
        "upgraded, TAKEN OUT BY SOMEBODY ELSE, not proven: cut short"
    )
    either = state(made, member("web1", "kept", kept_out=True, unsure=True))
    assert member_status(made, either, either.members["web1"]) == (
        "upgraded, TAKEN OUT BY SOMEBODY ELSE, OR BY THE RUN BEFORE, not proven: cut short"
    )


def test_one_that_was_on_its_way_when_another_failed() -> None:
    """The halt of somebody else is not called its own."""
    made = plan()
    now = halted(made, member("web2", "failed", why=""), seen=shows(web2=OUT), halt=BROKE)
    assert member_status(made, now, now.members["web2"]) == (
        "OUT OF ROTATION: returning when the rollout halted"
    )


def test_where_only_some_load_balancers_differ() -> None:
    """The places are named, a few of them, and never when it is so everywhere."""
    made = plan(instances=(A, B))
    here, there = line("web1"), line("web1", **OUT)
    split = state(made, member("web1"), seen=snapshots(view(A, here), view(B, there)))
    assert member_status(made, split, split.members["web1"]) == (
        f"untouched, but OUT OF ROTATION at {B}: not by this rollout"
    )
    many = snapshots(*(view(f"tcp:h{i}:9", line("web1", **DOWN)) for i in range(5)), view(A, here))
    ill = state(made, member("web1"), seen=many)
    assert member_status(made, ill, ill.members["web1"]) == (
        "untouched, but DOWN at tcp:h0:9, tcp:h1:9, tcp:h2:9 and 2 more (fails its health check)"
    )


def test_one_that_users_still_meet_somewhere_is_never_called_out() -> None:
    """A member that is not proven and is out at one load balancer is in rotation at the other."""
    made = plan(instances=(A, B))
    seen = snapshots(view(A, line("web1")), view(B, line("web1", **OUT)))
    now = state(made, member("web1", "kept"), seen=seen)
    assert member_status(made, now, now.members["web1"]) == (
        f"upgraded, IN ROTATION, not proven, TAKEN OUT BY SOMEBODY ELSE at {B}: cut short"
    )


def test_a_backend_is_named_where_there_are_several() -> None:
    """The same member in two backends of one load balancer is two places."""
    made = plan(backends=("web", "api"))
    lines = (line("web1", **OUT), line("web1", "api"))
    now = state(made, member("web1", "failed"), seen=snapshots(view(A, *lines)))
    assert member_status(made, now, now.members["web1"]).endswith(
        f" — NOW IN ROTATION at api at {A}, though it should be out"
    )


def test_another_rollout_is_named() -> None:
    """What another rollout of poolroll has out is not a stranger's doing."""
    made = plan()
    now = state(made, member("web1"), seen=shows(web1=OUT))
    assert member_status(made, now, now.members["web1"], {"web1": "api-2"}) == (
        "untouched, but OUT OF ROTATION: by rollout api-2"
    )


def test_those_left_as_found_and_those_that_are_no_members() -> None:
    """A member that came back meanwhile is said to; a stranger counts where it does not serve."""
    made = plan(left={"web9": "is out (web)"})
    spare, slot = {**DOWN, "is_backup": True}, {**NAMELESS, "is_vacant": True}
    seen = shows(web1=UP, web9=UP, other=DOWN, fine=UP, spare=spare, slot=slot)
    now = state(made, seen=seen)
    assert left_status(made, now, "web9") == "left as found: is out (web) — in rotation now"
    assert non_members(made, now) == {"other": f"not a member of this rollout, {SICK}"}


def test_a_halt_by_a_gate_names_it() -> None:
    """What it was condemned for stands until somebody decides to go on."""
    made = plan()
    web1 = member("web1", "failed", why="failed gate 'errors'", disproven="failed gate 'errors'")
    now = halted(made, web1, seen=shows(web1=OUT), halt=GATE)
    assert member_status(made, now, now.members["web1"]) == "OUT OF ROTATION: failed gate 'errors'"


def test_a_look_from_before_our_setting_says_nothing() -> None:
    """What it shows we have changed ourselves: it is not told as somebody else's doing."""
    old = member("web1", "done", set_at=NOW + timedelta(milliseconds=1))
    made = plan()
    assert (
        member_status(made, state(made, old, seen=shows(web1=OUT)), old) == "upgraded, in rotation"
    )
    new = member("web1", "done", set_at=NOW)
    told = member_status(made, state(made, new, seen=shows(web1=OUT)), new)
    assert "OUT OF ROTATION: not by this rollout" in told


def test_put_back_as_the_former_version() -> None:
    """Nothing was rolled back, so no rollback is called unfinished."""
    m = member("web1", "done", course=Course.ROLLBACK, step=0, restore_tried=True)
    made = plan()
    told = member_status(made, state(made, m, seen=shows(web1=UP)), m)
    assert told == "its upgrade NOT finished, in rotation"


@pytest.mark.parametrize(
    ("confirmed", "worker", "words"),
    [
        (Setting.PUT_BACK, "2", f"upgraded, but OUT OF ROTATION: {RELOADED}"),
        (Setting.PUT_BACK, "1", "upgraded, but OUT OF ROTATION: not by this rollout"),
        (Setting.DRAIN, "2", "upgraded, but OUT OF ROTATION: not by this rollout"),
        (None, "2", "upgraded, but OUT OF ROTATION: not by this rollout"),
    ],
)
def test_out_since_a_reload(confirmed: Setting | None, worker: str, words: str) -> None:
    """Where another worker shows it out than the one that confirmed its return, nobody is blamed:
    the reload may have restored what we had set."""
    made = plan()
    former = {A: Incarnation(worker, int(worker))}
    done = member("web1", "done", confirmed=confirmed, incarnations=former)
    now = state(made, done, seen=snapshots(view(A, line("web1", **OUT))))
    assert member_status(made, now, now.members["web1"]) == words


def test_one_whose_place_was_given_up() -> None:
    """It is in no rotation any more, and nothing is missing."""
    made = plan()
    gone = state(made, member("web1", "done", why=RETIRED), seen=snapshots(view(A)))
    assert member_status(made, gone, gone.members["web1"]) == f"gone: {RETIRED}"
