"""Ansible's INI inventories. Pure."""

import re
import shlex
from typing import Final

from controller.config.text.inventory import ALL, KEYS, Broken, Inventory, checked, expanded

_SECTION: Final = re.compile(r"\[([^\]:\s]+)(?::([a-z]+))?\]\s*(?:[#;].*)?")
_PORT: Final = re.compile(r"(.*[^:]):([0-9]+)")


def read_ini(text: str) -> Inventory:
    """Raises Broken."""
    found = Inventory()
    group, kind = "ungrouped", ""
    found.group(ALL)
    for number, raw in enumerate(text.splitlines(), 1):
        line = raw.strip()
        if not line or line[0] in "#;":
            continue
        if line.startswith("["):
            group, kind = _section(line, number)
            found.group(group)
            continue
        if kind == "children":
            child, *more = _words(line, number)
            if more:
                raise Broken(number, f"{child} is a group: nothing may follow it")
            found.group(group).children[child] = number
        elif kind == "vars":
            _variable(found, group, line, number)
        else:
            _host(found, group, line, number)
    found.check()
    return found


def _section(line: str, number: int) -> tuple[str, str]:
    match = _SECTION.fullmatch(line)
    if match is None:
        raise Broken(number, f"{line} is no heading; write it like [db] or [db:children]")
    group, kind = match[1], match[2] or ""
    if kind not in ("", "children", "vars", "hosts"):
        raise Broken(number, f"[{group}:{kind}]: known after the colon: children, hosts, vars")
    return group, "" if kind == "hosts" else kind


def _words(line: str, number: int) -> list[str]:
    try:
        return shlex.split(line, comments=True)
    except ValueError:
        raise Broken(number, f"{line}: a quotation mark is never closed") from None


def _variable(found: Inventory, group: str, line: str, number: int) -> None:
    key, equals, value = line.partition("=")
    if not equals:
        raise Broken(number, f"{line} is no variable; write NAME=VALUE")
    if key.strip() in KEYS:
        said = "".join(_words(value, number)[:1])
        found.group(group).vars[key.strip()] = checked(key.strip(), said, number)


def _host(found: Inventory, group: str, line: str, number: int) -> None:
    pattern, *others = _words(line, number)
    values = {}
    if (match := _PORT.fullmatch(pattern)) is not None and "[" not in match[2]:
        pattern, values["ansible_port"] = match[1], checked("ansible_port", match[2], number)
    for word in others:
        key, equals, value = word.partition("=")
        if not equals:
            raise Broken(number, f"{word} is no variable of {pattern}; write NAME=VALUE")
        if key in KEYS:
            values[key] = checked(key, value, number)
    for host in expanded(pattern, number):
        found.group(group).hosts.setdefault(host, {}).update(values)
