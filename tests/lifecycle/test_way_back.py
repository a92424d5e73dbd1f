"""`rollback FILE`: only what was upgraded goes back, and the plan says to which version."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from controller.config import RolloutFile, parse
from controller.core.events import (
    Answer,
    Event,
    GuardAnswered,
    Intended,
    MemberCalled,
    MemberSet,
    RunBegan,
)
from controller.core.outcome import ExitCode, Outcome
from controller.core.plan.plan import CourseShape, Plan, Purpose
from controller.core.pool import Member
from controller.core.settings import Policies
from controller.core.steps import AskGuard, Course, RunStep, SetMember, Setting
from controller.journal.codec import encode
from controller.lifecycle.way_back import WayBack, way_back
from controller.records import RolloutRow
from tests.config.pages import page
from tests.support.contexts import FOUND
from tests.support.memory_journal import MemoryJournal
from tests.support.virtual import EPOCH, LoopClock, run_virtually

GOES_BACK = 'rollback: {command: [deploy, "${member.name}"], vars: {version: "2.4.0"}}'
FILE = parse(page(GOES_BACK), "/srv/web.yaml")
PLAN = Plan(
    "web",
    tuple(Member(f"web{n}", "10.0.0.1", 80) for n in (1, 2)),
    (),
    ("lb1",),
    ("web",),
    1,
    1,
    2,
    Policies(),
    CourseShape(1, has_guard=True),
)
THERE: tuple[Event, ...] = (
    RunBegan("me"),
    Intended(AskGuard("web1", Course.UPGRADE, 0)),
    GuardAnswered("web1", Answer.PRESENT, "it is there"),
)
"""web1 has the new version; web2 was never touched."""
BOTH: tuple[Event, ...] = (
    *THERE,
    Intended(AskGuard("web2", Course.UPGRADE, 0)),
    GuardAnswered("web2", Answer.PRESENT, "it is there"),
)


async def rollout(
    journal: MemoryJournal,
    number: int,
    *events: Event,
    version: str = "2.4.1",
    outcome: Outcome | None = None,
    purpose: Purpose = Purpose.UPGRADE,
    plan: Plan = PLAN,
) -> None:
    text = page(f'vars: {{version: "{version}"}}', GOES_BACK)
    started = EPOCH + timedelta(hours=number)
    row = RolloutRow(f"web-{number}", "web", text, "/srv/web.yaml", {}, started, "me")
    now = timedelta(0)
    await journal.begin(row, now, *encode(replace(plan, purpose=purpose)))
    for event in events:
        await journal.append(row.id, now, *encode(event))
    if outcome is not None:
        await journal.end(row.id, outcome, ExitCode.DONE)


def found(
    story: Callable[[MemoryJournal], Awaitable[None]],
    file: RolloutFile = FILE,
    only: tuple[str, ...] = (),
) -> WayBack:
    async def run() -> WayBack:
        journal = MemoryJournal(LoopClock())
        await story(journal)
        return await way_back(journal, file, only)

    return run_virtually(run())


NOTE = "goes back to version=2.4.0, as `rollback` in the file says"


def test_nothing_is_known() -> None:
    """Without a journal, or a rollout in it, every member goes back, and it is said to where."""
    assert run_virtually(way_back(None, FILE)) == WayBack(None, (NOTE,))

    async def nothing(journal: MemoryJournal) -> None: ...

    assert found(nothing) == WayBack(None, (NOTE,))


def test_only_what_was_upgraded() -> None:
    """From a halt: the other member has the former version still."""

    async def halted(journal: MemoryJournal) -> None:
        await rollout(journal, 1, *THERE)

    assert found(halted) == WayBack(["web1"], (NOTE,))


@pytest.mark.parametrize("purpose", [Purpose.REHEARSAL, Purpose.ROLLBACK])
def test_a_rehearsal_upgrades_nobody(purpose: Purpose) -> None:
    """What counts is the upgrade before it."""

    async def story(journal: MemoryJournal) -> None:
        await rollout(journal, 1, *THERE, outcome=Outcome.ABORTED)
        await rollout(journal, 2, RunBegan("me"), outcome=Outcome.DONE, purpose=purpose)

    assert found(story).upgraded == ["web1"]


async def two_upgrades(journal: MemoryJournal, before: str = "2.3.9") -> None:
    await rollout(journal, 1, *BOTH, version=before, outcome=Outcome.DONE)
    await rollout(journal, 2, *THERE)


RAN = "web1 ran version=2.3.9 before this upgrade (rollout web-1)"


def test_what_ran_before_is_named() -> None:
    """As the rollout before left it, which ended well."""

    async def story(journal: MemoryJournal) -> None:
        await two_upgrades(journal, "2.4.0")

    back = found(story)
    assert back.notes == (NOTE, RAN.replace("2.3.9", "2.4.0"))
    assert back.refusals == ()


def test_a_stale_version_is_refused() -> None:
    """`rollback.vars` that nobody has looked after, and how it is confirmed all the same."""
    back = found(two_upgrades)
    assert back.notes == (NOTE,)
    assert back.refusals == (
        f"`rollback.vars` in /srv/web.yaml says version=2.4.0, but {RAN}: write version=2.3.9 "
        "there, which --set does not do; or, if version=2.4.0 is meant, say so with "
        "--set version=2.4.0, or with --all for every member",
    )
    confirmed = parse(page(GOES_BACK), "/srv/web.yaml", {"version": "2.4.0"})
    back = found(two_upgrades, confirmed)
    assert back.refusals == ()
    assert back.notes[1] == f"{RAN}; --set confirms version=2.4.0"
    assert found(two_upgrades, only=("web2",)).refusals == ()


def test_all_of_them_to_what_the_file_says() -> None:
    """Whoever was upgraded, and whatever ran before."""

    async def asked() -> WayBack:
        journal = MemoryJournal(LoopClock())
        await two_upgrades(journal)
        return await way_back(journal, FILE, is_of_all=True)

    back = run_virtually(asked())
    assert (back.upgraded, back.refusals) == (None, ())
    assert back.notes == (NOTE, f"{RAN}; --all goes to version=2.4.0 all the same")


def test_a_switch_for_the_way_back_is_not_stale() -> None:
    """What the upgrade did not change is no version; a secret is not compared."""
    more = GOES_BACK.replace("2.4.0", '2.3.9", way: back, token: "abc')
    kept = page('vars: {version: "2.4.1", way: on, token: xyz}', more)
    file = parse(kept, "/srv/web.yaml")
    back = found(two_upgrades, file)
    assert back.refusals == ()
    assert back.notes[1] == RAN
    assert "abc" not in str(back.notes)


def test_without_variables_the_former_ones_are_named() -> None:
    """The command of the way back knows its version itself; the operator learns what was there."""
    file = parse(page("rollback: {command: [undo]}"), "/srv/web.yaml")
    assert found(two_upgrades, file).notes == (RAN,)


def test_the_same_version_again_is_not_what_was_before() -> None:
    """Nor is a rollout that did not end well."""

    async def story(journal: MemoryJournal) -> None:
        await rollout(journal, 1, *BOTH, version="2.4.0", outcome=Outcome.DONE)
        await rollout(journal, 2, *BOTH, version="2.4.2", outcome=Outcome.HALTED)
        await rollout(journal, 3, *BOTH, outcome=Outcome.DONE)
        await rollout(journal, 4, *BOTH)

    back = found(story)
    assert back.refusals == ()
    assert back.notes[1] == ("web1, web2 ran version=2.4.0 before this upgrade (rollout web-1)")


def test_what_is_back_stays_as_it_is() -> None:
    """A rollback that was given up half-way is not begun from its first member again, and what it
    left is what was there before the next upgrade."""

    async def halfway(journal: MemoryJournal) -> None:
        await rollout(journal, 1, *BOTH)
        await rollout(journal, 2, *THERE, outcome=Outcome.ABORTED, purpose=Purpose.ROLLBACK)

    assert found(halfway).upgraded == ["web2"]

    async def again(journal: MemoryJournal) -> None:
        await rollout(journal, 1, *BOTH, version="2.3.9", outcome=Outcome.DONE)
        await rollout(journal, 2, *BOTH, outcome=Outcome.HALTED)
        await rollout(journal, 3, *BOTH, outcome=Outcome.DONE, purpose=Purpose.ROLLBACK)
        await rollout(journal, 4, *THERE)

    back = found(again)
    assert back.upgraded == ["web1"]
    assert back.notes[1] == "web1 ran version=2.4.0 before this upgrade (rollout web-3)"


def test_an_upgrade_begun_anew_after_a_halt_is_one() -> None:
    """What its first try upgraded goes back too; what an earlier upgrade did, stays."""

    async def anew(journal: MemoryJournal) -> None:
        await rollout(journal, 1, *BOTH, outcome=Outcome.HALTED)
        await rollout(journal, 2, *THERE)

    assert found(anew).upgraded == ["web1", "web2"]

    async def other(journal: MemoryJournal) -> None:
        await rollout(journal, 1, *BOTH, outcome=Outcome.HALTED)
        await rollout(journal, 2, *BOTH, outcome=Outcome.HALTED, version="2.4.2")
        await rollout(journal, 3, *THERE)

    assert found(other).upgraded == ["web1"]

    async def unreadable(journal: MemoryJournal) -> None:
        await rollout(journal, 1, *BOTH, outcome=Outcome.HALTED, version="")
        await rollout(journal, 2, *THERE)

    assert found(unreadable).upgraded == ["web1"]


def test_a_journal_that_cannot_be_read() -> None:
    """Nobody is left out for that, and it is said."""

    async def story(journal: MemoryJournal) -> None:
        await rollout(journal, 1)
        await journal.append("web-1", timedelta(0), "Nonsense", "{}")

    back = found(story)
    assert back.upgraded is None
    assert back.notes[1].startswith("whom it upgraded is not known: rollout web-1: ")

    async def before(journal: MemoryJournal) -> None:
        await story(journal)
        await rollout(journal, 2, *THERE)

    back = found(before)
    assert back.upgraded == ["web1"]
    assert back.notes[1].startswith("what ran before is not known: rollout web-1: ")


def test_past_the_point_of_no_return() -> None:
    """Nobody is rolled back whom the upgrade brought past it, and the others are named."""
    step = RunStep("web1", Course.UPGRADE, 0, 0, irreversible=True)

    async def story(journal: MemoryJournal) -> None:
        await rollout(journal, 1, *BEGUN, Intended(step))

    (refusal,) = found(story).refusals
    assert refusal.startswith("web1 is past the point of no return")
    assert found(story, only=("web2",)).refusals == ()


BEGUN: tuple[Event, ...] = (
    RunBegan("me"),
    MemberCalled("web1"),
    Intended(SetMember("web1", Setting.DRAIN, FOUND)),
    MemberSet("web1", Setting.DRAIN, {}),
    Intended(SetMember("web1", Setting.HOLD, FOUND)),
    MemberSet("web1", Setting.HOLD, {}),
)
