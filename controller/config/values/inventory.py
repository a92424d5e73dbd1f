"""Reads the inventory that `pool.hosts` names, where it names one: its hosts are the members."""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from controller.config.sections.kinds import SERVER
from controller.config.sections.rollout import Rollout
from controller.config.sections.scripted import InventorySection, Reached
from controller.config.text.document import MAX_BYTES
from controller.config.text.inventory import Broken, Inventory
from controller.config.text.inventory_ini import read_ini
from controller.config.text.inventory_yaml import read_yaml
from controller.config.text.places import Trail
from controller.foreign import address

_PLACE: Final[Trail] = ("pool", "hosts", "inventory")
_YAML: Final = (".yaml", ".yml")


def with_inventory(
    rollout: Rollout | None, folder: str
) -> tuple[Rollout | None, list[tuple[Trail, str]]]:
    """The same with its members, and what is wrong with the inventory. `folder`: of the rollout
    file."""
    hosts = rollout.pool.hosts if rollout is not None else None
    if rollout is None or hosts is None or hosts.inventory is None or hosts.members:
        return rollout, []
    given = hosts.inventory
    try:
        found = _read(Path(folder, given.file))
        members = {name: _reached(one) for name, one in found.members(given.group).items()}
        _check(given, members)
    except Broken as fault:
        where = f"{given.file}:{fault.line}" if fault.line else given.file
        return rollout, [((*_PLACE, "file"), f"{where}: {fault}")]
    except KeyError:
        known = ", ".join(sorted(found.groups))
        missing = f"{given.file} has no group {given.group}; it has: {known}"
        return rollout, [((*_PLACE, "group"), missing)]
    pool = rollout.pool.model_copy(update={"hosts": hosts.listing(members)})
    return rollout.model_copy(update={"pool": pool}), []


def _read(path: Path) -> Inventory:
    """Raises Broken."""
    try:
        with path.open("rb") as stream:
            raw = stream.read(MAX_BYTES + 1)
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Broken(0, "is not UTF-8 text") from None
    except OSError as error:
        raise Broken(0, f"cannot be read: {error.strerror}") from None
    if len(raw) > MAX_BYTES:
        raise Broken(0, "is longer than 1 MiB")
    if text.startswith("#!"):
        raise Broken(1, "is a program; write what it prints to a file, in INI or YAML")
    return read_yaml(text) if path.suffix in _YAML else read_ini(text)


def _reached(variables: Mapping[str, str]) -> Reached:
    return Reached(*(variables.get(f"ansible_{key}", "") for key in ("host", "port", "user")))


def _check(given: InventorySection, members: Mapping[str, Reached]) -> None:
    """Raises Broken."""
    if not members:
        raise Broken(0, f"group {given.group} has no hosts")
    for name, reached in members.items():
        if not re.fullmatch(SERVER, name):
            raise Broken(0, f"{name} is not a valid name of a member")
        try:
            address(reached.address or name)
        except ValueError as error:
            raise Broken(0, f"ansible_host of {name}: {error}") from None
