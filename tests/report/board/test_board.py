"""The live board: what it says, and that it fits."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

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
from controller.core.outcome import Outcome
from controller.core.phases import Phase
from controller.core.pool import Counters, Incarnation, InstanceView
from controller.core.settings import Policies
from controller.core.snapshot import looked
from controller.core.state.ours import Ours
from controller.core.state.parts import MemberState
from controller.core.state.state import GateState, Mode
from controller.core.steps import Course, RunStep
from controller.report.board.drawing import draw
from controller.report.board.gates import gates, limit_word
from controller.report.board.log_lines import LogLine, log_lines
from controller.report.board.members import members, tally
from controller.report.board.recent import FailurePeriod, Recent
from controller.report.board.scene import Scene, Size
from controller.report.board.segments import (
    ASCII,
    UNICODE,
    Tone,
    bar,
    counts_line,
    cut,
    labels,
    plain,
)
from controller.report.board.state_line import state_line
from controller.report.board.users import rate_now, users
from tests.report.board import boards as boards
from tests.report.board.boards import NOW, SCENES, WALL, ago, member, plan, scene, state
from tests.report.board.redraw import FOLDER, drawn


@pytest.mark.parametrize("name", SCENES)
def test_golden(name: str) -> None:
    """What an operator sees, at six sizes. Drawn anew by `python -m tests.report.board.redraw`."""
    assert drawn(SCENES[name]()) == (FOLDER / f"{name}.txt").read_text(encoding="utf-8")


def test_every_drawing_has_its_scene() -> None:
    """No drawing is left of a scene that is gone."""
    assert {path.stem for path in FOLDER.glob("*")} == set(SCENES)


@given(st.sampled_from(sorted(SCENES)), st.integers(1, 220), st.integers(1, 80), st.booleans())
def test_it_fits(name: str, width: int, height: int, is_ascii: bool) -> None:
    """No line is wider than the terminal, and there is always a row left below the board."""
    one = replace(SCENES[name](), footer="users: 12 requests served, 0 failed")
    one = replace(one, signs=ASCII) if is_ascii else one
    lines = [plain(line) for line in draw(one, Size(width, height))]
    assert len(lines) <= max(1, height - 1)
    assert max(map(len, lines)) <= width
    assert all(line.isascii() for line in lines) or not is_ascii


@given(st.integers(40, 220))
def test_columns_stay(width: int) -> None:
    """Whatever happens to them, members and gates keep their columns."""
    found = set()
    for name in ("soaking", "draining", "failing", "paused", "unproven"):
        lines = [plain(line) for line in draw(SCENES[name](), Size(width, 60))]
        heads = [line for line in lines if line.startswith(("member ", "gate "))]
        found.add(tuple(heads))
    assert len(found) == 1


@given(st.integers(5, 60))
def test_who_is_in_hand_is_seen(height: int) -> None:
    """However low the terminal, the member in hand has its row, and so does one that failed."""
    for name in ("soaking", "halted"):
        lines = [plain(line) for line in draw(SCENES[name](), Size(80, height))]
        assert any(line.startswith("web4") for line in lines) or height < 7


# --- members -----------------------------------------------------------------------------------


def test_requests_of_our_own_are_named() -> None:
    """Where load balancers count them as users'."""
    m = member("web1", Phase.SOAKING, 1, mark=Counters(), own=Counters(0, 12))
    of = replace(state(plan(2), m), ours=Ours(12))
    of = replace(of, tallies={**of.tallies, "web1": Tally(Counters(1, 14))})
    shown = members(scene(plan(2), of).at, Recent(), 9).rows[0].doing
    assert shown.endswith("14 requests, 12 of them our own, 1 failed")


