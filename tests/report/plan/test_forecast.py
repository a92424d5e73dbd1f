"""What is at stake, in the words that an operator reads before saying yes."""

from datetime import timedelta

import pytest

from controller.core.forecast.load import Expected, Load
from controller.core.forecast.stake import Loss
from controller.core.forecast.traffic import Traffic
from controller.core.plan.plan import Purpose
from controller.report.plan.forecast import expected_lines, load_lines, outlook_lines, stake_lines
from tests.report.states import plan

NOW = Traffic(200, 50)
EXPECTED = Expected(3, timedelta(0), None)


def seconds(count: float) -> timedelta:
    return timedelta(seconds=count)


BOUND = Loss(1.0, "errors", 20, seconds(0.31), (14, seconds(0.3)), 50, 50)


def test_a_bound_is_told_with_what_is_likely() -> None:
    """How many, for how long, by which gate, and how sure that is; times are rounded up."""
    tenth = Loss(0.1, "errors", 1, seconds(61), (1, seconds(9.96)), 5, 5)
    assert stake_lines(NOW, [BOUND, tenth]) == [
        "at stake, at the present rate (200 requests a second, up to 50 of them at one "
        "upgraded member)",
        "  if the new version fails every request: at most 20 requests of users fail, for "
        "at most 0.4s (likely 14, in 0.3s); by then gate 'errors' has taken it out",
        "  if the new version fails a tenth of its requests: at most 1 request of users fail, for "
        "at most 1m01s (likely 1, in 10s); by then gate 'errors' has taken it out",
        "  in 1 of 200 such rollouts it is more; at a lower rate fewer fail, but for longer",
    ]


@pytest.mark.parametrize(
    ("loss", "words"),
    [
        (
            Loss(1.0, per_second=200, at_first=50),
            "if the new version fails every request: NOTHING STOPS IT, THERE IS NO GATE: up "
            "to 50 requests fail each second from the first member on, 200 when all have it, for "
            "the whole rollout and after it",
        ),
        (
            Loss(0.25, per_second=50, at_first=12.5, why=("gate 'a' is blind", "so is 'b'")),
            "if the new version fails 25 %: NO GATE IS SURE TO STOP IT: up to 12.5 requests "
            "fail each second from the first member on, 50 when all have it, for the whole "
            "rollout and after it; gate 'a' is blind; so is 'b'",
        ),
    ],
)
def test_no_bound_is_told_in_capitals(loss: Loss, words: str) -> None:
    """Who has no gate, or one that may miss it, reads how much each second costs, and why."""
    head, *lines = stake_lines(NOW, [loss])
    assert head.startswith("at stake")
    assert lines == [f"  {words}"]


def test_what_is_assumed_is_said() -> None:
    """A scrape interval that nobody told, and a balancer that prefers idle servers."""
    assumed = Loss(1.0, "errors", 9, seconds(31), assumed=seconds(15))
    head, line, _ = stake_lines(Traffic(200, 50, prefers_idle=True), [assumed])
    assert head.endswith("; more if it fails quickly, as idle servers are preferred)")
    assert line.endswith(", if its metrics are scraped every 15s (not known: set `evidence`)")


def test_nothing_to_lose() -> None:
    """A rehearsal brings nothing new; a pool at rest tells nothing."""
    assert "users meet no new version" in stake_lines(NOW, [])[1]
    assert "NO REQUESTS WERE MEASURED" in stake_lines(Traffic(0, 0), [BOUND])[1]


def test_nothing_is_known_where_nothing_is_counted() -> None:
    """Unknown is not zero: neither what is at stake nor what the others carry is a figure. What
    changes nothing has nothing at stake all the same."""
    unknown = Load("lb1", "web", sessions=None, serving=3, carriers=2, room=None)
    lines = outlook_lines(plan(), [unknown], EXPECTED, Traffic(0, 0, is_counted=False), [])
    assert lines[-1].startswith("  NOT KNOWN: no load balancer counts requests here")
    assert lines[1].endswith("3 serve, then 2 (floor 2); how many sessions they carry is not known")
    rehearsal = plan(Purpose.REHEARSAL)
    lines = outlook_lines(rehearsal, [unknown], EXPECTED, Traffic(0, 0, is_counted=False), [])
    assert "users meet no new version" in lines[-1]


def test_no_member_left_for_sessions_that_are_not_known() -> None:
    """Said as loud as where it is known."""
    (_, line) = load_lines([Load("lb1", "web", None, 1, 0, None)], plan())
    assert ": NO MEMBER IS LEFT; " in line


def test_the_time_that_a_member_is_out_before_its_steps_is_part_of_the_duration() -> None:
    for settle, waits in ((seconds(0), ""), (seconds(5), "settle, ")):
        (_, told) = expected_lines(Expected(3, seconds(6), seconds(1), settle))
        assert told.startswith(f"  about 21s: 3 turns of 6s for {waits}sticky clients, ramp and ")
