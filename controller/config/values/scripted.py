"""The section `pool.hosts` → members, and the commands that reach their balancer."""

import shlex
from collections.abc import Iterator, Mapping

from controller.config.sections.rollout import Rollout
from controller.config.sections.scripted import PoolHosts, Script
from controller.config.text import scalars
from controller.config.text.document import Document
from controller.config.text.templating import fill
from controller.config.values.filling import Filling, environment, facts, variables
from controller.core.pool import Member
from controller.errors import Fault
from controller.pools.scripted import SETTLE, Host, ScriptedPool, Scripts
from controller.tasks import Command


def hosts_of(
    rollout: Rollout, given: PoolHosts, known: Mapping[str, str], folder: str
) -> ScriptedPool:
    """`known`: template values that do not depend on a member; `folder`: where commands run."""
    hand = {**known, **_anybody(rollout, known)}
    drain = rollout.drain
    return ScriptedPool(
        hosts=tuple(_host(rollout, given, name, known, folder) for name in given.members),
        by_hand=(_typed(given.out, hand), _typed(given.back, hand)),
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
        scalars.port(_port(given, known))
    except ValueError as fault:
        yield document.fault(("pool", "hosts", "port"), str(fault))
    for name in given.members:
        filling = Filling(file, document, name, _values(rollout, given, name, known))
        for key, script in (("out", given.out), ("in", given.back), ("state", given.state)):
            filling.argv(("pool", "hosts", key, "command"), script.command)
        yield from filling.faults


def _host(
    rollout: Rollout, given: PoolHosts, name: str, known: Mapping[str, str], folder: str
) -> Host:
    values, port = _values(rollout, given, name, known), _port_number(given, known)
    env = environment(Member(name, name, port, values["member.host"]), rollout.name)

    def command(script: Script) -> Command:
        argv = tuple(_filled(word, values) for word in script.command)
        return Command(argv, scalars.duration(script.timeout), env, folder)

    scripts = Scripts(command(given.out), command(given.back), command(given.state))
    return Host(name, name, port, scripts)


def _values(
    rollout: Rollout, given: PoolHosts, name: str, known: Mapping[str, str]
) -> dict[str, str]:
    members = rollout.pool.members
    own = variables(members.vars.get(name, {}))
    values = {**known, **facts(Member(name, name, _port_number(given, known), vars=own))}
    return {**values, "member.host": _filled(members.host, values)}


def _port(given: PoolHosts, known: Mapping[str, str]) -> str | int:
    return 1 if given.port is None else _filled(str(given.port), known)


def _port_number(given: PoolHosts, known: Mapping[str, str]) -> int:
    """0: there is none, or `hosts_faults` says what is wrong with it."""
    text = "" if given.port is None else _filled(str(given.port), known)
    return int(text) if text.isdecimal() and text.isascii() else 0


def _filled(template: str, values: Mapping[str, str]) -> str:
    """A file whose commands cannot be filled in is refused: see `hosts_faults`."""
    try:
        return fill(template, values)
    except KeyError:
        return ""


def _anybody(rollout: Rollout, known: Mapping[str, str]) -> dict[str, str]:
    """Values for whoever types the command: the member's name has a place, its own variables are
    shown by their names."""
    from_file = {key for one in rollout.pool.members.vars.values() for key in one}
    shown = {f"member.vars.{key}": key.upper() for key in from_file}
    name = "{member}"
    return {
        **shown,
        "member.name": name,
        "member.address": name,
        "member.host": name,
        "member.port": "PORT",
    }


def _typed(script: Script, values: Mapping[str, str]) -> str:
    words = (_filled(word, values) for word in script.command)
    return " ".join(word if "{member}" in word else shlex.quote(word) for word in words)
