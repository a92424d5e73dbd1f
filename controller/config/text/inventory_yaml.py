"""Ansible's YAML inventories. Pure."""

from typing import Final

from controller.config.text.document import Document, read
from controller.config.text.inventory import ALL, KEYS, Broken, Inventory, checked, expanded
from controller.config.text.places import Trail

_PARTS: Final = ("hosts", "vars", "children")


def read_yaml(text: str) -> Inventory:
    """Raises Broken."""
    document = read(text)
    faults = [one for one in document.faults if document.data is None or not _is_empty(one.message)]
    if faults or document.data is None:
        first = faults[0] if faults else None
        raise Broken(first.line, first.message) if first else Broken(0, "holds no groups")
    found = Inventory()
    found.group(ALL)
    for name in document.data:
        _group(found, document, (str(name),))
    found.check()
    return found


def _is_empty(message: str) -> bool:
    """A host without variables is a key without a value."""
    return "no value" in message or "empty" in message


def _group(found: Inventory, document: Document, trail: Trail) -> None:
    name, group = str(trail[-1]), found.group(str(trail[-1]))
    for part in _mapping(document, trail):
        if part not in _PARTS:
            raise Broken(
                _line(document, (*trail, part)),
                f"{part} is nothing that group {name} can have; known: {', '.join(_PARTS)}",
            )
    for pattern in _mapping(document, (*trail, "hosts")):
        place = (*trail, "hosts", pattern)
        values = _variables(document, place)
        for host in expanded(str(pattern), _line(document, place)):
            group.hosts.setdefault(host, {}).update(values)
    group.vars |= _variables(document, (*trail, "vars"))
    for child in _mapping(document, (*trail, "children")):
        place = (*trail, "children", child)
        group.children[str(child)] = _line(document, place)
        _group(found, document, place)


def _variables(document: Document, trail: Trail) -> dict[str, str]:
    values = {}
    for key, value in _mapping(document, trail).items():
        if key in KEYS:
            line = _line(document, (*trail, key))
            if isinstance(value, bool) or not isinstance(value, str | int):
                raise Broken(line, f"{key} is neither text nor a number")
            values[key] = checked(key, str(value), line)
    return values


def _mapping(document: Document, trail: Trail) -> dict[str, object]:
    """The mapping at that place; empty where there is none. Raises Broken."""
    value: object = document.data
    for part in trail:
        value = value.get(part) if isinstance(value, dict) else None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise Broken(_line(document, trail), f"{trail[-1]} is no mapping; write {{…}} or NAME:")
    return value


def _line(document: Document, trail: Trail) -> int:
    return document.fault(trail, "", at_key=True).line