def test_a_crowd_is_counted() -> None:
    """In hand, who needs a look, done last, next: then the others are counted."""
    shown = members(boards.crowd().at, Recent(), 11)
    assert [row.member[-4:] for row in shown.rows] == [
        *("0004", "0011", "0012", "0013", "0014", "0015", "0016", "0017", "0018", "0019")
    ]
    assert shown.rest == "980 waiting, 9 done, 1 left out"
    assert members(boards.crowd().at, Recent(), 1).rows[0].member == "app-0013"
    assert members(boards.crowd().at, Recent(), 0).rows == ()


DOING: list[tuple[MemberState, str, str, str]] = [
    (member("web1", Phase.ASKING, 1), "asking", "", "asking `unless`"),
    (member("web1", Phase.DRAINING, 1), "drain", "max 5m", "waiting for work in flight"),
    (
        member("web1", Phase.DRAINING, 1, persistent=True),
        *("drain", "of 30s", "sticky clients may still come"),
    ),
    (member("web1", Phase.OUT, 1), "drain", "", "out, and quiet"),
    (
        member("web1", Phase.UPGRADING, 1, work=RunStep("web1", Course.UPGRADE, 0, 0)),
        *("upgrade", "", "step 1 of 1 runs"),
    ),
    (
        member("web1", Phase.RAMPING, 1, share=10),
        *("return", "", "10 % of its weight; 0 requests, none failed"),
    ),
    (member("web1", Phase.SOAKING, 1), "soak", "of 30s", "warms up; 0 requests, none failed"),
    (member("web1", Phase.SKIPPED), "skipped", "", "was already there"),
    (member("web1", Phase.STUCK, why="exit 1"), "stuck", "", "exit 1"),
    (
        member("web1", Phase.WAITING, found=boards.FOUND),
        "waiting",
        "",
        "OUT since an earlier rollout",
    ),
    (
        member("web1", Phase.WAITING, found=boards.FOUND, former=boards.FOUND),
        "waiting",
        "",
        "OUT, to be proven anew",
    ),
]


@pytest.mark.parametrize(("m", "phase", "limit", "doing"), DOING)
def test_what_a_member_does(m: MemberState, phase: str, limit: str, doing: str) -> None:
    """The operator's word for the phase, how long it may take, and what goes on."""
    row = members(scene(plan(2), state(plan(2), m)).at, Recent(), 9).rows[0]
    assert (row.phase, row.limit, row.doing) == (phase, limit, doing)


@pytest.mark.parametrize(
    ("m", "doing"),
    [
        (member("web1", Phase.WAITING), "waiting for its name"),
        (member("web1", Phase.OUT, 1), "waiting for its name"),
        (member("web1", Phase.CHECKING, 1), "waiting for its name"),
        (
            member("web1", Phase.UPGRADING, 1, work=RunStep("web1", Course.UPGRADE, 0, 0)),
            "step 1 of 1 runs",
        ),
        (member("web1", Phase.DRAINING, 1), "waiting for work in flight"),
    ],
)
def test_a_name_without_an_address(m: MemberState, doing: str) -> None:
    """It holds up what comes next, but no step that runs, and no drain."""
    nameless = replace(boards.line("web1"), is_unresolved=True)
    view = InstanceView(boards.INSTANCE, NOW, Incarnation("77", 1), (nameless,), is_full=True)
    before = state(plan(2), m)
    seen = looked(before.snapshots[boards.INSTANCE], view)
    shown = scene(plan(2), replace(before, snapshots={boards.INSTANCE: seen})).at
    assert members(shown, Recent(), 9).rows[0].doing == doing


# --- how it stands -----------------------------------------------------------------------------

