"""Contradictions between keys that are each valid alone.

Works on the plain data, so that these faults show together with those of the models. Where a value
is itself at fault, this module reports nothing.
"""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from controller.config.checks.gate_contradictions import gate_contradictions, name_of
from controller.config.checks.pool_contradictions import pool_contradictions
from controller.config.checks.quiet_contradictions import quiet_contradictions
from controller.config.text.document import Document
from controller.config.text.places import Trail, shown
from controller.config.text.scalars import Wrong, amount, count, duration, share
from controller.config.text.trails import at, listing, mapping
from controller.core.settings import Amount
from controller.errors import Fault

Found = Iterator[tuple[Trail, str]]

_DISTINCT: tuple[Trail, ...] = (
    ("pool", "haproxy", "apis"),
    ("pool", "haproxy", "backends"),
    ("pool", "canaries"),
)


def contradictions(document: Document) -> list[Fault]:
    data = document.data
    found = [
        *pool_contradictions(data),
        *_validations(data),
        *quiet_contradictions(data),
        *_repeated(data),
        *_canaries(data),
        *_capacity(data),
        *_ramp(data),
        *_failures(data),
        *gate_contradictions(data),
        *_notify(data),
    ]
    return [document.fault(trail, message) for trail, message in found]


def _failures(data: object) -> Found:
    """Whether a member is reached has to be asked before anything is done to it."""
    given = mapping(data, "failures")
    is_skipped = "max" in given and given.get("on_unreachable", "skip") == "skip"
    is_asked = at(data, "upgrade", "unless") is not None or listing(data, "preflight")
    if is_skipped and not is_asked:
        yield (
            ("failures",),
            "needs upgrade.unless or preflight, which asks whether a member is reached; add it, or "
            "write on_unreachable: halt",
        )


def _ramp(data: object) -> Found:
    last = 0
    for index, step in enumerate(listing(data, "return", "ramp")):
        try:
            now = share(step)
        except Wrong:
            return
        if now < last:
            yield (
                ("return", "ramp", index),
                f"{shown(step)} is not above the step before; write rising steps",
            )
        last = now


def _validations(data: object) -> Found:
    for index, entry in enumerate(listing(data, "validate")):
        if not isinstance(entry, dict):
            continue
        trail: Trail = ("validate", index)
        given = [key for key in ("http", "tcp", "command") if key in entry]
        if not given:
            yield trail, "has no probe; add one of http, tcp, command"
        if len(given) > 1:
            yield (*trail, given[1]), f"{given[0]} is also given; make them two entries"
        if at(entry, "http", "ca") is not None and at(entry, "http", "verify") is False:
            yield (*trail, "http", "ca"), "has no effect with verify: false; keep one of the two"
        yield from _never(entry, trail)


def _never(entry: dict[str, object], trail: Trail) -> Found:
    try:
        within = duration(entry.get("within", "60s"))
        every = duration(entry.get("every", "200ms"))
        passes = count(entry.get("consecutive", 1))
    except Wrong:
        return
    if every * (passes - 1) >= within:
        yield (
            (*trail, "consecutive" if "consecutive" in entry else "within"),
            f"{passes} passes in a row do not fit into within; allow more time, or require fewer",
        )


def _repeated(data: object) -> Found:
    for trail in _DISTINCT:
        yield from _twice(trail, (), listing(data, *trail))
    gates = listing(data, "gates")
    yield from _twice(("gates",), ("name",), [name_of(gate) for gate in gates])


def _twice(trail: Trail, key: Trail, values: list[object]) -> Found:
    seen: set[str] = set()
    for index, value in enumerate(values):
        if not isinstance(value, str):
            continue
        if value in seen:
            yield (*trail, index, *key), f"{shown(value)} is listed twice; keep one of them"
        seen.add(value)


def _canaries(data: object) -> Found:
    include = _globs(data, "include", ["*"])
    exclude = _globs(data, "exclude", [])
    canaries = listing(data, "pool", "canaries")
    for index, name in enumerate(canaries):
        if not isinstance(name, str):
            continue
        if any(fnmatchcase(name, glob) for glob in exclude):
            yield (
                ("pool", "canaries", index),
                f"{shown(name)} is excluded by members.exclude; remove it from one of the two",
            )
        elif not any(fnmatchcase(name, glob) for glob in include):
            yield (
                ("pool", "canaries", index),
                f"{shown(name)} is not among members.include; add it there",
            )
    expect = _count(at(data, "pool", "members", "expect"))
    if expect is not None and len(canaries) > expect:
        yield (
            ("pool", "canaries"),
            f"{len(canaries)} canaries, but members.expect is {expect}; correct one of the two",
        )


def _capacity(data: object) -> Found:
    floor = _amount(at(data, "pool", "min_available"))
    if floor is None:
        return
    if floor.is_percent and floor.value == 100:
        yield ("pool", "min_available"), "100% allows no member to be out; lower it"
        return
    expect = _count(at(data, "pool", "members", "expect"))
    # Members outside the globs count for the floor too: only without globs is `expect` the pool.
    is_whole = "*" in _globs(data, "include", ["*"]) and not _globs(data, "exclude", [])
    if expect is not None and is_whole and floor.rounded_up(expect) >= expect:
        yield (
            ("pool", "min_available"),
            f"{floor} of {expect} members allows none to be out; write at most {expect - 1}"
            if expect > 1
            else f"{floor} of 1 member allows none to be out; write 0%",
        )


def _notify(data: object) -> Found:
    for index, entry in enumerate(listing(data, "notify")):
        if not isinstance(entry, dict):
            continue
        trail: Trail = ("notify", index)
        given = [way for way in ("command", "webhook", "mail") if way in entry]
        if not given:
            yield trail, "has no recipient; add command: […], webhook: {url: …} or mail: {to: …}"
        for way in given[1:]:
            yield (*trail, way), f"{given[0]} is also given; make them two entries"
        yield from _login(data, (*trail, "mail", "smtp"))
        yield from _twice((*trail, "on"), (), listing(entry, "on"))


def _globs(data: object, key: str, default: list[str]) -> list[str]:
    members = mapping(data, "pool", "members")
    found = listing(members, key) if key in members else default
    return [glob for glob in found if isinstance(glob, str)]


def _amount(value: object) -> Amount | None:
    try:
        return amount(value)
    except Wrong:
        return None


def _count(value: object) -> int | None:
    try:
        return count(value)
    except Wrong:
        return None


def _login(data: object, trail: Trail) -> Found:
    smtp = mapping(data, *trail)
    for one, other in (("user", "password"), ("password", "user")):
        if one in smtp and other not in smtp:
            yield (*trail, one), f"{other} is missing; a login needs both"
