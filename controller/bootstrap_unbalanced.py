"""Puts the adapters for servers without a balancer behind the ports."""

from pathlib import Path
from platform import node

from adapters.clock import SystemClock
from adapters.scripted import AloneServers, Kept, PairBoxes
from controller.pools.alone import AlonePool
from controller.pools.pair import PairPool
from controller.ports import Commands, LoadBalancer, Tasks


def unbalanced(
    pool: AlonePool | PairPool, commands: Commands, tasks: Tasks, folder: Path | None
) -> LoadBalancer:
    """`folder`: of the state, where it is kept who is out; None: for whoever only asks."""
    kept = Kept(None if folder is None else folder / "outages")
    if isinstance(pool, AlonePool):
        return AloneServers(pool, tasks, SystemClock(), kept, node())
    return PairBoxes(pool, commands, tasks, SystemClock(), kept, node())