HALT = e.Halted(e.Cause.GATE, "gate 'errors' failed", "at most 1 %", "web1", "errors", ("web1",))
STANCES: list[tuple[dict[str, Any], str, str]] = [
    ({"mode": Mode.HALTED, "halt": HALT}, "HALTED", "no further member is touched"),
    (
        {"mode": Mode.ROLLING_BACK, "halt": HALT, "rolling": ("web1",)},
        *("ROLLING BACK", "web1, after the halt: gate 'errors' failed"),
    ),
    ({"mode": Mode.STOPPING, "stop": e.StopRequested("SIGINT")}, "STOPPING", "SIGINT; "),
    (
        {"mode": Mode.STOPPING, "abort": e.AbortRequested("kim@ops1", restore=False)},
        *("STOPPING", "aborted by kim@ops1"),
    ),
    ({"paused": True}, "PAUSED", "to go on: poolroll resume web --reason '…'"),
    ({"finished": e.Finished(Outcome.DONE, 0)}, "DONE", ""),
]


@pytest.mark.parametrize(("changes", "word", "why"), STANCES)
def test_stance(changes: dict[str, Any], word: str, why: str) -> None:
    """The word for it, and the reason."""
    found = state_line(scene(plan(2, policies=Policies()), state(plan(2), **changes)).at)
    assert found.word == word
    assert why in found.why


def test_a_running_step_is_told_when_stopping() -> None:
    """Who pressed Ctrl-C sees what is waited for."""
    m = member("web1", Phase.UPGRADING, 3, work=RunStep("web1", Course.UPGRADE, 0, 0))
    now = state(plan(2), m, mode=Mode.STOPPING, stop=e.StopRequested("SIGINT"))
    said = state_line(scene(plan(2), now).at).why
    assert said == "SIGINT; waiting for the upgrade step of web1, which is never cut"


# --- users -------------------------------------------------------------------------------------

USERS: list[tuple[FailurePeriod | None, int, float, str, Tone]] = [
    (None, 0, 200, "none failing; 200 requests/s", Tone.GOOD),
    (None, 0, 0, "none failing; NO REQUESTS", Tone.DOUBT),
    (None, 0, 3.2, "none failing; 3.3 requests/s", Tone.GOOD),
    (
        FailurePeriod(ago(8), ago(0.9), 30),
        *(30, 200),
        "FAILING NOW: 30 requests failed since 22:13:55 UTC (8s); 10 errors/s of 200 requests/s",
        Tone.BAD,
    ),
    (
        FailurePeriod(ago(70), ago(20), 1),
        *(0, 200),
        "none failing now; 1 request failed, 22:12:53 to 22:13:43 UTC; 200 requests/s",
        Tone.DOUBT,
    ),
]


@pytest.mark.parametrize(("failing", "errors", "rate", "said", "tone"), USERS)
def test_users(
    failing: FailurePeriod | None, errors: int, rate: float, said: str, tone: Tone
) -> None:
    """Failing now or not, how many, and since when."""
    now = state(plan(2), points=boards.points(errors, rate))
    assert users(scene(plan(2), now).at, Recent(failing=failing), WALL) == (said, tone)


def test_no_rate_from_one_count() -> None:
    """What was counted once says nothing of a rate."""
    now = state(plan(2), points=boards.points()[:1])
    assert rate_now(now, NOW) is None
    assert users(scene(plan(2), now).at, Recent(), WALL)[0] == "not known yet"


# --- gates -------------------------------------------------------------------------------------


def gate(**limits: Any) -> MetricGate:
    return MetricGate("g", Scope.POOL, {}, **limits)


@pytest.mark.parametrize(
    ("one", "word"),
    [
        (CounterGate("g", Scope.POOL, 0.01), "1 %"),
        (gate(maximum=0.005), "0.5 %"),
        (gate(minimum=20.0, is_ratio=False), "min 20"),
        (gate(maximum=0.01, max_increase=0.002), "1 % +0.2 %"),
        (gate(), "baseline"),
        (AlertGate("g", Scope.POOL), "none"),
        (TimingGate("g", Scope.MEMBER, times=2.5), "2.5x +100ms"),
    ],
)
def test_limit_word(one: Gate, word: str) -> None:
    """Each kind of limit, in a few signs."""
    assert limit_word(one) == word


