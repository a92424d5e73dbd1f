"""`status`: what the journal says, what the load balancers show beside it, and what to type."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from controller.core.events import Finished
from controller.core.outcome import Outcome
from controller.core.phases import Phase
from controller.core.plan.plan import Purpose
from controller.core.state.state import State
from controller.records import Holder, Request, Verb
from controller.report.members.placement import PoolView
from controller.report.status.brief import brief_line
from controller.report.status.lines import status_lines
from controller.report.status.value import Known, status_value
from controller.report.status.values import kept_file
from tests.report import journals
from tests.report.states import (
    DOWN,
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
    state,
    view,
)

TOLD = tuple(journals.TOLD)
RUN = "poolroll run /srv/web.yml"


def seen(**members: Mapping[str, Any]) -> PoolView:
    return PoolView(WALL, {A: view(A, *(line(name, **how) for name, how in members.items()))})


def known(of: State, pool_view: PoolView | None = None, **changes: Any) -> Known:
    made = plan(changes.pop("purpose", Purpose.UPGRADE))
    row = changes.pop("row", journals.row())
    return replace(
        Known(row, made, of, WALL, None, commands(made), kept_file(row), pool_view=pool_view),
        **changes,
    )


def told_of(one: Known) -> list[str]:
    return status_lines(status_value(one, "/srv/state"))


def stopped_at_a_halt(*, told: tuple[str, ...] = TOLD) -> State:
    end = Finished(Outcome.HALTED, 5, "web1: step 1 failed", told)
    return halted(plan(), member("web1", "failed"), finished=end)


def test_a_halt_is_shown_as_it_was_told() -> None:
    """All its lines, dated, what it was, and what to type: from the journal's row."""
    lines = told_of(known(stopped_at_a_halt()))
    assert lines[1:4] == [
        "upgrade, version=2.4.1",
        "state folder /srv/state",
        "at 2024-03-05 03:12:00 UTC:",
    ]
    assert lines[4:10] == list(TOLD[:6])
    assert lines[10] == "NEXT      to wait:    type nothing   (web1 stays out)"
    assert f"          to go on:   poolroll resume web --reason '…', then {RUN}" in lines


def test_a_halt_after_which_a_member_came_back() -> None:
    """What it said of users then is not said now."""
    told = told_of(known(stopped_at_a_halt(), seen(web1={})))
    assert "USERS     NOT KNOWN now: web1 came back into rotation since this halt" in told
    assert [text for text in told if text.startswith("CAN WAIT  NOT KNOWN, treat it as NO")]
    assert not [text for text in told if "FAILING" in text or "not failing" in text]


def test_a_halt_whose_lines_were_not_kept() -> None:
    """What the journal has."""
    lines = told_of(known(stopped_at_a_halt(told=())))
    assert lines[4:6] == ["SEEN      web1: step 1 failed", "LIMIT     steps must exit 0"]


def test_a_decision_is_shown() -> None:
    """After `resume` it no longer asks for one."""
    asked = Request(1, "r1", Verb.RESUME, "mended", "kim@ops", WALL)
    lines = told_of(known(stopped_at_a_halt(), requests=(asked,)))
    assert "NEXT      resumed by kim@ops: mended" in lines
    assert f"          the next run acts on it: `{RUN}`" in lines
    assert not [text for text in lines if "to end it" in text]


@pytest.mark.parametrize(
    ("of", "changes", "following"),
    [
        (state(plan()), {}, f"`{RUN}` goes on"),
        (
            state(plan(), member("web1", "soaking")),
            {},
            f"web1 serves users UNPROVEN: its soak was not finished; `{RUN}` goes on and judges it",
        ),
        (
            state(plan(), member("web1", "upgrading")),
            {},
            f"the command on web1 runs on by itself; `{RUN}` waits for its end",
        ),
        (
            state(plan(Purpose.REHEARSAL)),
            {"purpose": Purpose.REHEARSAL},
            "`poolroll rehearse /srv/web.yml` goes on",
        ),
    ],
)
def test_one_that_was_cut_off_goes_on(of: State, changes: dict[str, Any], following: str) -> None:
    """With the very command."""
    assert f"NEXT      {following}" in told_of(known(of, **changes))


