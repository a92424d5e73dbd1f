"""`rollback FILE`: only what was upgraded goes back, and the plan says to which version."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from controller.config import parse
from controller.core.events import Answer, Event, GuardAnswered, Intended, RunBegan
from controller.core.outcome import ExitCode, Outcome
from controller.core.plan.plan import CourseShape, Plan, Purpose
from controller.core.pool import Member
from controller.core.settings import Policies
from controller.core.steps import AskGuard, Course
from controller.journal.codec import encode
from controller.lifecycle.way_back import WayBack, way_back
from controller.records import RolloutRow
from tests.config.pages import page
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


async def rollout(
    journal: MemoryJournal,
    number: int,
    *events: Event,
    version: str = "2.4.1",
    outcome: Outcome | None = None,
    purpose: Purpose = Purpose.UPGRADE,
) -> None:
    text = page(f'vars: {{version: "{version}"}}', GOES_BACK)
    started = EPOCH + timedelta(hours=number)
    row = RolloutRow(f"web-{number}", "web", text, "/srv/web.yaml", {}, started, "me")
    now = timedelta(0)
    await journal.begin(row, now, *encode(replace(PLAN, purpose=purpose)))
    for event in events:
        await journal.append(row.id, now, *encode(event))
    if outcome is not None:
        await journal.end(row.id, outcome, ExitCode.DONE)


def found(story: Callable[[MemoryJournal], Awaitable[None]]) -> WayBack:
    async def run() -> WayBack:
        journal = MemoryJournal(LoopClock())
        await story(journal)
        return await way_back(journal, FILE)

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


@pytest.mark.parametrize(("before", "is_stale"), [("2.4.0", False), ("2.3.9", True)])
def test_another_version_than_was_there_before(before: str, is_stale: bool) -> None:
    """`rollback.vars` that nobody has looked after is said before anything is touched."""

    async def story(journal: MemoryJournal) -> None:
        await rollout(journal, 1, version=before, outcome=Outcome.DONE)
        await rollout(journal, 2, *THERE)

    notes = found(story).notes
    assert any(f"ended well with version={before}" in note for note in notes) is is_stale


def test_a_journal_that_cannot_be_read() -> None:
    """Nobody is left out for that, and it is said."""

    async def story(journal: MemoryJournal) -> None:
        await rollout(journal, 1)
        await journal.append("web-1", timedelta(0), "Nonsense", "{}")

    back = found(story)
    assert back.upgraded is None
    assert back.notes[1].startswith("whom rollout web-1 upgraded is not known: ")
