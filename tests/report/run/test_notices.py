"""Events → notices: what is told, when, and in which words."""

from dataclasses import replace
from datetime import timedelta

from controller.core import events as e
from controller.core.events import Cause, Event, Finished, Halted, Observation, RunBegan
from controller.core.outcome import Outcome
from controller.core.phases import Phase
from controller.core.plan.plan import CourseShape, Plan, Purpose
from controller.core.pool import Incarnation, InstanceView, Member
from controller.core.settings import Policies, Selection, Settings
from controller.core.state.state import Mode, State, initial
from controller.records import Notice
from controller.report.run.next_commands import NextCommands
from controller.report.run.notices import RolloutNotices, refused
from tests.adapters.notify.receiver import WALL
from tests.support.members import changed

PLAN = Plan(
    name="web",
    members=(Member("web1", "10.0.0.1", 80), Member("web2", "10.0.0.2", 80)),
    canaries=(),
    instances=("unix:/a",),
    backends=("web",),
    max_unavailable=1,
    min_available=1,
    serving=2,
    policies=Policies(),
    upgrade=CourseShape(1),
    rollback=None,
    sticky={},
    left={},
)
SETTINGS = Settings("web", None, Selection(), Policies(), owner="web-team")
TIDINGS = RolloutNotices(
    "web-1", PLAN, SETTINGS, NextCommands("web", Purpose.UPGRADE, "/etc/web.yaml")
)
HALT = Halted(Cause.MEMBER, "web1: it broke", "every step must end with exit code 0", "web1")
LOOK = e.Looked(InstanceView("unix:/a", timedelta(0), Incarnation("1", 1), (), is_full=False))


def at(seconds: float) -> timedelta:
    return timedelta(seconds=seconds)


def running() -> State:
    return replace(initial(PLAN), run=RunBegan("me@here"), touched=True)


def halted(*, finished: Finished | None = None) -> State:
    """Halted at 10 s."""
    return replace(running(), halt=HALT, halted_at=at(10), mode=Mode.HALTED, finished=finished)


def told(
    event: Event | Observation,
    before: State,
    after: State,
    *,
    last: float | None = 11.0,
    now: float = 12.0,
    tidings: RolloutNotices = TIDINGS,
) -> list[Notice]:
    former = at(last) if last is not None else None
    return list(tidings.of(event, before, after, former, at(now), WALL))


def test_start_says_who_and_what() -> None:
    """The first notice names the operator, how many members, and how many at a time."""
    (one,) = told(RunBegan("me@here"), initial(PLAN), running(), last=None)
    assert (one.event, one.name, one.rollout, one.wall) == ("started", "web", "web-1", WALL)
    assert one.text == (
        "rollout web: started by me@here: 2 members of web, at most 1 out at a time"
    )


def test_start_counts_those_chosen() -> None:
    """With `--only`, the members that this run may touch are counted."""
    (one,) = told(RunBegan("me@here", only=("web2",)), initial(PLAN), running())
    assert "1 member of web" in one.text


def test_resumption_says_how_it_stands() -> None:
    """A rollout that goes on is told as such, with its members."""
    (one,) = told(RunBegan("you@there"), running(), running())
    assert one.text == "rollout web: continued by you@there"
    assert one.lines == ("web1: untouched", "web2: untouched")


def test_halt_is_told_at_rest_with_its_message() -> None:
    """When all has come to rest, the lines are told as the terminal has them, and who ran it."""
    end = Finished(Outcome.HALTED, 5, "web1: it broke")
    (one,) = told(end, halted(), halted(finished=end))
    assert (one.event, one.member, one.exit_code) == ("halted", "web1", 5)
    assert one.text == "rollout web: HALTED: web1: it broke"
    heads = [line[:8].strip() for line in one.lines if line[:1] != " "]
    words = ["SEEN", "LIMIT", "MEMBERS", "USERS", "CAN WAIT", "CALL", "NEXT", "ROLLOUT"]
    assert heads == ["HALTED", *words]
    assert "CALL      web-team" in "\n".join(one.lines)
    assert "poolroll run /etc/web.yaml" in "\n".join(one.lines)
    assert one.lines[-1] == "ROLLOUT   web-1, run by me@here"


def test_halt_is_not_told_before_it_is_due() -> None:
    """While members are brought to rest, nothing is told for five seconds."""
    assert told(HALT, running(), halted(), now=10.0) == []
    assert told(LOOK, halted(), halted(), last=14.0, now=14.9) == []


def test_halt_that_takes_long_is_told_once() -> None:
    """After five seconds it is told with how it stands, once; not again at the end."""
    (one,) = told(LOOK, halted(), halted(), last=14.9, now=15.1)
    assert one.text == "rollout web: HALTED (members are not at rest yet): web1: it broke"
    assert one.lines[0].endswith(" (members are not at rest yet)")
    assert one.exit_code is None
    assert told(LOOK, halted(), halted(), last=15.1, now=15.2) == []
    end = Finished(Outcome.HALTED, 5)
    assert told(end, halted(), halted(finished=end), last=400.0, now=400.1) == []


