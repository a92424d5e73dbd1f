"""The sections `pool.hosts` and `pool.downtime` → servers that stand alone."""

from collections.abc import Iterator, Mapping
from shlex import quote
from typing import Final

from controller.config.sections.downtime import Downtime, Hook
from controller.config.sections.hosts import Hosts
from controller.config.sections.rollout import Rollout
from controller.config.sections.scripted import PoolHosts
from controller.config.text import scalars
from controller.config.text.document import Document
from controller.config.text.places import Trail
from controller.config.values.filling import Filling, environment
from controller.config.values.host_tasks import OnHost
from controller.config.values.listed import anybody, is_alone, port_number, typed, values_of
from controller.core.pool import Member
from controller.errors import Fault
from controller.hosts import HostCommand
from controller.pools.alone import AlonePool, Server
from controller.tasks import Command, Task

_BLANK: Final = Document("", {}, {}, {}, (), frozenset())
"""Where what is filled in was filled in before."""


def alone_of(
    rollout: Rollout, given: PoolHosts, known: Mapping[str, str], folder: str
) -> AlonePool:
    """`known`: template values that do not depend on a member; `folder`: where commands run."""
    fillings = [_filling(rollout, given, name, known, _BLANK, "") for name in given.members]
    settle = rollout.drain.settle
    return AlonePool(
        servers=tuple(_server(rollout, given, one, folder) for one in fillings),
        by_hand=_by_hand(rollout, anybody(rollout, known)),
        settle=scalars.duration(settle) if settle else scalars.duration("0s"),
    )


def alone_faults(
    rollout: Rollout, known: Mapping[str, str], document: Document, file: str
) -> Iterator[Fault]:
    """Commands that cannot be filled in for a member."""
    given = rollout.pool.hosts
    if given is None or not is_alone(given):
        return
    for name in given.members:
        filling = _filling(rollout, given, name, known, document, file)
        _server(rollout, given, filling, "")
        yield from filling.faults


def _filling(
    rollout: Rollout,
    given: PoolHosts,
    name: str,
    known: Mapping[str, str],
    document: Document,
    file: str,
) -> Filling:
    return Filling(file, document, name, values_of(rollout, given, name, known))


def _server(rollout: Rollout, given: PoolHosts, filling: Filling, folder: str) -> Server:
    name, port = filling.member, port_number(given, filling.values)
    env = environment(Member(name, name, port, filling.values["member.host"]), rollout.name)
    where = OnHost(filling, rollout.hosts or Hosts(), env, folder)
    downtime = rollout.pool.downtime
    before, after = (None, None) if downtime is None else (downtime.before, downtime.after)
    return Server(
        name,
        name,
        port,
        _task(where, before, ("pool", "downtime", "before")),
        _task(where, after, ("pool", "downtime", "after")),
    )


def _task(where: OnHost, hook: Hook | None, trail: Trail) -> Task | None:
    if hook is None:
        return None
    timeout = scalars.duration(hook.timeout)
    if hook.ssh is not None:
        argv = where.filling.argv((*trail, "ssh"), hook.ssh)
        return HostCommand(where.access, argv, timeout, where.env)
    argv = where.filling.argv((*trail, "command"), hook.command or [])
    return Command(argv, timeout, where.env, where.cwd)


def _by_hand(rollout: Rollout, values: Mapping[str, str]) -> tuple[str, str]:
    downtime = rollout.pool.downtime or Downtime(budget="1s")
    before, after = (_typed(one, values) for one in (downtime.before, downtime.after))
    return before, after


def _typed(hook: Hook | None, values: Mapping[str, str]) -> str:
    if hook is None:
        return ""
    if hook.ssh is not None:
        return f"ssh {{member}} {quote(typed(hook.ssh, values))}"
    return typed(hook.command or [], values)
