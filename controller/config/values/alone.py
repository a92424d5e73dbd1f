"""The sections `pool.hosts` and `pool.downtime` → servers that stand alone."""

from collections.abc import Iterator, Mapping

from controller.config.sections.downtime import Hook
from controller.config.sections.rollout import Rollout
from controller.config.sections.scripted import PoolHosts
from controller.config.text import scalars
from controller.config.text.document import Document
from controller.config.values.filling import Filling
from controller.config.values.hooks import filling_of, place_of, task_of
from controller.config.values.listed import address_of, is_alone, port_number
from controller.errors import Fault
from controller.pools.alone import AlonePool, Server


def alone_of(
    rollout: Rollout, given: PoolHosts, known: Mapping[str, str], folder: str
) -> AlonePool:
    """`known`: template values that do not depend on a member; `folder`: where commands run."""
    fillings = [filling_of(rollout, given, name, known) for name in given.members]
    return AlonePool(
        servers=tuple(_server(rollout, given, one, folder) for one in fillings),
        settle=scalars.duration(rollout.drain.settle or "0s"),
    )


def alone_faults(
    rollout: Rollout, known: Mapping[str, str], document: Document, file: str
) -> Iterator[Fault]:
    """Commands that cannot be filled in for a member."""
    given = rollout.pool.hosts
    if given is None or not is_alone(given):
        return
    for name in given.members:
        filling = filling_of(rollout, given, name, known, document, file)
        _server(rollout, given, filling, "")
        yield from filling.faults


def _server(rollout: Rollout, given: PoolHosts, filling: Filling, folder: str) -> Server:
    name, where = filling.member, place_of(rollout, given, filling, folder)
    before, after = _hooks(rollout)
    return Server(
        name,
        address_of(given, name),
        port_number(given, filling.values),
        None if before is None else task_of(where, before, ("pool", "downtime", "before")),
        None if after is None else task_of(where, after, ("pool", "downtime", "after")),
    )


def _hooks(rollout: Rollout) -> tuple[Hook | None, Hook | None]:
    downtime = rollout.pool.downtime
    return (None, None) if downtime is None else (downtime.before, downtime.after)