HELD = Holder("web", 77, "ops1", "kim@ops1", WALL)


def test_one_that_runs_wants_nothing() -> None:
    """And a paused one says how it goes on."""
    running = replace(state(plan()), mode=state(plan()).mode)
    assert not [text for text in told_of(known(running, holder=HELD)) if "NEXT" in text]
    paused = replace(running, paused=True)
    assert "NEXT      to go on: poolroll resume web --reason '…'" in told_of(
        known(paused, holder=HELD)
    )


def test_one_that_waits_for_capacity() -> None:
    """Else it seems to do nothing, for as long as `wait_for_capacity` allows."""
    short = state(plan(), short_since=timedelta(0))
    waits = known(short, holder=HELD)
    assert told_of(waits)[0].startswith("rollout web: running, waiting for capacity   (")
    assert "RUNNING, upgrade to 2.4.1, " in brief_line(status_value(waits, "/srv/state"))
    assert ", waiting for capacity, " in brief_line(status_value(waits, "/srv/state"))
    assert "capacity" not in told_of(known(short))[0], "cut off: nobody waits"
    halted = replace(stopped_at_a_halt(), short_since=timedelta(0))
    assert "capacity" not in told_of(known(halted, holder=HELD))[0]


def test_one_that_waits_for_its_window() -> None:
    """Until when is said first; nothing has to be decided."""
    over = Finished(Outcome.PAUSED, 7, "it closes at four", until="Mon 2026-11-30 10:00 CET")
    waits = known(state(plan(), member("web1", "done"), finished=over))
    first, *_ = told_of(waits)
    assert first.startswith("rollout web: paused until Mon 2026-11-30 10:00 CET: window ")
    assert "NEXT      `poolroll run /srv/web.yml` goes on" in told_of(waits)
    opened = replace(waits, state=replace(waits.state, finished=replace(over, opens=WALL)))
    assert told_of(opened)[0].startswith(
        "rollout web: paused, its window has opened on Mon 2026-11-30 10:00 CET, and no process "
    )
    late = replace(waits, state=replace(waits.state, finished=replace(over, until="")))
    assert told_of(late)[0].startswith("rollout web: paused ")
    (next_line,) = [line for line in told_of(late) if line.startswith("NEXT")]
    assert next_line.endswith("as it is: `poolroll run /srv/web.yml --ignore-windows --reason '…'`")
    assert status_value(replace(waits, holder=HELD), "/srv/state")["until"] is None


def test_one_that_has_ended_shows_its_halt_as_past() -> None:
    """What was to be typed then is not any more; who is out still has a way back."""
    of = replace(stopped_at_a_halt(), finished=Finished(Outcome.ABORTED, 7, "by kim", TOLD))
    row = replace(journals.row(), outcome="aborted", exit_code=7, ended=WALL)
    lines = told_of(known(of, row=row))
    assert lines[3:6] == [
        "it had halted:",
        "SEEN      web1: step 1 failed",
        "LIMIT     steps must exit 0",
    ]
    assert [text[:8].strip() for text in lines[6:7]] == ["NEXT"]
    assert lines[6].startswith("NEXT      web1 stays out: the next `poolroll run")
    assert "CAN WAIT" not in "\n".join(lines)


def test_what_is_seen_now_stands_beside_the_journal() -> None:
    """A reload has put back what had failed: said on its line, and what to type."""
    now = seen(web1=UP, web2=DOWN, web3=UP)
    lines = told_of(known(stopped_at_a_halt(), now))
    assert lines[-4:] == [
        "now, at 03:12:00 UTC: BELOW THE FLOOR: 1 member serves, the floor is 2",
        f"  web1  OUT OF ROTATION: it broke — NOW IN ROTATION at {A}, though it should be out",
        "  web2  untouched, but DOWN (fails its health check)",
        "  web3  in rotation, untouched",
    ]
    assert (
        "NEXT      take web1 out of rotation on every load balancer: "
        "set server web/web1 state maint" in lines
    )


