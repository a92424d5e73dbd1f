"""How a run ended that did not halt: what stands, and what to type next."""

from dataclasses import replace
from typing import Any

import pytest

from controller.core.events import Answer, Finished
from controller.core.outcome import Outcome
from controller.core.phases import Phase
from controller.core.plan.abilities import ByHand
from controller.core.plan.plan import Purpose
from controller.core.pool import Incarnation
from controller.core.settings import Policies, Selection, Settings
from controller.core.snapshot import lost
from controller.core.state.member import RETIRED
from controller.core.state.parts import MemberState
from controller.core.state.state import State
from controller.report.run.summary import cut_off, over, summary
from tests.report import journals
from tests.report.states import DOWN, NOW, OUT, UP, WALL, A, commands, member, plan, shows, state
from tests.support.members import changed

SETTINGS = Settings("web", None, Selection(), Policies())
RUN = "`poolroll run /srv/web.yml`"
DISPROVEN = "failed gate 'errors'"


def ended(
    outcome: str,
    *members: MemberState,
    purpose: Purpose = Purpose.UPGRADE,
    why: str = "SIGINT",
    **changes: Any,
) -> list[str]:
    made = plan(purpose, **changes)
    shown = {f"web{i}": UP for i in range(1, 4)} | {m.name: OUT for m in members if m.is_away}
    of = state(made, *members, seen=shows(**shown), finished=Finished(Outcome(outcome), 7, why))
    return summary(made, of, SETTINGS, NOW, WALL, commands(made))


@pytest.mark.parametrize(
    ("members", "counts"),
    [
        ((member("web1", "done"),), "1 member upgraded and returned"),
        (
            (member("web1", "done"), member("web2", "soaking")),
            "1 member upgraded and returned, 1 in rotation, not proven",
        ),
        (
            (member("web1", "done", step=0),),
            "0 members upgraded and returned, 1 put back as they are",
        ),
        (
            (member("web1", "done", disproven=DISPROVEN),),
            "0 members upgraded and returned, 1 put back as they are",
        ),
        (
            (member("web1", "failed"),),
            "0 members upgraded and returned, 1 out of rotation because of us",
        ),
        (
            (member("web1", "done"), member("web9", "done", why=RETIRED)),
            "1 member upgraded and returned",
        ),
        (
            (member("web1", "done"), member("web2", "done", answer=Answer.PRESENT)),
            "1 member upgraded and returned, 1 already there and returned",
        ),
    ],
)
def test_only_what_was_proven_counts_as_upgraded(
    members: tuple[MemberState, ...], counts: str
) -> None:
    """A step that failed, or a gate, is not forgotten when its member is put back."""
    assert ended("aborted", *members)[0] == f"aborted: {counts}"


def test_stopped_with_nothing_under_way_is_safe() -> None:
    """One line says so, and how to go on."""
    assert ended("stopped")[-1] == f"stopped (SIGINT) in a safe state; {RUN} goes on"


@pytest.mark.parametrize(
    ("is_lost", "words"),
    [
        (False, "BELOW THE FLOOR: 1 member serves, the floor is 2"),
        (True, "NOT KNOWN whether enough members serve: unix:/a.sock does not answer"),
    ],
)
def test_stopped_below_the_floor_is_not_called_safe(is_lost: bool, words: str) -> None:
    """Nor where nobody sees how many serve."""
    made, seen = plan(), shows(web1=DOWN, web2=UP)
    if is_lost:
        seen = {name: lost(one, NOW, "connection refused") for name, one in seen.items()}
    over = Finished(Outcome.STOPPED, 7, "SIGINT")
    of = state(made, seen=seen, finished=over, touched=True)
    *_, first, second = summary(made, of, SETTINGS, NOW, WALL, commands(made))
    assert (first, second) == ("stopped (SIGINT)", words)


def test_stopped_before_anything_was_touched_is_safe() -> None:
    """Whoever serves."""
    made = plan()
    of = state(made, seen=shows(web1=DOWN), finished=Finished(Outcome.STOPPED, 7, "SIGINT"))
    assert "in a safe state" in summary(made, of, SETTINGS, NOW, WALL, commands(made))[-1]


