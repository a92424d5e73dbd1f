"""The section `pool.hosts` → members, and the commands that reach their balancer."""

from collections.abc import Iterator, Mapping

from controller.config.sections.rollout import Rollout
from controller.config.sections.scripted import PoolHosts, Script
from controller.config.text import scalars
from controller.config.text.document import Document
from controller.config.values.filling import Filling, environment
from controller.config.values.listed import (
    address_of,
    filled,
    port_number,
    port_text,
    values_of,
)
from controller.core.pool import Member
from controller.errors import Fault
from controller.pools.scripted import SETTLE, Host, ScriptedPool, Scripts
from controller.tasks import Command


def hosts_of(
    rollout: Rollout, given: PoolHosts, known: Mapping[str, str], folder: str
) -> ScriptedPool:
    """`known`: template values that do not depend on a member; `folder`: where commands run."""
    drain = rollout.drain
    return ScriptedPool(
        hosts=tuple(_host(rollout, given, name, known, folder) for name in given.members),
        every=scalars.duration(given.every),
        settle=scalars.duration(drain.settle) if drain.settle else SETTLE,
    )


def hosts_faults(
    rollout: Rollout, known: Mapping[str, str], document: Document, file: str
) -> Iterator[Fault]:
    """Commands that cannot be filled in for a member."""
    given = rollout.pool.hosts
    if given is None:
        return
    try:
        scalars.port(port_text(given, known))
    except ValueError as fault:
        yield document.fault(("pool", "hosts", "port"), str(fault))
    for name in given.members:
        filling = Filling(file, document, name, values_of(rollout, given, name, known))
        for key, script in (("out", given.out), ("in", given.back), ("state", given.state)):
            if script is not None:
                filling.argv(("pool", "hosts", key, "command"), script.command)
        yield from filling.faults


def _scripts(given: PoolHosts) -> tuple[Script, Script, Script]:
    if given.out is None or given.back is None or given.state is None:
        raise ValueError("a valid file has all three, or none")
    return given.out, given.back, given.state


def _host(
    rollout: Rollout, given: PoolHosts, name: str, known: Mapping[str, str], folder: str
) -> Host:
    values, port = values_of(rollout, given, name, known), port_number(given, known)
    address = address_of(given, name)
    env = environment(Member(name, address, port, values["member.host"]), rollout.name)

    def command(script: Script) -> Command:
        argv = tuple(filled(word, values) for word in script.command)
        return Command(argv, scalars.duration(script.timeout), env, folder)

    return Host(name, address, port, Scripts(*map(command, _scripts(given))))
