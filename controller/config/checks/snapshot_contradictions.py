"""Contradictions around snapshots, preparations, and steps from which there is no way back."""

from collections.abc import Iterator

from controller.config.checks.kind_of_pool import PODS
from controller.config.sections.snapshot import ERRANDS
from controller.config.text.places import Trail
from controller.config.text.trails import at, listing, mapping

Found = Iterator[tuple[Trail, str]]


def snapshot_faults(data: object, kind: str) -> Found:
    given = at(data, "snapshot")
    if isinstance(given, dict):
        if kind == PODS:
            yield ("snapshot",), "is for hosts; the pods of a Service are replaced: remove it"
        for name in ERRANDS:
            if isinstance(errand := given.get(name), dict):
                yield from _one_way(errand, ("snapshot", name))
        if "keep" in given and "drop" not in given:
            yield ("snapshot", "keep"), "has no effect without drop; add drop, or remove it"
    yield from _prepare(data, kind)
    if at(data, "on_failure") == "revert_member" and at(data, "snapshot", "revert") is None:
        yield (
            ("on_failure",),
            "revert_member needs a snapshot; add snapshot with create and revert, or write halt",
        )
    for index, step in enumerate(listing(data, "rollback", "steps")):
        if "reversible" in mapping(step):
            yield (
                ("rollback", "steps", index, "reversible"),
                "has no effect here: it says from which step of `upgrade` there is no way back",
            )


def _prepare(data: object, kind: str) -> Found:
    if not isinstance(at(data, "prepare"), dict):
        return
    if kind == PODS:
        yield ("prepare",), "is for hosts; the pods of a Service are replaced: remove it"
    for index, step in enumerate(listing(data, "prepare", "steps")):
        if isinstance(step, dict):
            yield from _one_way(step, ("prepare", "steps", index))
    if isinstance(asked := at(data, "prepare", "fingerprint"), dict):
        yield from _one_way(asked, ("prepare", "fingerprint"))


def _one_way(errand: dict[str, object], trail: Trail) -> Found:
    ways = [way for way in ("command", "ssh") if way in errand]
    if not ways:
        yield trail, "has nothing to run; add one of command, ssh"
    for way in ways[1:]:
        yield (*trail, way), f"{ways[0]} is also given; keep one of the two"
