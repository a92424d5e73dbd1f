"""Commands of the user's that are run once for a change, here or on the member's host."""

from collections.abc import Mapping

from controller.config.sections.downtime import Hook
from controller.config.sections.rollout import Rollout
from controller.config.sections.scripted import PoolHosts
from controller.config.text import scalars
from controller.config.text.document import Document
from controller.config.text.places import Trail
from controller.config.values.filling import Filling, environment
from controller.config.values.host_tasks import OnHost
from controller.config.values.listed import address_of, port_number, ssh_of, values_of
from controller.core.pool import Member
from controller.hosts import HostCommand
from controller.tasks import Command, Task

BLANK = Document("", {}, {}, {}, (), frozenset())
"""Where what is filled in was filled in before."""


def filling_of(
    rollout: Rollout,
    given: PoolHosts,
    name: str,
    known: Mapping[str, str],
    document: Document = BLANK,
    file: str = "",
) -> Filling:
    return Filling(file, document, name, values_of(rollout, given, name, known))


def place_of(rollout: Rollout, given: PoolHosts, filling: Filling, folder: str) -> OnHost:
    """Where the commands of a member run."""
    name, port = filling.member, port_number(given, filling.values)
    member = Member(name, address_of(given, name), port, filling.values["member.host"])
    env = environment(member, rollout.name)
    return OnHost(filling, ssh_of(rollout, name), env, folder)


def task_of(where: OnHost, hook: Hook, trail: Trail) -> Task:
    timeout = scalars.duration(hook.timeout)
    if hook.ssh is not None:
        argv = where.filling.argv((*trail, "ssh"), hook.ssh)
        return HostCommand(where.access, argv, timeout, where.env)
    argv = where.filling.argv((*trail, "command"), hook.command or [])
    return Command(argv, timeout, where.env, where.cwd)
