"""Contradictions within the steps of one course, and in what a host is to show after them."""

from collections.abc import Iterator
from typing import Final

from controller.config.checks.kind_of_pool import NODES
from controller.config.sections import kubernetes_names as node
from controller.config.sections.steps import KINDS
from controller.config.text.places import Trail, shown
from controller.config.text.scalars import Wrong, duration
from controller.config.text.trails import at, listing, mapping
from controller.config.values import host_tasks as host

Found = Iterator[tuple[Trail, str]]

_FORMS: Final = {host.KERNEL: str, host.PACKAGES: dict, host.SERVICES: list}
_MEND: Final = {
    host.KERNEL: 'write a glob, like "5.14.*"',
    host.PACKAGES: "write {NAME: VERSION}, a glob or absent",
    host.SERVICES: "write a list, like [nginx]",
}


def step_faults(section: dict[str, object], trail: Trail) -> Found:
    unless = section.get("unless")
    if isinstance(unless, dict):
        yield from one_of(unless, (*trail, "unless"), ("command", "ssh"), "keep one of the two")
    yield from _exits(section, trail)
    for index, step in enumerate(listing(section, "steps")):
        if isinstance(step, dict):
            place = (*trail, "steps", index)
            yield from one_of(step, place, KINDS, "make them two steps")
            yield from _reboot(mapping(step, "reboot"), (*place, "reboot"))
            yield from _exits(step, place)
            if "exits" in step and "reboot" in step:
                yield (*place, "exits"), "a reboot has no exit codes of its own; remove it"


def _exits(section: dict[str, object], trail: Trail) -> Found:
    codes = listing(section, "exits", "ok")
    for index, code in enumerate(listing(section, "exits", "reboot")):
        if code in codes:
            yield (*trail, "exits", "reboot", index), f"{shown(code)} is also in ok; keep one"


def one_of(section: dict[str, object], trail: Trail, kinds: tuple[str, ...], mend: str) -> Found:
    """Of these keys, exactly one is wanted."""
    given = [kind for kind in kinds if kind in section]
    if not given:
        yield trail, f"has nothing to run; add one of {', '.join(kinds)}"
    for kind in given[1:]:
        yield (*trail, kind), f"{given[0]} is also given; {mend}"


def _reboot(reboot: dict[str, object], trail: Trail) -> Found:
    if "needed" in reboot and reboot.get("when") != "needed":
        yield (*trail, "needed"), "is asked with when: needed alone; add that, or remove it"
    try:
        timeout = duration(reboot.get("timeout", "20m"))
        after = duration(at(reboot, "reset", "after"))
    except Wrong:
        return
    if after >= timeout:
        yield (*trail, "reset", "after"), "is not before the timeout; write a shorter time"


def expectation_faults(section: dict[str, object], trail: Trail, kind: str) -> Found:
    known = (*(node.EXPECTED if kind == NODES else ()), *host.EXPECTED)
    for key, value in mapping(section, "expect").items():
        place = (*trail, key)
        if key not in known:
            what = "Node" if kind == NODES else "host"
            yield place, f"is nothing that a {what} shows; known here: {', '.join(known)}"
        elif key == "boot_id" and value != "changed":
            yield place, f"{shown(value)} cannot be known before; write changed"
        elif not isinstance(value, _FORMS.get(key, str)):
            yield place, f"is of another form; {_MEND.get(key, 'write text, a glob')}"
