"""A pool of Nodes as a load balancer: the contract, and what it does in its own way."""

import asyncio
from dataclasses import replace
from datetime import timedelta

import pytest

from adapters.kubernetes.client.paths import NODES, PODS
from adapters.kubernetes.nodes.marks import CORDONED
from adapters.kubernetes.nodes.pool import NodesPool
from controller.core.pool import Admin, Check, Found, Health
from controller.errors import BalancerUnreachable, CommandRefused, WeightRefused
from controller.pools.kubernetes import Cluster, NodePool
from tests.adapters.kubernetes.nodes.rollout import three_nodes
from tests.adapters.kubernetes.nodes.samples import a_node, a_pod
from tests.adapters.kubernetes.nodes.world import MemoryApi, World
from tests.support.balancer_contract import BalancerContract, Stage, all_in
from tests.support.virtual import LoopClock, run_virtually

POOL = NodePool(Cluster(), "role=web", settle=timedelta(0))
NOTHING = Found(())


def pool_of(world: World, pool: NodePool = POOL) -> NodesPool:
    return NodesPool(MemoryApi(world), pool, LoopClock())


class TestContract(BalancerContract):
    """What a Node has not, is told apart: no weights, no port, a check that never pauses."""

    @pytest.fixture
    def stage(self) -> Stage:
        world = World()
        for name in ("n1", "n2"):
            world.add(NODES, a_node(name))
        return Stage(pool_of(world), LoopClock(), ("role=web",), ("n1", "n2"))

    async def test_each_place_is_occupied_and_has_a_key(self, stage: Stage) -> None:
        """By the Node with its UID and its address inside of the cluster."""
        lines = [line for name in stage.members for line in await stage.lines(name)]
        assert [str(line.occupant) for line in lines] == ["10.0.0.1", "10.0.0.2"]
        assert [line.occupant.id for line in lines if line.occupant] == ["uid-n1", "uid-n2"]
        assert len({line.key for line in lines}) == 2

    async def test_checks_pause_while_a_member_is_out(self, stage: Stage, member: str) -> None:
        """A Node says all the time whether it is Ready."""
        for act in (stage.balancer.drain, stage.balancer.take_out, stage.balancer.begin_return):
            await act(member)
            assert {line.check for line in await stage.lines(member)} == {Check.RUNNING}

    async def test_settings_say_who_confirmed_them(self, stage: Stage, member: str) -> None:
        for act in await _settings(stage, member):
            assert list(await act) == ["prod"]

    async def test_another_occupant_is_left_alone(self, stage: Stage, member: str) -> None:
        """A Node of the same name, registered anew, is refused: its mark is gone with the other."""
        seats = await stage.seats(member)
        others = [replace(seat, occupant=replace(seat.occupant, id="x")) for seat in seats]
        before = await stage.lines(member)
        for act in (stage.balancer.drain, stage.balancer.take_out, stage.balancer.begin_return):
            with pytest.raises(
                CommandRefused, match=r"with UID uid-n1, and was 10\.0\.0\.1 with UID x"
            ):
                await act(member, others)
        with pytest.raises(CommandRefused, match="is another Node now"):
            await stage.balancer.put_back(member, NOTHING, 100, others)
        assert await stage.lines(member) == before

    async def test_return_begins_unhealthy_and_out_of_rotation(
        self, stage: Stage, member: str
    ) -> None:
        """It stays cordoned until it is put back."""
        await stage.balancer.take_out(member)
        await stage.balancer.begin_return(member)
        lines = await stage.lines(member)
        assert all_in(Admin.OUT)(lines)
        assert all(line.is_coming and line.has_passed for line in lines)

    async def test_put_back_with_another_weight_sets_it(self, stage: Stage, member: str) -> None:
        with pytest.raises(WeightRefused):
            await stage.balancer.put_back(member, NOTHING, 50)

    async def test_cut_of_a_quiet_member_changes_nothing(self, stage: Stage, member: str) -> None:
        with pytest.raises(CommandRefused):
            await stage.balancer.cut(member)


async def _settings(stage: Stage, member: str):  # type: ignore[no-untyped-def]
    seats, found = await stage.seats(member), await stage.found(member)
    balancer = stage.balancer
    return [
        balancer.drain(member, seats),
        balancer.take_out(member, seats),
        balancer.begin_return(member, seats),
        balancer.put_back(member, found, 100, seats),
    ]


def test_what_a_drain_waits_for_is_told() -> None:
    """While it empties, the pods that have still to go are what is in flight."""

    async def main() -> None:
        world = three_nodes()
        pool = pool_of(world)
        line = (await pool.look("prod", ["n1"])).lines[0]
        assert (line.in_flight, line.admin) == (None, Admin.READY)
        await pool.drain("n1")
        line = (await pool.look("prod", ["n1"])).lines[0]
        assert (line.in_flight, line.admin) == (2, Admin.DRAINING)
        assert line.in_flight_as == "2 pods have still to go: shop/db-0, shop/web-0"
        await asyncio.sleep(0.5)
        line = (await pool.look("prod", ["n1"])).lines[0]
        assert line.in_flight_as.endswith("shop/db-0, shop/web-0 (terminating)")
        await asyncio.sleep(2)
        line = (await pool.look("prod", ["n1"])).lines[0]
        assert (line.in_flight, line.in_flight_as) == (0, "")
        await pool.aclose()

    run_virtually(main())


