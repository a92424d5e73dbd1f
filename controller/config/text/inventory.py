"""Ansible's inventories as values: groups, hosts, and what is said of how they are reached. Pure.

The formats: docs.ansible.com, "How to build your inventory", and the plugins `ini` and `yaml`.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final

KEYS: Final = ("ansible_host", "ansible_port", "ansible_user")
"""What matters to ssh; all other variables are for Ansible."""
ALL: Final = "all"
MOST: Final = 10_000
"""Hosts of an inventory."""


class Broken(ValueError):
    """A fault in an inventory, in one line for an operator."""

    def __init__(self, line: int, what: str) -> None:
        super().__init__(what)
        self.line = line
        """From 1; 0: of the whole."""


@dataclass
class Group:
    hosts: dict[str, dict[str, str]] = field(default_factory=dict)
    """Host → its variables, of `KEYS`."""
    vars: dict[str, str] = field(default_factory=dict)
    children: dict[str, int] = field(default_factory=dict)
    """Group → the line that names it."""


@dataclass
class Inventory:
    groups: dict[str, Group] = field(default_factory=dict)

    def group(self, name: str) -> Group:
        return self.groups.setdefault(name, Group())

    def check(self) -> None:
        """Raises Broken."""
        for name, group in self.groups.items():
            for child, line in group.children.items():
                if child not in self.groups:
                    raise Broken(line, f"group {child} is a child of {name}, and is not there")
        for name in self.groups:
            if name in self._below(name):
                line = next(iter(self.groups[name].children.values()))
                raise Broken(line, f"group {name} is a child of itself")

    def members(self, group: str) -> dict[str, dict[str, str]]:
        """Hosts of a group and of all below it → their variables. Raises KeyError."""
        if group not in self.groups:
            raise KeyError(group)
        names = [*self.groups] if group == ALL else [group, *self._below(group)]
        hosts = dict.fromkeys(host for name in names for host in self.groups[name].hosts)
        return {host: self._variables(host) for host in hosts}

    def _variables(self, host: str) -> dict[str, str]:
        """Those of `all`, of its groups from the outermost one in, and its own."""
        mine = [name for name, one in self.groups.items() if host in one.hosts]
        around = {name for name in self.groups if {*self._below(name)} & {*mine}}
        every = sorted({*mine, *around} - {ALL}, key=lambda name: (self._depth(name), name))
        found = dict(self.groups[ALL].vars) if ALL in self.groups else {}
        for name in every:
            found |= self.groups[name].vars
        for name in (ALL, *every):
            found |= self.groups[name].hosts.get(host, {}) if name in self.groups else {}
        return found

    def _depth(self, name: str) -> int:
        return sum(1 for other in self.groups if name in self._below(other))

    def _below(self, name: str) -> list[str]:
        """In the order in which they are named."""
        found: dict[str, None] = {}
        waiting = [*self.groups[name].children]
        while waiting:
            child = waiting.pop(0)
            if child not in found and child in self.groups:
                found[child] = None
                waiting = [*self.groups[child].children, *waiting]
        return [*found]


def expanded(pattern: str, line: int) -> Iterator[str]:
    """The hosts that `web[01:10].example.net` means. Raises Broken."""
    before, bracket, rest = pattern.partition("[")
    if not bracket:
        yield pattern
        return
    inside, closed, after = rest.partition("]")
    if not closed:
        raise Broken(line, f"{pattern}: the range is never closed; close it with ]")
    for one in _range(inside, pattern, line):
        for end in expanded(after, line):
            yield before + one + end


def _range(inside: str, pattern: str, line: int) -> Iterator[str]:
    first, *others = inside.split(":")
    wrong = Broken(line, f"{pattern}: {inside} is no range; write it like [01:10] or [a:f]")
    if len(others) not in (1, 2) or not first or not others[0]:
        raise wrong
    last, step = others[0], others[1] if len(others) == 2 else "1"
    if not step.isdecimal() or int(step) == 0 or len(step) > 4:
        raise wrong
    if first.isdecimal() and last.isdecimal() and len(last) < 10:
        is_padded = first.startswith("0") and len(first) > 1
        if is_padded and len(first) != len(last):
            raise Broken(line, f"{pattern}: both ends of {inside} must have as many digits")
        ends, width = (int(first), int(last)), len(first) if is_padded else 0
        if ends[0] > ends[1] or ends[1] - ends[0] >= MOST:
            raise wrong
        yield from (str(n).zfill(width) for n in range(ends[0], ends[1] + 1, int(step)))
        return
    if not (
        len(first) == len(last) == 1 and first.isalpha() and first.isascii() and last.isascii()
    ):
        raise wrong
    if not last.isalpha() or first > last:
        raise wrong
    yield from (chr(n) for n in range(ord(first), ord(last) + 1, int(step)))


def checked(key: str, value: str, line: int) -> str:
    """Raises Broken."""
    if "{{" in value:
        raise Broken(line, f"{key} is a template of Ansible's, which is not evaluated here")
    if key == "ansible_port" and not (value.isdecimal() and 0 < int(value) < 65536):
        raise Broken(line, f"{key}={value} is not a port; write a number from 1 to 65535")
    return value
