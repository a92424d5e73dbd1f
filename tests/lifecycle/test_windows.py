"""Windows before a run: what `plan` says of them, and when a run does not begin."""

from datetime import timedelta

import pytest

from controller.config import RolloutFile, parse
from controller.core.events import (
    Event,
    Finished,
    Intended,
    MemberCalled,
    RunBegan,
    SoakEnded,
)
from controller.core.outcome import Outcome
from controller.core.plan.plan import Purpose
from controller.core.pool import Found
from controller.core.steps import SetMember, Setting
from controller.errors import ConfigurationError, Refused, WindowClosed
from controller.journal.codec import encode
from controller.lifecycle import Findings, Prepared, RunOptions
from tests.config.pages import page
from tests.lifecycle.test_preflight import Place
from tests.support.virtual import run_virtually

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
UPGRADE = "upgrade: {command: [upgrade, '${member.name}', '0'], timeout: 10m}"
ROLLBACK = "rollback: {command: [rollback, '${member.name}', '0']}"
WINDOW = "windows: ['Mon-Tue 10:00-16:00 UTC']"
NAME = "window Mon-Tue 10:00-16:00 UTC"
NINE, TEN, NEARLY_FOUR = 9 * HOUR, 10 * HOUR, 16 * HOUR - 5 * MINUTE
"""Of Monday, the first of January 2024."""


def file(*sections: str) -> RolloutFile:
    gates = "gates: []"
    return parse(page(UPGRADE, ROLLBACK, gates, "soak: 30s", *sections), "/srv/web.yaml")


def place_of(at: timedelta, *sections: str) -> Place:
    """Whose pool is as it is at that moment."""
    place = Place(file=file(*sections))
    place.sim.now = at
    return place


def planned(at: timedelta, *sections: str, options: RunOptions | None = None) -> Findings:
    async def main() -> Findings:
        return await place_of(at, *sections).plan(options or RunOptions())

    return run_virtually(main(), at)


TAKES = "up to 16m30s (by its timeouts; none was timed yet)"
"""Five minutes of drain, ten of the step, one of the return, and the soak."""


def test_open() -> None:
    """How long, until when, and how many members fit."""
    seen = planned(TEN, WINDOW)
    assert seen.refusals == []
    assert seen.notes[0] == (
        f"window: open for 6h00m, until Mon 2024-01-01 16:00 UTC ({NAME}): 3 of 3 members fit, "
        f"each {TAKES}"
    )
    assert seen.timetable is not None
    some = planned(16 * HOUR - 40 * MINUTE, WINDOW)
    assert "2 of 3 members fit" in some.notes[0]


def test_closed() -> None:
    """When it opens, and how many fit then; a run does not begin."""
    seen = planned(NINE, WINDOW)
    assert seen.notes[0] == (
        f"window: closed ({NAME}), opens Mon 2024-01-01 10:00 UTC: 3 of 3 members fit, each {TAKES}"
    )
    assert seen.refusals == [
        f"the window is closed ({NAME}); it opens Mon 2024-01-01 10:00 UTC; to run all the same: "
        "--ignore-windows --reason TEXT"
    ]


def test_closed_for_good() -> None:
    """A freeze of two years has no end here."""
    seen = planned(NINE, "freeze: ['2023-12-30..2026-12-30 UTC']")
    name = "freeze 2023-12-30..2026-12-30 UTC"
    assert seen.notes[0] == f"window: closed ({name})"
    assert seen.refusals == [
        f"the window is closed ({name}), and nothing opens it within a year: change it in the "
        "rollout file; to run all the same: --ignore-windows --reason TEXT"
    ]


def test_nothing_closes_it() -> None:
    """A freeze that is over."""
    seen = planned(NINE, "freeze: ['2023-12-30 UTC']")
    assert seen.notes[0] == "window: open, and nothing closes it within a year"
    assert seen.refusals == []