def test_the_worst_of_several_members_is_shown() -> None:
    """Two are judged at once: the one that fails stands for both."""
    made = [boards.soaks(name, 5, 50)[0] for name in ("web1", "web2")]
    verdicts = {"web1": Verdict.PASS, "web2": Verdict.FAIL}
    said = {
        ("errors", name): GateState(ago(0.1), verdict, "9 of 60 failed", 0.15)
        for name, verdict in verdicts.items()
    }
    row = gates(scene(plan(), state(plan(), *made, gates=said)).at, Recent())[0]
    assert row.words == "FAIL: web2 and 1 more: 9 of 60 failed"
    assert row.tone is Tone.BAD


def test_an_override_is_told() -> None:
    """A gate that the operator overrides does not look like one that passes."""
    said = {("pool-errors", ""): GateState(ago(0.1), Verdict.FAIL, "600 of 900", 0.66)}
    now = replace(
        state(plan(), gates=said), run=e.RunBegan("kim@ops1", overrides={"pool-errors": "known"})
    )
    row = gates(scene(plan(), now).at, Recent())[1]
    assert (row.verdict, row.tone) == ("overridden (FAIL)", Tone.DOUBT)


# --- signs -------------------------------------------------------------------------------------


def test_bars() -> None:
    """Nothing is the lowest, anything is more than nothing, the limit stands in the middle."""
    drawn_ = "".join(bar(share, UNICODE) for share in (None, 0.0, 0.0001, 0.5, 1.0, 99.0))
    assert drawn_ == "·▁▂▅██"
    assert counts_line((0, 1, 100), 5, UNICODE) == "  ▁▂█"
    assert counts_line((), 3, ASCII) == "   "
    assert counts_line((1,), 2, UNICODE) == " ▂"


def test_what_is_cut_says_so() -> None:
    """Where the end is missing, there is a sign."""
    assert cut("in rotation", 8, UNICODE) == "in rota…"
    assert cut("in rotation", 8, ASCII) == "in ro..."
    assert cut("in rotation", 11, ASCII) == "in rotation"


def test_labels_tell_names_apart() -> None:
    """The common domain goes first, then the beginning."""
    names = [f"app-{i:02}.dc1.example.net" for i in (1, 11)]
    assert list(labels(names, 9, UNICODE).values()) == ["app-01", "app-11"]
    assert list(labels(names, 4, UNICODE).values()) == ["…-01", "…-11"]
    assert list(labels(["a" * 30], 4, UNICODE).values()) == ["…aaa"]


def test_sentences_are_broken_between_words() -> None:
    """Under their beginning where there is room, and never wider than the terminal."""
    told = LogLine(WALL, "web1", "back in rotation \x1b[31mand healthy everywhere", Tone.PLAIN)
    wide = [plain(line) for line in log_lines(told, 60, 4, UNICODE)]
    assert wide == ["22:14:03  web1  back in rotation and healthy everywhere"]
    narrow = [plain(line) for line in log_lines(told, 40, 4, UNICODE)]
    assert narrow == ["22:14:03  web1: back in rotation and", "          healthy everywhere"]


def test_a_scene_without_members_or_counts() -> None:
    """The smallest that there is can be drawn."""
    at = scene(plan(1), state(plan(1), points=())).at
    assert draw(Scene(at, Recent(), WALL, timedelta(seconds=1)), Size(80, 24))


def test_who_was_skipped_is_shown() -> None:
    """In the line of progress by name, and before those that wait."""
    crowd = boards.crowd().at
    dead = member("app-0900", Phase.LEFT, 1, is_unreached=True, why="not reached: exit code 255")
    every = {**crowd.state.members, "app-0900": dead}
    ctx = replace(crowd, state=replace(crowd.state, members=every))
    assert "not reached: app-0900" in tally(ctx)
    assert "app-0900" in [row.member for row in members(ctx, Recent(), 11).rows]
