"""Members that the section `pool.hosts` lists: what templates know of each."""

from collections.abc import Mapping

from controller.config.sections.hosts import Hosts
from controller.config.sections.rollout import Rollout
from controller.config.sections.scripted import PoolHosts
from controller.config.text.templating import fill
from controller.config.values.filling import facts, variables
from controller.core.pool import Member


def is_alone(given: PoolHosts) -> bool:
    """Whether nothing serves in place of a member."""
    scripts = (given.out, given.back, given.state, given.promote)
    return all(script is None for script in scripts)


def values_of(
    rollout: Rollout, given: PoolHosts, name: str, known: Mapping[str, str]
) -> dict[str, str]:
    members = rollout.pool.members
    own = variables(members.vars.get(name, {}))
    member = Member(name, address_of(given, name), port_number(given, known), vars=own)
    values = {**known, **facts(member)}
    return {**values, "member.host": filled(members.host, values)}


def address_of(given: PoolHosts, name: str) -> str:
    """As its inventory has it, else its name."""
    return given.reached(name).address or name


def ssh_of(rollout: Rollout, name: str) -> Hosts:
    """How a member is reached: as the rollout file says, else as its inventory does."""
    hosts, given = rollout.hosts or Hosts(), rollout.pool.hosts
    if given is None:
        return hosts
    reached, ssh = given.reached(name), hosts.ssh
    update = {"user": ssh.user or reached.user or None, "port": ssh.port or reached.port or None}
    return hosts.model_copy(update={"ssh": ssh.model_copy(update=update)})


def port_text(given: PoolHosts, known: Mapping[str, str]) -> str | int:
    return 1 if given.port is None else filled(str(given.port), known)


def port_number(given: PoolHosts, known: Mapping[str, str]) -> int:
    """0: there is none, or `hosts_faults` says what is wrong with it."""
    text = "" if given.port is None else filled(str(given.port), known)
    return int(text) if text.isdecimal() and text.isascii() else 0


def filled(template: str, values: Mapping[str, str]) -> str:
    """A file whose commands cannot be filled in is refused: see `hosts_faults`."""
    try:
        return fill(template, values)
    except KeyError:
        return ""