def test_stopped_in_a_soak_is_not_called_safe() -> None:
    """Users meet a version that nothing has judged yet."""
    *_, first, second = ended("stopped", member("web1", "soaking"))
    assert first == "stopped (SIGINT)"
    assert second == (
        f"web1 serves users UNPROVEN: its soak was not finished; {RUN} goes on and judges it"
    )


def test_stopped_twice_says_that_the_command_runs_on() -> None:
    """The second signal left it behind."""
    *_, first, second = ended("stopped", member("web1", "upgrading"))
    assert first == "stopped (SIGINT)"
    assert second == f"the command on web1 runs on by itself; {RUN} waits for its end"


def test_stopped_with_a_member_out_is_safe_and_names_it() -> None:
    """Nobody meets it."""
    *_, first, second = ended("stopped", member("web1", "upgrading", unfinished=False))
    assert first == "stopped (SIGINT) in a safe state"
    assert second == f"web1 out of rotation; {RUN} goes on with it"


def test_stopped_with_a_changed_member_put_back_is_not_called_safe() -> None:
    """A reload or another hand has put it in rotation: users meet what is not proven."""
    made, out = plan(), member("web1", "upgrading", unfinished=False)
    of = state(made, out, seen=shows(web1=UP), finished=Finished(Outcome.STOPPED, 7, "SIGINT"))
    *_, first, second, _ = summary(made, of, SETTINGS, NOW, WALL, commands(made))
    assert first == "stopped (SIGINT)"
    assert second.startswith("take web1 out of rotation on every load balancer: set server web/")


def test_a_rehearsal_stopped_in_a_soak_is_safe() -> None:
    """It has changed no version, and says nothing of an upgrade."""
    lines = ended("stopped", member("web1", "soaking"), purpose=Purpose.REHEARSAL)
    assert lines[-1].startswith("stopped (SIGINT) in a safe state; `poolroll rehearse ")
    assert "upgraded" not in "\n".join(lines)


def test_an_abort_says_how_those_left_out_come_back() -> None:
    """By the next run, or by hand; and what would bring them back unasked."""
    assert ended("aborted", member("web1", "failed"))[-2:] == [
        f"web1 stays out: the next {RUN} takes it first; by hand, on every load balancer: "
        "set server web/web1 state ready",
        "do not reload a load balancer: that may put web1 back in rotation; "
        "`poolroll guard web` keeps it out",
    ]
    two = ended("aborted", member("web1", "failed"), member("web2", "failed"))
    assert two[-2].startswith(f"web1, web2 stay out: the next {RUN} takes them first; ")
    assert two[-2].endswith("set server web/MEMBER state ready")
    assert two[-1].endswith(
        "may put web1, web2 back in rotation; `poolroll guard web` keeps them out"
    )


def test_who_ran_what_is_not_known_is_told_what_to_type() -> None:
    """It passed as neither version, and no earlier rollout says what it could have passed as."""
    lines = ended("aborted", member("web1", "failed", restore_tried=True))
    (told,) = [line for line in lines if "is not known" in line]
    assert told == (
        "which version web1 ran before the rollout is not known to the journal, so nothing was "
        f"validated as that: to bring it back with it, {RUN[:-1]} --set NAME=VALUE` with the "
        "values of that version"
    )
    lines = ended("aborted", member("web1", "failed", restore_tried=True), before={"web1": {}})
    assert "is not known" not in "\n".join(lines)


def test_who_failed_a_gate_is_not_put_back_unwarned() -> None:
    """Nothing but a gate has seen what is wrong with it: no check keeps it from users."""
    *_, warned, _ = ended("aborted", member("web1", "failed", disproven=DISPROVEN))
    assert warned == (
        "CAUTION: web1 failed gate 'errors': put it back only with another version, or once it is "
        "mended"
    )