def test_no_member_fits() -> None:
    """A run that could begin nobody is refused."""
    seen = planned(NEARLY_FOUR, WINDOW)
    (refusal,) = seen.refusals
    assert refusal.startswith(
        f"no member would be done before the window ends: it closes Mon 2024-01-01 16:00 UTC "
        f"({NAME}); a member takes {TAKES}; it opens Tue 2024-01-02 10:00 UTC"
    )


def test_run_is_refused_as_well() -> None:
    """By the same words, before anything is touched."""
    with pytest.raises(WindowClosed, match="the window is closed"):
        run_virtually(place_of(NINE, WINDOW).run(), NINE)
    with pytest.raises(WindowClosed, match="no member would be done"):
        run_virtually(place_of(NEARLY_FOUR, WINDOW).run(), NEARLY_FOUR)
    never = "windows: ['Mon-Tue 10:00-10:10 UTC']"  # no member ever fits: somebody should know
    with pytest.raises(Refused) as caught:
        run_virtually(place_of(TEN, never).run(), TEN)
    assert not isinstance(caught.value, WindowClosed)


def test_not_done_by_then() -> None:
    """All of it has to be done by the hour, or it is not begun."""
    by = "finish_by: '11:00 UTC'"
    assert planned(TEN, by).refusals == []
    (refusal,) = planned(TEN + 20 * MINUTE, by).refusals
    assert refusal.startswith(
        f"finish_by is Mon 2024-01-01 11:00 UTC, and 3 members take 49m30s, each {TAKES}"
    )


def test_windows_are_ignored() -> None:
    """For a reason, which the journal keeps."""
    options = RunOptions(ignores_windows="a hole in TLS")
    seen = planned(NINE, WINDOW, options=options)
    assert (seen.refusals, seen.timetable) == ([], None)
    assert seen.notes[0] == "windows are ignored: a hole in TLS"
    prepared = run_virtually(place_of(NINE, WINDOW).run(options), NINE)
    (began,) = [event for event in prepared.first if isinstance(event, RunBegan)]
    assert began.ignores_windows == "a hole in TLS"
    assert prepared.timetable is None


def test_rollback_waits_for_no_window() -> None:
    """It is what one does when something is wrong."""
    seen = planned(NINE, WINDOW, options=RunOptions(purpose=Purpose.ROLLBACK))
    assert (seen.refusals, seen.timetable) == ([], None)
    assert "a rollback does not wait for a window" in seen.notes


def test_rehearsal_is_bound() -> None:
    """It takes members out. Its commands do not run."""
    options = RunOptions(purpose=Purpose.REHEARSAL)
    assert "it opens" in planned(NINE, WINDOW, options=options).refusals[0]
    assert "each up to 6m30s" in planned(TEN, WINDOW, options=options).notes[0]


def test_without_windows() -> None:
    """Nothing is said."""
    seen = planned(NINE)
    assert (seen.refusals, seen.timetable) == ([], None)
    assert not any("window" in note for note in seen.notes)


DRAIN = Intended(SetMember("web1", Setting.DRAIN, found=Found(())))


async def begun(place: Place, *events: tuple[timedelta, Event]) -> Prepared:
    """A rollout that began when all was well, and what happened so long after that."""
    place.file = file()
    prepared = await place.run()
    place.file = file(WINDOW)
    clock, journal = place.ports.clock, place.ports.journal
    await journal.begin(prepared.row, clock.now(), *encode(prepared.plan))
    first = [(timedelta(0), event) for event in prepared.first]
    for after, event in (*first, (timedelta(0), MemberCalled("web1")), *events):
        await journal.append(prepared.row.id, clock.now() + after, *encode(event))
    return prepared


SOAKED = SoakEnded("web1", "")


