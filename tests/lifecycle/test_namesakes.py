"""Two pools whose rollout files have one name, since one is a copy of the other."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from controller.config import parse
from controller.core.outcome import ExitCode, Outcome
from controller.core.plan.marks import PoolMarks, marks_of
from controller.core.plan.plan import Plan
from controller.errors import Refused
from controller.journal.codec import encode
from controller.journal.member_times import longest
from controller.journal.of_pool import rollouts_of
from controller.lifecycle.before import run_before
from controller.lifecycle.way_back import way_back
from controller.preflight.forecast import last_commands
from controller.records import RolloutRow, Taken
from tests.config.pages import page
from tests.lifecycle.test_preflight import NO_OPTIONS, Place, in_place
from tests.lifecycle.test_way_back import BOTH, GOES_BACK, PLAN
from tests.support.contexts import FOUND
from tests.support.memory_journal import MemoryJournal
from tests.support.virtual import EPOCH, LoopClock, run_virtually

API = replace(PLAN, instances=("lb9",), backends=("api",), keys=("api/10.0.0.1:80",))
APP = replace(PLAN, keys=("web/10.0.0.1:80",))
NOW = timedelta(0)
MEND = "give this file a `name` of its own"


async def upgrade(journal: MemoryJournal, number: int, plan: Plan, version: str) -> str:
    """All done."""
    text = page(f'vars: {{version: "{version}"}}', GOES_BACK)
    row = RolloutRow(f"web-{number}", "web", text, "/srv/web.yaml", {}, EPOCH, "me")
    await journal.begin(row, NOW, *encode(plan))
    for event in BOTH:
        await journal.append(row.id, NOW, *encode(event))
    await journal.end(row.id, Outcome.DONE, ExitCode.DONE)
    return row.id


async def both(journal: MemoryJournal) -> None:
    await upgrade(journal, 1, APP, "2.4.0")
    await upgrade(journal, 2, APP, "2.4.1")
    await upgrade(journal, 3, API, "9.0")


def test_what_is_known_of_another_pool_is_not_used() -> None:
    """The way back undoes this pool's own upgrade, to the version that this pool ran before."""

    async def main() -> None:
        journal = MemoryJournal(LoopClock())
        await both(journal)
        marks = marks_of(APP)
        found = [row.id for row in await rollouts_of(journal, "web", marks)]
        assert found == ["web-2", "web-1"]
        ran = await run_before(journal, "web", ("web1", "web2"), marks)
        assert [one["version"] for one in ran.values()] == ["2.4.1", "2.4.1"]
        file = parse(page('vars: {version: "2.4.1"}', GOES_BACK), "/srv/web.yaml")
        back = await way_back(journal, file, marks=marks)
        assert (back.upgraded, back.refusals) == (["web1", "web2"], ())
        assert await longest(journal, APP) is None
        assert await last_commands(journal, APP) is None
        assert len(await rollouts_of(journal, "web", PoolMarks())) == 3

    run_virtually(main())


def test_a_plan_that_cannot_be_read_is_no_other_pools() -> None:
    """Whoever needs it says that it cannot be read."""

    async def main() -> None:
        journal = MemoryJournal(LoopClock())
        row = RolloutRow("web-1", "web", "", "/srv/web.yaml", {}, EPOCH, "me")
        await journal.begin(row, NOW, "Nonsense", "{}")
        assert [one.id for one in await rollouts_of(journal, "web", marks_of(APP))] == ["web-1"]

    run_virtually(main())


Story = Callable[[MemoryJournal], Awaitable[None]]


async def is_done(journal: MemoryJournal) -> None:
    await upgrade(journal, 1, API, "9.0")


async def left_one_out(journal: MemoryJournal) -> None:
    rollout = await upgrade(journal, 1, API, "9.0")
    taken = Taken("api/10.0.0.1:80", "web1", rollout, FOUND)
    await journal.append(rollout, NOW, *encode(BOTH[0]), taken=[taken])


async def is_unfinished(journal: MemoryJournal) -> None:
    row = RolloutRow("web-1", "web", "", "/srv/api.yaml", {}, EPOCH, "me")
    await journal.begin(row, NOW, *encode(API))


@pytest.mark.parametrize(
    ("story", "reason"),
    [
        (
            left_one_out,
            f"has left web1 out, which `status web` would no longer show: {MEND}; or, if that pool "
            "is gone: --new",
        ),
        (is_unfinished, f"is unfinished: {MEND}; or end that one: poolroll abort web"),
    ],
)
@pytest.mark.parametrize("is_new", [False, True], ids=["", "--new"])
def test_nothing_of_another_pool_is_lost_from_sight(
    story: Story, reason: str, is_new: bool
) -> None:
    """Also with --new, which would abandon the other pool's rollout; one that is over may be left
    behind so, when its pool is gone for good."""

    async def test(place: Place) -> None:
        place.metrics.set("q", 0.0)
        assert isinstance(place.ports.journal, MemoryJournal)
        await story(place.ports.journal)
        options = replace(NO_OPTIONS, new=is_new)
        if is_new and story is left_one_out:
            notes = (await place.plan(options)).notes
            assert any("has left web1 out, which" in note for note in notes)
            await place.run(options)
            return
        seen = await place.plan(options)
        (refusal,) = seen.refusals
        assert refusal.startswith("the name 'web' is that of another pool (api at lb9), whose ")
        assert refusal.endswith(reason)
        with pytest.raises(Refused) as caught:
            await place.run(options)
        assert list(caught.value.reasons) == [refusal]

    in_place(test)


def test_a_pool_that_is_done_is_only_told_of() -> None:
    async def test(place: Place) -> None:
        place.metrics.set("q", 0.0)
        assert isinstance(place.ports.journal, MemoryJournal)
        await is_done(place.ports.journal)
        seen = await place.plan()
        (note,) = [note for note in seen.notes if "another pool" in note]
        assert (seen.refusals, note.endswith(f"knows no former version from it; {MEND}")) == (
            [],
            True,
        )
        await place.run()

    in_place(test)