def test_how_many_serve_against_the_floor() -> None:
    """Seen everywhere, it is a figure."""
    value = status_value(known(stopped_at_a_halt(), seen(web1=OUT, web2=UP, web3=UP)), "/srv")
    assert value["seen"] == {
        "asked": True,
        "at": "2024-03-05T03:12:00+00:00",
        "serving": 2,
        "floor": 2,
        "roles": {},
        "not_asked": {},
        "held": {},
    }
    assert value["members"]["web1"]["now"] == "out of rotation"
    assert value["members"]["web2"]["now"] == "in rotation"


def test_one_that_could_not_be_asked_is_one_line() -> None:
    """And nothing is claimed in its place."""
    why = "this user may not open the socket (permission denied)"
    pool_view = PoolView(WALL, unseen={A: why})
    value = status_value(known(stopped_at_a_halt(), pool_view), "/srv")
    assert (value["seen"]["asked"], value["seen"]["serving"]) == (False, None)
    lines = status_lines(value)
    assert f"not seen: {A}: {why}" in lines
    assert lines[-4:] == [
        "members, according to the journal:",
        "  web1  OUT OF ROTATION: it broke",
        "  web2  untouched",
        "  web3  untouched",
    ]


def test_where_only_some_were_seen_no_figure_is_given() -> None:
    """The fewest might be behind the one that is silent."""
    pool_view = replace(seen(web1=OUT, web2=UP, web3=UP), unseen={B: "no answer in time"})
    one = known(stopped_at_a_halt(), pool_view)
    one = replace(one, plan=replace(one.plan, instances=(A, B)))
    assert status_value(one, "/srv")["seen"]["serving"] is None
    assert "members, as seen at 03:12:00 UTC by the other load balancers:" in told_of(one)


def test_a_member_in_hand_is_told_by_the_journal_alone() -> None:
    """A look a moment later shows another moment of it: that is no contradiction."""
    of = state(plan(), member("web1", "upgrading"))
    lines = told_of(known(of, seen(web1=UP, web2=UP, web3=UP), holder=HELD))
    assert "  web1  OUT OF ROTATION (upgrading), its command may still run" in lines
    left = told_of(known(of, seen(web1=UP, web2=UP, web3=UP)))
    assert any("though it should be out" in text for text in left)


def test_the_rollback_of_a_rollout_has_its_own_values() -> None:
    """What `rollback.vars` says is what was rolled out."""
    file = journals.FILE + 'rollback: {command: [a], vars: {version: "2.3.9"}}\n'
    row = journals.row(file=file)
    back = known(state(plan()), row=row, purpose=Purpose.ROLLBACK)
    assert told_of(back)[1] == "rollback, version=2.3.9"
    assert told_of(known(state(plan()), row=row))[1] == "upgrade, version=2.4.1"


def test_a_file_of_another_version_still_has_its_sets() -> None:
    """What cannot be read is not guessed."""
    row = journals.row(file="apiVersion: poolroll/v9\n")
    assert told_of(known(state(plan()), row=row))[1] == "upgrade, version=2.4.1"


def test_a_member_at_rest_is_compared_while_another_is_in_hand() -> None:
    """A running rollout has failed members too."""
    of = state(plan(), member("web1", "failed"), member("web2", phase=Phase.DRAINING))
    lines = told_of(known(of, seen(web1=UP, web2=UP, web3=UP), holder=HELD))
    assert any(text.startswith("  web1  OUT OF ROTATION: it broke — NOW") for text in lines)


def test_a_pool_that_nobody_puts_back() -> None:
    """What a rollout has prepared is told while no process runs it, and only then."""
    shown = seen(web1=UP)
    held = {name: replace(view, held="the pool is narrowed") for name, view in shown.views.items()}
    of = known(state(plan(), member("web1")), replace(shown, views=held))
    assert "CAUTION, no process runs it: the pool is narrowed" in told_of(of)
    runs = replace(of, holder=Holder("web", 7, "h", "me", WALL))
    assert not [text for text in told_of(runs) if "CAUTION" in text]


def test_where_the_state_is() -> None:
    """A folder is called one."""
    of = known(state(plan(), member("web1")))
    assert "state folder /srv/state" in told_of(of)
    assert "state cluster:ops" in status_lines(status_value(of, "cluster:ops"))