def test_members_took_as_long_before() -> None:
    """The longest of the newest rollout in which any was done."""

    async def test() -> Findings:
        place = place_of(TEN)
        for took in (HOUR, 12 * MINUTE):
            events = ((timedelta(0), DRAIN), (took, SOAKED))
            prepared = await begun(place, *events)
            await place.ports.journal.end(prepared.row.id, Outcome.ABORTED, 7)
            await place.ports.clock.sleep(timedelta(seconds=2))
        prepared = await begun(place)  # in which none was
        await place.ports.journal.end(prepared.row.id, Outcome.ABORTED, 7)
        return await place.plan()

    seen = run_virtually(test(), TEN)
    assert seen.notes[0].endswith("3 of 3 members fit, each up to 12m (as before)")


@pytest.mark.parametrize(("soak", "takes"), [("5m", "16m30s"), ("5s", "12m")])
def test_a_longer_soak_is_added(soak: str, takes: str) -> None:
    """Else one is begun that will not be done in time. A shorter one is not counted on."""

    async def test() -> Findings:
        place = place_of(TEN)
        prepared = await begun(place, (timedelta(0), DRAIN), (12 * MINUTE, SOAKED))
        await place.ports.journal.end(prepared.row.id, Outcome.ABORTED, 7)
        place.file = file(f"soak: {soak}\n{WINDOW}")
        return await place.plan()

    note = run_virtually(test(), TEN).notes[0]
    assert note.endswith(f"3 of 3 members fit, each up to {takes} (as before)")


def test_another_purpose_says_nothing() -> None:
    """A rehearsal runs no command: what it took is not asked."""

    async def test() -> Findings:
        place = place_of(TEN)
        prepared = await begun(place, (timedelta(0), DRAIN), (12 * MINUTE, SOAKED))
        await place.ports.journal.end(prepared.row.id, Outcome.ABORTED, 7)
        return await place.plan(RunOptions(purpose=Purpose.REHEARSAL))

    assert "6m30s (by its timeouts" in run_virtually(test(), TEN).notes[0]


def test_what_was_cut_off_goes_on_to_the_end_of_the_window() -> None:
    """A member that is out comes back first, however little is left of the window; outside of it
    the run is refused like any other."""

    async def test(at: timedelta) -> Findings:
        place = place_of(at)
        await begun(place, (timedelta(0), DRAIN))
        return await place.plan()

    assert run_virtually(test(NEARLY_FOUR), NEARLY_FOUR).refusals == []
    assert "is closed" in run_virtually(test(NINE), NINE).refusals[0]


def test_windows_may_change_meanwhile() -> None:
    """They are no part of what makes a rollout: a day that becomes a freeze counts at once."""

    async def test() -> Findings:
        place = place_of(TEN)
        await begun(place)
        place.file = file(WINDOW, "freeze: ['2024-01-01']")
        return await place.plan()

    seen = run_virtually(test(), TEN)
    assert seen.former is not None
    assert seen.refusals == [
        "the window is closed (freeze 2024-01-01); it opens Tue 2024-01-02 10:00 UTC; to run all "
        "the same: --ignore-windows --reason TEXT"
    ]


@pytest.mark.parametrize("policy", ["", "resume_policy: hold"])
def test_pause_waits_for_no_operator(policy: str) -> None:
    """What its window ended goes on in the next, whatever `resume_policy` says of stops."""

    async def test() -> Findings:
        place = place_of(TEN)
        over = Finished(Outcome.PAUSED, 7, "it closes at four", until="Tue")
        await begun(place, (MINUTE, over))
        place.file = file(WINDOW, *filter(None, [policy]))
        return await place.plan()

    seen = run_virtually(test(), TEN)
    assert seen.former is not None
    assert seen.refusals == []


def test_a_calendar_that_cannot_be_read() -> None:
    """It is a fault of the file, also on a day without freezes."""
    with pytest.raises(ConfigurationError, match=r"none\.ics cannot be read"):
        planned(TEN, WINDOW, "freeze: [{ics: none.ics}]")
