"""The section `pool.hosts` with `promote` → two boxes, of which one stands by."""

from collections.abc import Iterator, Mapping

from controller.config.sections.downtime import Hook
from controller.config.sections.rollout import Rollout
from controller.config.sections.scripted import PoolHosts, Script
from controller.config.text import scalars
from controller.config.text.document import Document
from controller.config.text.places import Trail
from controller.config.values.filling import Filling
from controller.config.values.hooks import filling_of, place_of, task_of
from controller.config.values.listed import address_of, port_number
from controller.errors import Fault
from controller.pools.pair import Box, PairPool
from controller.tasks import Command

_PLACE: Trail = ("pool", "hosts", "promote")


def pair_of(rollout: Rollout, given: PoolHosts, known: Mapping[str, str], folder: str) -> PairPool:
    """`known`: template values that do not depend on a member; `folder`: where commands run."""
    fillings = [filling_of(rollout, given, name, known) for name in given.members]
    return PairPool(
        boxes=tuple(_box(rollout, given, one, folder) for one in fillings),
        every=scalars.duration(given.every),
        settle=scalars.duration(rollout.drain.settle or "0s"),
    )


def pair_faults(
    rollout: Rollout, known: Mapping[str, str], document: Document, file: str
) -> Iterator[Fault]:
    """Promotions that cannot be filled in for a member; the state is looked at elsewhere."""
    given = rollout.pool.hosts
    if given is None or given.promote is None:
        return
    for name in given.members:
        filling = filling_of(rollout, given, name, known, document, file)
        task_of(place_of(rollout, given, filling, ""), given.promote, _PLACE)
        yield from filling.faults


def _box(rollout: Rollout, given: PoolHosts, filling: Filling, folder: str) -> Box:
    state, promote = _both(given)
    name, where = filling.member, place_of(rollout, given, filling, folder)
    argv = filling.argv(("pool", "hosts", "state", "command"), state.command)
    asked = Command(argv, scalars.duration(state.timeout), where.env, folder)
    port = port_number(given, filling.values)
    return Box(name, address_of(given, name), port, asked, task_of(where, promote, _PLACE))


def _both(given: PoolHosts) -> tuple[Script, Hook]:
    if given.state is None or given.promote is None:
        raise ValueError("a valid file has both")
    return given.state, given.promote