def test_who_was_put_back_by_hand_is_not_asked_back_out() -> None:
    """Whoever types what the end of the rollout said is not told the contrary by `status`; after a
    reload nobody has decided that."""
    made, end = plan(), Finished(Outcome.ABORTED, 7, "by me")
    for pid, out in (("1", False), ("0", True)):
        one = member("web1", "failed", incarnations={A: Incarnation(pid, 1)})
        of = state(made, one, seen=shows(web1=UP), finished=end)
        lines = summary(made, of, SETTINGS, NOW, WALL, commands(made))
        assert any("take web1 out of rotation" in line for line in lines) is out
        assert ("  web1  in rotation, PUT BACK BY HAND since the end: it broke" in lines) is not out


def test_step_that_was_ended_with_us() -> None:
    """SEEN says what the signal did; with a connection that was cut the state is not safe."""
    seen = "step 1 (ssh) was ended by SIGTERM; poolroll got SIGTERM at the same moment"
    cut = member("web1", "upgrading", unfinished=False, lost=True, exit_code=143, detail=seen)
    lines = ended("stopped", cut, why="SIGTERM")
    assert "stopped (SIGTERM) in a safe state" in lines
    assert lines[lines.index("stopped (SIGTERM) in a safe state") + 1] == f"SEEN      web1: {seen}"
    elsewhere = ended("stopped", changed(cut, may_run="what ssh started"), why="SIGTERM")
    assert "stopped (SIGTERM)" in elsewhere
    lost = ended("stopped", changed(cut, exit_code=None), why="SIGTERM")
    assert not any(line.startswith("SEEN") for line in lost)


def test_plan_that_does_not_know_what_to_type_by_hand() -> None:
    """One of an older version: who is out, and who must be, is said all the same."""
    made = replace(plan(), by_hand=ByHand())
    for deed, shown, has_more, last in (
        ("failed", OUT, True, f"web1 stays out: the next {RUN} takes it first"),
        ("failed", UP, False, "take web1 out of rotation on every load balancer"),
    ):
        end = Finished(Outcome.ABORTED, 7, "by me")
        of = state(made, member("web1", deed), seen=shows(web1=shown), finished=end)
        assert summary(made, of, SETTINGS, NOW, WALL, commands(made))[-1 - has_more] == last


def test_what_to_type_by_hand_where_the_command_says_where() -> None:
    made = replace(plan(), by_hand=ByHand("kubectl {member} in", "kubectl {member} out", ""))
    put_back = f"web1 stays out: the next {RUN} takes it first; by hand: kubectl web1 in"
    for deed, shown, has_more, last in (
        ("failed", OUT, True, put_back),
        ("failed", UP, False, "take web1 out of rotation: kubectl web1 out"),
    ):
        end = Finished(Outcome.ABORTED, 7, "by me")
        of = state(made, member("web1", deed), seen=shows(web1=shown), finished=end)
        assert summary(made, of, SETTINGS, NOW, WALL, commands(made))[-1 - has_more] == last


def test_what_to_type_by_hand_where_members_differ() -> None:
    """Each has a command of its own, which works as it is typed; of many, the first ones."""
    each = {f"web{n}": f"ssh -p {n} web{n} in" for n in range(1, 5)}
    one = ByHand("", "", "", each, {name: text.replace("in", "out") for name, text in each.items()})
    made = replace(plan(), by_hand=one)
    end = Finished(Outcome.ABORTED, 7, "by me")
    shown = {"web1": OUT, "web2": OUT, "web3": OUT, "web4": OUT}
    three = "ssh -p 1 web1 in; ssh -p 2 web2 in; ssh -p 3 web3 in"
    for names, last in (
        (["web1"], "; by hand: ssh -p 1 web1 in"),
        (["web1", "web2", "web3"], f"; by hand: {three}"),
        (["web1", "web2", "web3", "web4"], f"; by hand: {three}; and for 1 more"),
    ):
        members = [member(name, "failed") for name in names]
        of = state(made, *members, seen=shows(**{n: shown[n] for n in names}), finished=end)
        assert summary(made, of, SETTINGS, NOW, WALL, commands(made))[-2].endswith(last)
    of = state(made, member("web2", "failed"), seen=shows(web2=UP), finished=end)
    assert summary(made, of, SETTINGS, NOW, WALL, commands(made))[-1] == (
        "take web2 out of rotation: ssh -p 2 web2 out"
    )