def test_evictions_begin_once_load_balancers_outside_have_left_it_out() -> None:
    async def main() -> None:
        world = three_nodes()
        pool = pool_of(world, replace(POOL, settle=timedelta(seconds=3)))
        await pool.drain("n1")
        await asyncio.sleep(2.9)
        assert not any(one.startswith("evict") for one in world.writes)
        await asyncio.sleep(0.5)
        assert world.writes[1:] == ["evict db-0", "evict web-0"]
        await pool.aclose()

    run_virtually(main())


def test_who_was_frozen_touches_nothing_when_another_goes_on() -> None:
    """Every eviction is preceded by the question whose mark the Node bears: another process that
    took over has written its own, and one that put the Node back has taken it away."""

    async def main(*, is_put_back: bool) -> list[str]:
        world = three_nodes()
        frozen = pool_of(world, replace(POOL, settle=timedelta(seconds=3)))
        await frozen.drain("n1")
        other = pool_of(world, replace(POOL, settle=timedelta(hours=1)))
        await other.drain("n1")
        if is_put_back:
            await other.put_back("n1", NOTHING)
        await asyncio.sleep(30)
        await other.aclose()
        return [one for one in world.writes if one.startswith("evict")]

    assert run_virtually(main(is_put_back=True)) == []
    assert run_virtually(main(is_put_back=False)) == []


def test_a_node_that_is_held_again_is_emptied_again() -> None:
    """Somebody had uncordoned it meanwhile, and pods came."""

    async def main() -> None:
        world = three_nodes()
        pool = pool_of(world)
        await pool.drain("n1")
        await asyncio.sleep(1)
        world.node("n1")["spec"].pop("unschedulable")
        await asyncio.sleep(3)
        world.add(PODS, a_pod("late-0", "n1", owner="ReplicaSet/late"))
        await asyncio.sleep(3)
        assert "evict late-0" not in world.writes
        await pool.take_out("n1")
        await asyncio.sleep(1)
        assert "evict late-0" in world.writes
        await pool.aclose()

    run_virtually(main())


def test_what_is_put_back_is_no_longer_emptied() -> None:
    async def main() -> None:
        world = three_nodes()
        pool = pool_of(world, replace(POOL, settle=timedelta(seconds=3)))
        await pool.drain("n1")
        await pool.put_back("n1", NOTHING)
        await asyncio.sleep(30)
        assert world.writes == ["patch n1 cordon cordoned", "patch n1 uncordon"]
        await pool.aclose()

    run_virtually(main())


def test_a_pod_that_comes_back_to_the_node_is_not_evicted_for_ever() -> None:
    """It tolerates a cordon: its like would come again. The drain names it."""

    async def main() -> None:
        world = three_nodes()
        pool = pool_of(world)
        await pool.drain("n1")
        await asyncio.sleep(1.5)
        back = a_pod("tough-0", "n1", owner="ReplicaSet/tough")
        back["spec"]["tolerations"] = [{"operator": "Exists"}]
        world.add(PODS, back)
        world.add(PODS, a_pod("late-0", "n1", owner="ReplicaSet/late"))
        world.add(PODS, a_pod("bare-0", "n1", owner=""))
        await asyncio.sleep(5)
        line = (await pool.look("prod", ["n1"])).lines[0]
        assert "shop/tough-0 (it came to the cordoned Node because it tolerates" in (
            line.in_flight_as
        )
        assert "declare no controller; use nodes.unmanaged: true to override" in line.in_flight_as
        assert "evict late-0" in world.writes
        assert line.in_flight == 2
        await pool.aclose()

    run_virtually(main())


def test_a_cordon_of_somebody_else_is_refused_and_left() -> None:
    """They were faster than our look."""

    async def main() -> None:
        world = three_nodes()
        world.node("n1")["spec"]["unschedulable"] = True
        pool = pool_of(world)
        for act in (pool.drain, pool.take_out, pool.begin_return):
            with pytest.raises(CommandRefused, match="n1 was cordoned by somebody else"):
                await act("n1")
        with pytest.raises(CommandRefused, match="n1 was cordoned by somebody else"):
            await pool.put_back("n1", NOTHING)
        assert world.writes == []
        with pytest.raises(CommandRefused, match="n2 is not cordoned"):
            await pool.begin_return("n2")

    run_virtually(main())


def test_an_api_that_is_away_may_be_asked_again() -> None:
    async def main() -> None:
        world = three_nodes()
        world.is_away = True
        pool = pool_of(world)
        with pytest.raises(BalancerUnreachable):
            await pool.look("prod", None)
        with pytest.raises(BalancerUnreachable):
            await pool.drain("n1")

    run_virtually(main())


def test_a_write_that_somebody_else_was_faster_with_is_made_anew() -> None:
    """The kubelet writes to its Node as well."""

    async def main() -> None:
        world = three_nodes()
        world.watch.append(lambda: world.touch(world.node("n1")) if len(world.writes) < 1 else None)
        reads = 0

        def calm_down() -> None:
            nonlocal reads
            reads += 1
            if reads > 4:
                world.watch.clear()

        world.watch.append(calm_down)
        pool = pool_of(world)
        await pool.drain("n1")
        assert CORDONED in world.node("n1")["metadata"]["annotations"]
        await pool.aclose()

    run_virtually(main())


def test_a_node_that_is_not_ready_fails_its_check() -> None:
    async def main() -> None:
        world = three_nodes()
        world.node("n1")["status"]["conditions"][0]["status"] = "Unknown"
        lines = (await pool_of(world).look("prod", None)).lines
        assert [line.health for line in lines] == [
            Health.FAILING,
            Health.PASSING,
            Health.PASSING,
        ]

    run_virtually(main())
