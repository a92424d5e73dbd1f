"""Members that the section `pool.hosts` lists: what templates know of each."""

import shlex
from collections.abc import Mapping, Sequence

from controller.config.sections.rollout import Rollout
from controller.config.sections.scripted import PoolHosts
from controller.config.text.templating import fill
from controller.config.values.filling import facts, variables
from controller.core.pool import Member


def is_alone(given: PoolHosts) -> bool:
    """Whether nothing serves in place of a member."""
    return given.out is None and given.back is None and given.state is None


def values_of(
    rollout: Rollout, given: PoolHosts, name: str, known: Mapping[str, str]
) -> dict[str, str]:
    members = rollout.pool.members
    own = variables(members.vars.get(name, {}))
    values = {**known, **facts(Member(name, name, port_number(given, known), vars=own))}
    return {**values, "member.host": filled(members.host, values)}


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


def anybody(rollout: Rollout, known: Mapping[str, str]) -> dict[str, str]:
    """Values for whoever types the command: the member's name has a place, its own variables are
    shown by their names."""
    from_file = {key for one in rollout.pool.members.vars.values() for key in one}
    shown = {f"member.vars.{key}": key.upper() for key in from_file}
    name = "{member}"
    return {
        **known,
        **shown,
        "member.name": name,
        "member.address": name,
        "member.host": name,
        "member.port": "PORT",
    }


def typed(argv: Sequence[str], values: Mapping[str, str]) -> str:
    """As it is typed at a shell."""
    words = (filled(word, values) for word in argv)
    return " ".join(word if "{member}" in word else shlex.quote(word) for word in words)