def test_an_abort_that_put_back_what_a_gate_failed_warns() -> None:
    """Its result does not read as a success."""
    assert ended("aborted", member("web1", "done", disproven=DISPROVEN))[-1] == (
        "web1 back in rotation though it failed gate 'errors': WATCH YOUR USERS"
    )


def test_a_member_that_users_meet_though_it_must_be_out() -> None:
    """After a reload of a load balancer: what to type is said, and nothing of staying out."""
    made = plan()
    end = Finished(Outcome.ABORTED, 7, "by me")
    of = state(made, member("web1", "failed"), seen=shows(web1=UP), finished=end)
    assert summary(made, of, SETTINGS, NOW, WALL, commands(made))[-1] == (
        "take web1 out of rotation on every load balancer: set server web/web1 state maint"
    )


def finished(*members: MemberState) -> State:
    return state(plan(), *members, finished=Finished(Outcome.ABORTED, 7, "by me"))


@pytest.mark.parametrize(
    ("of", "out"),
    [
        (finished(member("web1", "failed")), "web1 stays out: "),
        (finished(), "it left no member out of rotation"),
    ],
)
def test_one_that_is_over_says_how_it_ended(of: State, out: str) -> None:
    """To `abort` or `resume` it once more is no riddle."""
    row = replace(journals.row(), outcome="aborted", exit_code=7, ended=WALL)
    first, second, *_ = over("no unfinished rollout 'web'", row, plan(), of, commands(plan()))
    assert first == (
        f"no unfinished rollout 'web': the newest, {row.id}, ended at 2024-03-05 03:12:00 UTC: "
        "aborted by me"
    )
    assert second.startswith(out)


def test_cut_off_says_where_it_stood() -> None:
    """When not even the journal could be written."""
    lines = cut_off(plan(), state(plan(), member("web1", "upgrading")), "disk", commands(plan()))
    assert lines[:2] == [
        "CUT OFF: disk",
        "  web1  OUT OF ROTATION (upgrading), its command may still run",
    ]
    assert lines[-1].endswith(f"{RUN} continues once that is fixed")


def test_paused_until_the_next_window() -> None:
    """What is left, until when, and how it goes on: nothing has to be done."""
    made, done = plan(), member("web1", "done")
    over = Finished(Outcome.PAUSED, 7, "it closes at four", until="Mon 2026-11-30 10:00 CET")
    of = state(made, done, seen=shows(web1=UP, web2=UP, web3=UP), finished=over)
    lines = summary(made, of, SETTINGS, NOW, WALL, commands(made))
    assert lines[0] == "paused: 1 member upgraded and returned"
    assert lines[-2:] == [
        "paused until Mon 2026-11-30 10:00 CET: it closes at four",
        f"not started: web2, web3; {RUN} goes on",
    ]
    last = replace(of, finished=replace(over, until=""))
    lines = summary(made, last, SETTINGS, NOW, WALL, commands(made))
    assert lines[-2] == "paused and no window opens within a year: it closes at four"
    assert lines[-1] == (
        "not started: web2, web3; with later `windows`, `freeze` or `finish_by` in the rollout "
        f"file, {RUN} goes on; as it is: {RUN[:-1]} --ignore-windows --reason '…'`"
    )


def test_who_was_skipped_is_named() -> None:
    """In the first line, which notices have too, and in the line of its own."""
    why = "not reached: exit code 255"
    dead = member("web2", phase=Phase.LEFT, is_unreached=True, why=why)
    lines = ended("done", member("web1", "done"), dead, member("web3", "done"))
    assert lines[0] == "done: 2 members upgraded and returned, 1 skipped, not reached (web2)"
    assert "  web2  SKIPPED, left as found: not reached: exit code 255 — in rotation now" in lines
