"""The outcome of a rollout is kept, whatever happens between its last record and that."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

from controller.config import parse
from controller.core.events import Finished
from controller.core.outcome import ExitCode, Outcome
from controller.core.pool import Instant
from controller.core.state.state import State
from controller.errors import Conflict
from controller.journal.codec import encode
from controller.lifecycle import Findings, Prepared, RunOptions, run, unfinished
from controller.records import Record, Returned, RolloutRow, Taken
from controller.runner.loop import Runner
from tests.config.pages import page
from tests.lifecycle.test_preflight import NO_OPTIONS, Place
from tests.support.memory_journal import MemoryJournal
from tests.support.virtual import run_virtually

DONE = Finished(Outcome.DONE, ExitCode.DONE)
UPGRADE = "upgrade: {command: [upgrade, '${member.name}', '%s']}"
GATES = "gates: [{name: ratio, prometheus: {url: 'http://m', query: q}, max: 1%}]"


class LateJournal(MemoryJournal):
    """Its last record takes longer than the next event would wait for it."""

    async def append(
        self,
        rollout: str,
        at: Instant,
        kind: str,
        body: str,
        *,
        taken: Sequence[Taken] = (),
        returned: Sequence[Returned] = (),
    ) -> Record:
        if kind == "Finished":
            await self._clock.sleep(timedelta(seconds=2))
        return await super().append(rollout, at, kind, body, taken=taken, returned=returned)


async def yes(prepared: Prepared, seen: Findings) -> bool:
    return True


async def last(place: Place) -> RolloutRow:
    row = await place.ports.journal.latest("web")
    assert row is not None
    return row


def place_with(journal: type[MemoryJournal]) -> Place:
    place = Place()
    place.metrics.set("q", 0.0)
    place.ports = replace(place.ports, journal=journal(place.ports.clock))
    return place


async def done(place: Place) -> tuple[State, Runner]:
    """A run to its end, and who ran it."""
    runners = list[Runner]()
    ended = await run(
        place.ports,
        place.file,
        NO_OPTIONS,
        confirm=yes,
        narrators=(),
        questions=None,
        on_start=runners.append,
    )
    assert ended is not None
    return ended[1], runners[0]


def test_that_is_late() -> None:
    """A rollout that is done is not left unfinished because the disk was slow at its end."""

    async def played() -> tuple[State, RolloutRow]:
        place = place_with(LateJournal)
        state, _ = await done(place)
        return state, await last(place)

    state, row = run_virtually(played())
    assert state.finished == DONE
    assert state.journal.is_well
    assert (row.outcome, row.exit_code) == (Outcome.DONE, ExitCode.DONE)


class TakenJournal(MemoryJournal):
    """Another process goes on with it before its outcome is noted."""

    async def end(self, rollout: str, outcome: str, exit_code: int) -> None:
        raise Conflict("web", "another process goes on with its journal")


def test_whose_outcome_another_process_notes() -> None:
    """It is done all the same, and that is no bug."""

    async def played() -> tuple[State, BaseException | None]:
        state, runner = await done(place_with(TakenJournal))
        return state, runner.bug

    state, bug = run_virtually(played())
    assert (state.finished, bug) == (DONE, None)
    assert "another process goes on with its journal" in state.journal.fault


def test_that_was_the_last_of_a_killed_run() -> None:
    """The next run begins a new rollout, also with another file, and completes the former."""

    async def played() -> tuple[Prepared, list[RolloutRow]]:
        place = Place()
        await place.begin()
        former = await last(place)
        await place.ports.journal.append(former.id, place.ports.clock.now(), *encode(DONE))
        assert await unfinished(place.ports.journal, "web") is None
        place.file = parse(page(UPGRADE % 1, GATES), "/srv/web.yaml")
        assert (await place.plan()).refusals == []
        prepared = await place.run(RunOptions())
        return prepared, list(await place.ports.journal.rollouts("web"))

    prepared, (former,) = run_virtually(played())
    assert prepared.is_new
    assert (former.outcome, former.exit_code) == (Outcome.DONE, ExitCode.DONE)
