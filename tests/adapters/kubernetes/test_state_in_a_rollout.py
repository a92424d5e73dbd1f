"""A whole rollout in virtual time whose journal is in a cluster."""

import asyncio
import copy
from collections.abc import Sequence

import pytest

from controller.core.outcome import Outcome
from controller.core.pool import Instant
from controller.records import Record, Returned, RolloutRow, Taken
from tests.adapters.kubernetes.memory_objects import Cluster
from tests.adapters.kubernetes.states import Machine
from tests.support.memory_journal import MemoryJournal
from tests.support.plays import Camera, Played, resume, start
from tests.support.scenarios import ROLLOUT, ForkableJournal, Scenario, World, ms
from tests.support.virtual import LoopClock, run_virtually

SCENARIO = Scenario()


class InTheCluster(ForkableJournal):
    """Each record is written there first; what looks on has it from memory."""

    def __init__(self, cluster: Cluster) -> None:
        super().__init__(LoopClock())
        self.cluster = cluster
        self.machine = Machine(cluster)

    async def begin(self, row: RolloutRow, at: Instant, kind: str, body: str) -> Record:
        await self.machine.journal.begin(row, at, kind, body)
        return await super().begin(row, at, kind, body)

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
        for call in self.around:
            call("before", kind)
        if self.cluster.is_down:
            self.stuck_since = self._clock.now()
        kept = await self.machine.journal.append(
            rollout, at, kind, body, taken=taken, returned=returned
        )
        self.stuck_since = None
        shown = await MemoryJournal.append(
            self, rollout, at, kind, body, taken=taken, returned=returned
        )
        assert (kept.seq, kept.body) == (shown.seq, shown.body)
        for call in self.around:
            call("after", kind)
        return kept

    def fork(self) -> "InTheCluster":
        """What a kill leaves, for another machine."""
        other = InTheCluster(Cluster(copy.deepcopy(self.cluster.objects), self.cluster.version))
        self.copy_to(other)
        return other


def world_of(cluster: Cluster) -> World:
    world = SCENARIO.world()
    world.journal = InTheCluster(cluster)
    return world


async def whole(played: Played, world: World) -> None:
    """It is done, no promise was broken, and another machine reads all of it."""
    assert played.broken == []
    assert played.state.finished is not None
    assert played.state.finished.outcome is Outcome.DONE
    journal = world.journal
    assert isinstance(journal, InTheCluster)
    reader = Machine(journal.cluster).journal
    kept = await reader.records(ROLLOUT)
    shown = journal.written(ROLLOUT)
    assert [(one.seq, one.kind, one.body) for one in kept] == [
        (one.seq, one.kind, one.body) for one in shown
    ]
    assert list(await reader.taken()) == list(journal.out_by(ROLLOUT))


@pytest.mark.parametrize("begins", [0.3, 1.1, 2.9])
def test_an_outage_of_the_cluster_holds_it_and_it_goes_on(begins: float) -> None:
    """For half a minute, at some moment: nothing is lost, and nothing is done twice."""

    async def main() -> None:
        cluster = Cluster()
        world = world_of(cluster)

        async def outage() -> None:
            await asyncio.sleep(begins)
            cluster.is_down = True
            await asyncio.sleep(30)
            cluster.is_down = False

        going = asyncio.create_task(outage())
        played = await start(SCENARIO, world)
        await going
        await whole(played, world)

    run_virtually(main())


def test_killed_on_one_machine_it_goes_on_on_another() -> None:
    """At every eighth moment that matters."""

    async def first() -> Camera:
        world = world_of(Cluster())
        camera = Camera(world)
        await whole(await start(SCENARIO, world, camera=camera), world)
        return camera

    camera = run_virtually(first())
    assert len(camera.cuts) > 40

    for cut in camera.cuts[::8]:

        async def again(world: World = cut.world) -> None:
            await whole(await resume(SCENARIO, world), world)

        run_virtually(again(), start=cut.at + ms(500))