def test_halt_of_a_former_process_is_told() -> None:
    """A run that takes up a halted rollout tells it, whatever the former process did."""
    (one,) = told(LOOK, halted(), halted(), last=None, now=20.0)
    assert one.event == "halted"


def test_signal_after_a_halt_does_not_hide_it() -> None:
    """Stopped while it was brought to rest: the halt is told all the same."""
    end = Finished(Outcome.STOPPED, 7, "SIGTERM")
    (one,) = told(end, halted(), halted(finished=end))
    assert one.event == "halted"


def test_stop_alone_is_not_told() -> None:
    """The operator knows that they pressed Ctrl-C."""
    end = Finished(Outcome.STOPPED, 7, "SIGINT")
    assert told(end, running(), replace(running(), finished=end)) == []


def test_refusal_is_told_as_one() -> None:
    """What was told as started is told as ended: nothing was touched. Who hears of halts alone
    hears it too."""
    end = Finished(Outcome.REFUSED, 3, "the floor does not hold")
    one, beat = told(end, running(), replace(running(), finished=end))
    assert (one.event, one.exit_code, one.also) == ("refused", 3, ("halted",))
    assert one.text == ("rollout web: refused, nothing was touched: the floor does not hold")
    assert (beat.event, beat.exit_code) == ("heartbeat", 3)


def test_done_says_what_became_of_whom() -> None:
    """The end has the summary, and the heartbeat its last beat."""
    done = {
        name: changed(m, phase=Phase.DONE, begun=True, step=1)
        for name, m in running().members.items()
    }
    end = Finished(Outcome.DONE, 0)
    one, beat = told(end, running(), replace(running(), members=done, finished=end))
    assert (one.event, one.exit_code) == ("done", 0)
    assert one.text == "rollout web: done: requests not counted, 2 upgraded, 12 s"
    assert [line.strip() for line in one.lines] == [
        "web1  upgraded, in rotation",
        "web2  upgraded, in rotation",
    ]
    assert (beat.event, beat.text, beat.exit_code) == ("heartbeat", "rollout web: done", 0)


def test_partly_done_is_done_but_not_the_last_beat() -> None:
    """After the canaries the rollout is unfinished: its monitor is not disarmed."""
    end = Finished(Outcome.PARTLY_DONE, 0)
    (one,) = told(end, running(), replace(running(), finished=end))
    assert one.event == "done"
    assert one.text.startswith("rollout web: partly done: ")


def test_abort_is_told_alone() -> None:
    """Of an abort at rest nobody hears that it was taken in hand, or halted once more."""
    ending = replace(TIDINGS, is_ending=True)
    assert told(RunBegan("me"), halted(), halted(), tidings=ending) == []
    assert told(LOOK, halted(), halted(), last=14.0, now=16.0, tidings=ending) == []
    end = Finished(Outcome.ABORTED, 7, "by me")
    state = replace(running(), finished=end)
    one, beat = told(end, running(), state, tidings=ending)
    assert (one.event, beat.event) == ("aborted", "heartbeat")


def test_stuck_names_the_member() -> None:
    """A member that needs a human is told by name, at once."""
    (one,) = told(e.MemberStuck("web1"), halted(), halted())
    assert (one.event, one.member) == ("stuck", "web1")
    assert "web1 is STUCK" in one.text


def test_a_member_that_is_done() -> None:
    """By name, and how far it is; not when it is only put back as it was before."""
    members = running().members
    ended = {**members, "web1": changed(members["web1"], phase=Phase.DONE, begun=True, step=1)}
    after = replace(running(), members=ended, done=1)
    (one,) = told(LOOK, running(), after)
    assert (one.event, one.member) == ("member_done", "web1")
    assert one.text == "rollout web: web1: upgraded, in rotation (1 of 2 members done)"
    assert told(LOOK, after, after) == []


def test_nothing_swallows_a_halt_that_is_overdue() -> None:
    """A member that gets stuck, or is done, in that very moment is told besides."""
    stuck, halt = told(e.MemberStuck("web1"), halted(), halted(), last=14.9, now=15.1)
    assert (stuck.event, halt.event) == ("stuck", "halted")


def test_a_refusal_before_there_is_a_rollout() -> None:
    """Its first reason is its text, and all of them its lines."""
    one = refused("web", ["no such backend", "the floor\n  does not hold"], 3, WALL)
    assert (one.event, one.rollout, one.exit_code) == ("refused", "", 3)
    assert one.text == "rollout web: REFUSED, nothing was touched: no such backend"
    assert one.lines == ("no such backend", "the floor", "  does not hold")
    assert refused("web", ["no such backend"], 3, WALL).lines == ()


def test_beat_says_how_far_it_is() -> None:
    """The heartbeat's text has the mode and how many are done."""
    beat = TIDINGS.heartbeat(running(), WALL)
    assert (beat.event, beat.text) == ("heartbeat", "rollout web: running, 0 of 2 members done")
    assert beat.exit_code is None
