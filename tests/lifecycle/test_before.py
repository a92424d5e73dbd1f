"""What members ran before, as the journal knows it."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest

from controller.config import parse
from controller.core.events import (
    AbortRequested,
    Answer,
    GuardAnswered,
    Halted,
    Intended,
    MemberFailed,
    MemberReturned,
    MemberSet,
    RestoreBegan,
    RollbackBegan,
    RunBegan,
    SoakEnded,
    StepEnded,
    Validated,
)
from controller.core.events.vocabulary import Cause
from controller.core.outcome import Outcome
from controller.core.plan.plan import Purpose
from controller.core.steps import AskGuard, Course, RunStep, SetMember, Setting, Validate
from controller.lifecycle.before import as_neither, run_before, stale_way_back
from tests.config.pages import page
from tests.lifecycle.test_way_back import BEGUN, BOTH, PLAN, THERE, rollout
from tests.support.contexts import FOUND
from tests.support.memory_journal import MemoryJournal
from tests.support.virtual import EPOCH, LoopClock, run_virtually

NAMES = ("web1", "web2")
UPGRADE, ROLLBACK = Purpose.UPGRADE, Purpose.ROLLBACK


def found(story: Callable[[MemoryJournal], Awaitable[None]]) -> dict[str, str]:
    async def main() -> dict[str, str]:
        journal = MemoryJournal(LoopClock())
        await story(journal)
        ran = await run_before(journal, "web", NAMES)
        return {name: one["version"] for name, one in ran.items()}

    return run_virtually(main())


def test_the_newest_rollout_that_ended_well_for_each() -> None:
    async def story(journal: MemoryJournal) -> None:
        await rollout(journal, 1, *BOTH, version="2.3.9", outcome=Outcome.DONE)
        await rollout(journal, 2, *THERE, outcome=Outcome.ABORTED)
        await rollout(journal, 3, *BOTH, version="x", purpose=Purpose.REHEARSAL)

    assert found(story) == {"web1": "2.4.1", "web2": "2.3.9"}


def test_what_was_rolled_back_runs_what_the_way_back_said() -> None:
    async def story(journal: MemoryJournal) -> None:
        back = (
            Halted(Cause.MEMBER, "it broke", "nothing may", "web1"),
            RollbackBegan(("web1",)),
            Intended(AskGuard("web1", Course.ROLLBACK, 1)),
            GuardAnswered("web1", Answer.PRESENT, "it is there"),
        )
        await rollout(journal, 1, *THERE, *back, outcome=Outcome.HALTED)

    assert found(story) == {"web1": "2.4.0"}


def test_where_nothing_is_known() -> None:
    async def damaged(journal: MemoryJournal) -> None:
        await rollout(journal, 1, *BOTH, outcome=Outcome.DONE)
        await rollout(journal, 2, RunBegan("me"))
        await journal.append("web-2", EPOCH - EPOCH, "Nonsense", "{}")

    async def none() -> None:
        assert await run_before(None, "web", NAMES) == {}

    assert found(damaged) == {}
    run_virtually(none())


def test_who_was_put_back_as_before_runs_that() -> None:
    """Its rollout ended otherwise than either of its ways says."""

    async def story(journal: MemoryJournal) -> None:
        back = (
            Intended(RunStep("web1", Course.UPGRADE, 0, 0)),
            StepEnded("web1", 0, 0, False, False, "exit code 1", "", 0.1, 1),
            Halted(Cause.MEMBER, "it broke", "nothing may", "web1"),
            MemberFailed("web1", "exit code 1"),
            AbortRequested("me", restore=True),
            RestoreBegan("web1"),
            Intended(Validate("web1", Course.ROLLBACK, as_before=True)),
            Validated("web1", True, "passed"),
            Intended(SetMember("web1", Setting.CHECK, FOUND)),
            MemberSet("web1", Setting.CHECK, {}),
            Intended(SetMember("web1", Setting.PUT_BACK, FOUND)),
            MemberSet("web1", Setting.PUT_BACK, {}),
            MemberReturned("web1"),
            SoakEnded("web1", "runs 2.2.0 as before the rollout"),
        )
        plan = replace(PLAN, before={"web1": {"version": "2.2.0"}})
        await rollout(journal, 1, *BEGUN, *back, outcome=Outcome.ABORTED, plan=plan)

    assert found(story) == {"web1": "2.2.0"}


V1 = 'vars: {version: "2.4.1", way: on}'
BACK = 'rollback: {command: [undo], vars: {version: "2.3.0", way: back}}'


@pytest.mark.parametrize(
    ("text", "ran", "purpose", "before"),
    [
        ((), {"version": "2.4.0", "way": "on"}, UPGRADE, {"version": "2.4.0"}),
        ((), {"version": "2.4.1", "way": "on", "gone": "x"}, UPGRADE, {}),
        ((), {"version": "2.4.0", "way": "***"}, UPGRADE, {"version": "2.4.0"}),
        ((), {"version": "***"}, UPGRADE, {}),
        ((BACK,), {"version": "2.3.0", "way": "back"}, UPGRADE, {}),
        ((BACK,), {"version": "2.4.0", "way": "on"}, UPGRADE, {"version": "2.4.0", "way": "on"}),
        ((BACK,), {"version": "2.4.1", "way": "on"}, ROLLBACK, {"version": "2.4.1", "way": "on"}),
        ((BACK,), {"version": "2.3.0", "way": "back"}, ROLLBACK, {}),
    ],
)
def test_what_neither_way_says(
    text: tuple[str, ...], ran: dict[str, str], purpose: Purpose, before: dict[str, str]
) -> None:
    """What a member may be proven as besides; nothing where the file says it, or where it is not
    known whether it was another one."""
    file = parse(page(V1, *text), "web.yaml")
    assert as_neither(file, purpose, {"web1": ran}) == {"web1": before}


def test_a_way_back_to_another_version_is_noted() -> None:
    """`on_failure` would go there, and nobody has looked after it."""
    back = 'rollback: {command: [undo], vars: {version: "2.3.0", way: back}}'
    file = parse(page('vars: {version: "2.4.1", way: on}', back), "web.yaml")
    ran = {"web1": {"version": "2.4.0", "way": "on"}, "web2": {"version": "2.3.9", "way": "on"}}
    said = "`rollback.vars` says version=2.3.0, but now it is version=2.3.9 or version=2.4.0"
    assert stale_way_back(file, ran) == [said]
    assert stale_way_back(file, {"web1": {"version": "2.3.0"}, "web2": {"version": "2.2.0"}}) == []
    assert stale_way_back(file, {"web1": {"version": "2.4.1"}}) == []
    assert stale_way_back(file, {"web1": {"version": "***"}}) == []
    assert stale_way_back(file, {}) == []
