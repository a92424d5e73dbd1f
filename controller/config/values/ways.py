"""The commands by which a pool is reached, where it is reached by commands."""

from controller.hosts import HostCommand
from controller.pools.alone import AlonePool
from controller.pools.pair import PairPool
from controller.pools.scripted import ScriptedPool
from controller.tasks import Command


def ways_of(pool: object) -> tuple[Command | HostCommand, ...]:
    match pool:
        case ScriptedPool(hosts=hosts):
            scripts = [host.scripts for host in hosts]
            return tuple(command for one in scripts for command in (one.out, one.back, one.state))
        case AlonePool(servers=servers):
            hooks = (hook for one in servers for hook in (one.before, one.after))
            return tuple(hook for hook in hooks if isinstance(hook, Command | HostCommand))
        case PairPool(boxes=boxes):
            pairs = (task for box in boxes for task in (box.state, box.promote))
            return tuple(task for task in pairs if isinstance(task, Command | HostCommand))
        case _:
            return ()
